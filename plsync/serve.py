"""The long-running process: the schedule, the bot, and a health endpoint for whoever watches it."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from functools import partial
from typing import Any

import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from bot.app import Bot
from bot.http_door import PATH
from connector.errors import ConfigError, PlsyncError
from connector.store import migrate
from plsync import config as cfg
from plsync.health import Metrics, health_app
from plsync.lanes import lanes
from plsync.lease import owner
from plsync.listening import answering, listen
from plsync.obeying import SECONDS, Obeying
from plsync.running import Alive, Turn, sync_once
from plsync.slack import app_token_of, build_bot
from plsync.standing import Defining, Standing
from plsync.waking import Waking
from plsync.wiring import Plsync

log = structlog.get_logger()
WAKE_MINUTES = 1  # between two looks at whether a tick is due: a late one is late by this much at most


def serve(plsync: Plsync, host: str, port: int) -> None:
    """Migrate the store (D36), then run until SIGINT or SIGTERM, and end what is being done.

    Raises ConfigError when the port is taken, StoreError when the store cannot be used, and what the bot raises
    when it cannot start.
    """
    for revision in migrate(plsync.config.store.url):
        log.info("store migrated", revision=revision)
    wakings: dict[str, Waking] = {}

    def between(alive: Alive) -> list[Turn]:
        return [turn for waking in wakings.values() for turn in waking.within(alive)]

    schedule = lanes(plsync, between)
    metrics = Metrics()
    metrics.registry.register(Standing(plsync.store, schedule, plsync.guards, plsync.clock))
    metrics.registry.register(Defining(plsync))
    with ExitStack() as stack:
        listening = stack.enter_context(closing(listening_socket("serve", host, port)))
        bot = _started_bot(plsync, stack)
        wakings |= {lane.name: Waking(lane, plsync, metrics, owner()) for lane in schedule}
        scheduler = scheduled(wakings, plsync.clock)
        apply = partial(sync_once, plsync, between=between)
        _obey(scheduler, Obeying(plsync, metrics, owner(), lambda plan: apply(approved=plan)))
        scheduler.start()
        stack.callback(scheduler.shutdown)
        app = health_app(lambda: why_not_ready(plsync, bot), metrics)
        every = {lane.name: lane.minutes for lane in schedule}
        log.info("serving", health=f"http://{host}:{port}/healthz", slack=_slack_at(plsync), every_minutes=every)
        # uvicorn answers a signal by ending and then raises it again: as an interrupt, so that we end in order too.
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            uvicorn.Server(uvicorn.Config(app, log_config=None)).run(sockets=[listening])
        log.info("stopping")


def listening_socket(section: str, host: str, port: int) -> socket.socket:
    """Where what a section of the configuration is about listens. Raises ConfigError when it cannot."""
    try:
        return listen(host, port)
    except OSError as error:
        raise ConfigError(
            [f"{section}: {error.strerror}; free it, or set {section}.host and {section}.port"]
        ) from error


def scheduled(wakings: Mapping[str, Callable[[], None]], clock: Callable[[], datetime]) -> BackgroundScheduler:
    """APScheduler only wakes the lanes, at once and then every minute; what is due is the lane's own question."""
    # A lane that is still at work when it is woken again is no news.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(timezone="UTC")
    options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    for name, waking in wakings.items():
        scheduler.add_job(waking, "interval", minutes=WAKE_MINUTES, next_run_time=clock(), id=name, **options)
    return scheduler


def _obey(scheduler: BackgroundScheduler, obeying: Obeying) -> None:
    """Look every few seconds for what somebody asked for in Slack."""
    options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler.add_job(obeying, "interval", seconds=SECONDS, id="requests", **options)


def why_not_ready(plsync: Plsync, bot: Bot | None) -> str | None:
    """What keeps this process from its work: a store that does not answer, or a bot that stopped or cannot post."""
    try:
        plsync.store.require_current()
    except PlsyncError as error:
        return str(error)
    if bot is None:
        return None
    return bot.refusal if bot.is_ticking() else "the bot posts no alerts; its log says why"


def _started_bot(plsync: Plsync, stack: ExitStack) -> Bot | None:
    section = plsync.config.slack
    if section is None:
        return None
    bot = build_bot(plsync, section)
    stack.callback(bot.stop)
    if section.mode == "http":
        _take_requests(bot, section, stack)
    else:
        bot.start(app_token_of(section), threading.Event().wait)
    return bot


def _take_requests(bot: Bot, section: cfg.Slack, stack: ExitStack) -> None:
    """Slack over HTTP, on a port of its own: health and metrics are nobody's business outside."""
    assert section.signing_secret is not None
    arriving = stack.enter_context(closing(listening_socket("slack", section.host, section.port)))
    app = bot.start_http(section.signing_secret.get_secret_value(), threading.Event().wait)
    stack.enter_context(answering(app, arriving))


def _slack_at(plsync: Plsync) -> str:
    section = plsync.config.slack
    if section is None:
        return "not configured"
    return f"http://{section.host}:{section.port}{PATH}" if section.mode == "http" else "over a socket"
