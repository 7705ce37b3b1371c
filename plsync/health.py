"""What a watcher may ask of `plsync serve`: does it live, does it work, what did it do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from connector.sync import Run


@dataclass
class Metrics:
    """What /metrics shows."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.runs = Counter("plsync_runs", "Runs by how they ended", ["lane", "state"], registry=self.registry)
        self.outcomes = Counter("plsync_outcomes", "Records by outcome", ["mapping", "outcome"], registry=self.registry)
        self.calls = Counter(
            "plsync_calls", "Requests of runs that ended well", ["crm", "purpose"], registry=self.registry
        )

    def finished(self, lane: str, run: Run) -> None:
        """Count a run that ended well."""
        self.ended(lane, "paused" if run.stopped else "done")
        for crm, spent in run.spent.items():
            for purpose, calls in spent.calls.items():
                self.calls.labels(crm, str(purpose)).inc(calls)
        for mapping, tally in run.tallies.items():
            for kind, count in tally.outcomes.items():
                self.outcomes.labels(mapping, str(kind)).inc(count)

    def ended(self, lane: str, state: str) -> None:
        """Count a run by how it ended."""
        self.runs.labels(lane, state).inc()


def health_app(why_not_ready: Callable[[], str | None], metrics: Metrics) -> Starlette:
    """/healthz: the process lives. /readyz: it can do its work, or why not. /metrics: Prometheus."""

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok")

    def ready(_: Request) -> Response:
        reason = why_not_ready()
        return PlainTextResponse(reason or "ready", status_code=503 if reason else 200)

    def measured(_: Request) -> Response:
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", measured)])
