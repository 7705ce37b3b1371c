"""The long-running process: the schedule, the bot, and a health endpoint for whoever watches it."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from bot.app import Bot
from connector.errors import ConfigError, PlsyncError
from connector.schedule import tick_at
from connector.store import claims, migrate
from plsync.health import Metrics, health_app
from plsync.lease import is_gone, owner
from plsync.listening import listen
from plsync.running import sync_once
from plsync.slack import build_bot
from plsync.wiring import Plsync

log = structlog.get_logger()
JOB = "full"
LEASE_SECONDS = 3_600


@dataclass(frozen=True)
class Lane:
    """The full sync on its schedule: of the replicas that sync the same CRMs one takes each tick (D33)."""

    plsync: Plsync
    metrics: Metrics
    owner: str

    def __call__(self) -> None:
        """Run the newest tick unless a replica has it. A failure is logged and counted; the next tick tries again."""
        try:
            self._tick()
        except PlsyncError as error:
            self.metrics.failed()
            log.error("run failed", lane=JOB, advice=str(error))

    def _tick(self) -> None:
        at = self.plsync.clock()
        tick = tick_at(at, self.plsync.config.schedule.full_minutes)
        if pause := self.plsync.ledger.pause_of(JOB):
            log.info("paused", lane=JOB, system=pause.system, since=pause.since.isoformat(), by=pause.by)
            return
        if not self._claimed(tick, at):
            return
        try:
            run = sync_once(self.plsync)
        finally:
            with self.plsync.store.write() as conn:
                claims.finish(conn, self._job, tick, self.plsync.clock())
        self.metrics.finished(run, self.plsync.clock())
        log.info("run done", lane=JOB, run=run.id, planned=run.planned, rejects=run.rejects)

    @property
    def _job(self) -> str:
        return f"{JOB}:{'+'.join(sorted(self.plsync.connections))}"

    def _claimed(self, tick: datetime, at: datetime) -> bool:
        with self.plsync.store.write() as conn:
            return claims.claim(conn, self._job, tick, self.owner, at, LEASE_SECONDS, is_gone)


def serve(plsync: Plsync, host: str, port: int) -> None:
    """Migrate the store (D36), then run until SIGINT or SIGTERM, and end what is being done.

    Raises ConfigError when the port is taken, StoreError when the store cannot be used, and what the bot raises
    when it cannot start.
    """
    for revision in migrate(plsync.config.store.url):
        log.info("store migrated", revision=revision)
    metrics = Metrics()
    minutes = plsync.config.schedule.full_minutes
    with ExitStack() as stack:
        listening = stack.enter_context(closing(health_socket(host, port)))
        bot = _started_bot(plsync, stack)
        scheduler = scheduled(Lane(plsync, metrics, owner()), minutes, plsync.clock)
        scheduler.start()
        stack.callback(scheduler.shutdown)
        app = health_app(lambda: why_not_ready(plsync, bot), metrics)
        log.info("serving", health=f"http://{host}:{port}/healthz", every_minutes=minutes)
        # uvicorn answers a signal by ending and then raises it again: as an interrupt, so that we end in order too.
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listening])
        log.info("stopping")


def health_socket(host: str, port: int) -> socket.socket:
    """Where the health endpoint listens. Raises ConfigError when it cannot."""
    try:
        return listen(host, port)
    except OSError as error:
        raise ConfigError([f"serve: {error.strerror}; free it, or set serve.host and serve.port"]) from error


def scheduled(lane: Callable[[], None], minutes: int, clock: Callable[[], datetime]) -> BackgroundScheduler:
    """APScheduler only wakes the lane, at once and then every `minutes`; what is due is the lane's own question."""
    scheduler = BackgroundScheduler(timezone="UTC")
    options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler.add_job(lane, "interval", minutes=minutes, next_run_time=clock(), id=JOB, **options)
    return scheduler


def why_not_ready(plsync: Plsync, bot: Bot | None) -> str | None:
    """What keeps this process from its work: a store that does not answer, or a bot that stopped posting."""
    try:
        plsync.store.require_current()
    except PlsyncError as error:
        return str(error)
    return "the bot posts no alerts; its log says why" if bot is not None and not bot.is_ticking() else None


def _started_bot(plsync: Plsync, stack: ExitStack) -> Bot | None:
    section = plsync.config.slack
    if section is None:
        return None
    bot = build_bot(plsync, section)
    stack.callback(bot.stop)
    bot.start(section.app_token.get_secret_value(), threading.Event().wait)
    return bot
