"""The long-running process: the schedule, the bot, and a health endpoint for whoever watches it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connector.errors import PlsyncError
from connector.schedule import tick_at
from connector.store import claims
from connector.sync import Run
from plsync.running import sync_once
from plsync.slack import build_bot
from plsync.wiring import Plsync

log = structlog.get_logger()
JOB = "full"
LEASE_SECONDS = 3_600


@dataclass
class Metrics:
    """What /metrics shows."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.runs = Counter("plsync_runs", "Runs by how they ended", ["state"], registry=self.registry)
        self.outcomes = Counter("plsync_outcomes", "Records by outcome", ["mapping", "outcome"], registry=self.registry)
        self.last = Gauge("plsync_last_success_timestamp_seconds", "When a run last ended well", registry=self.registry)

    def finished(self, run: Run, at: datetime) -> None:
        """Count a run that ended well."""
        self.runs.labels("done").inc()
        self.last.set(at.timestamp())
        for mapping, tally in run.tallies.items():
            for kind, count in tally.outcomes.items():
                self.outcomes.labels(mapping, str(kind)).inc(count)


@dataclass(frozen=True)
class Lane:
    """The full sync on its schedule: one replica takes each tick (D33)."""

    plsync: Plsync
    metrics: Metrics
    owner: str

    def __call__(self) -> None:
        """Run the newest tick unless a replica has it. A failure is logged and counted; the next tick tries again."""
        at = self.plsync.clock()
        tick = tick_at(at, self.plsync.config.schedule.full_minutes)
        if not self._claimed(tick, at):
            return
        try:
            run = sync_once(self.plsync)
        except PlsyncError as error:
            self.metrics.runs.labels("failed").inc()
            log.error("run failed", lane=JOB, advice=str(error))
        else:
            self.metrics.finished(run, self.plsync.clock())
            log.info("run done", lane=JOB, run=run.id, planned=run.planned, rejects=run.rejects)
        with self.plsync.store.write() as conn:
            claims.finish(conn, JOB, tick, self.plsync.clock())

    def _claimed(self, tick: datetime, at: datetime) -> bool:
        with self.plsync.store.write() as conn:
            return claims.claim(conn, JOB, tick, self.owner, at, LEASE_SECONDS)


def serve(plsync: Plsync, host: str, port: int) -> None:
    """Run until SIGINT or SIGTERM. Raises StoreError when the store is not at this version."""
    plsync.store.require_current()
    metrics = Metrics()
    lane = Lane(plsync, metrics, f"{socket.gethostname()}:{os.getpid()}")
    with ExitStack() as stack:
        if (section := plsync.config.slack) is not None:
            bot = build_bot(plsync, section)
            stack.callback(bot.stop)
            bot.start(section.app_token.get_secret_value(), threading.Event().wait)
        scheduler = scheduled(lane, plsync.config.schedule.full_minutes, plsync.clock)
        scheduler.start()
        stack.callback(scheduler.shutdown)
        log.info("serving", health=f"http://{host}:{port}/healthz", every_minutes=plsync.config.schedule.full_minutes)
        uvicorn.Server(uvicorn.Config(health_app(plsync, metrics), host=host, port=port, log_config=None)).run()


def scheduled(lane: Callable[[], None], minutes: int, clock: Callable[[], datetime]) -> BackgroundScheduler:
    """APScheduler only wakes the lane, at once and then every `minutes`; what is due is the lane's own question."""
    scheduler = BackgroundScheduler(timezone="UTC")
    options: dict[str, Any] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
    scheduler.add_job(lane, "interval", minutes=minutes, next_run_time=clock(), id=JOB, **options)
    return scheduler


def health_app(plsync: Plsync, metrics: Metrics) -> Starlette:
    """/healthz: the process lives. /readyz: its store answers. /metrics: Prometheus."""

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok")

    def ready(_: Request) -> Response:
        try:
            plsync.store.require_current()
        except PlsyncError as error:
            return PlainTextResponse(str(error), status_code=503)
        return PlainTextResponse("ready")

    async def measured(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", measured)])
