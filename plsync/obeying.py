"""Doing what somebody asked for in Slack: the bot writes a request, the scheduler does it, once, and answers (D25)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from connector.errors import PlsyncError, RefusedPlanError
from connector.store import claims, requests
from connector.store.requests import Request
from connector.sync import Run
from plsync.health import Metrics
from plsync.lease import BusyError, is_gone
from plsync.overdue import waiting_plan
from plsync.running import FULL
from plsync.waking import LEASE_SECONDS
from plsync.wiring import Plsync

log = structlog.get_logger()
SECONDS = 5  # between two looks
APPLIED = "applied"
NOTHING_WAITS = "no plan waits for a word any more"


@dataclass(frozen=True)
class Obeying:
    """Call it as often as wanted. `apply` syncs the plan of a hash, as `plsync sync --plan HASH` does."""

    plsync: Plsync
    metrics: Metrics
    owner: str
    apply: Callable[[str], Run]

    def __call__(self) -> None:
        """Do what is asked for, unless somebody does. What fails is answered, and what cannot be done yet waits."""
        try:
            with self.plsync.store.read() as conn:
                asked = [one for one in requests.waiting(conn) if one.kind == requests.APPLY_PLAN]
            for request in asked:
                if not self.plsync.ledger.pause_of(FULL) and self._claimed(request):
                    self._obey(request)
        except PlsyncError as error:
            log.error("requests cannot be read", advice=str(error))

    def _obey(self, request: Request) -> None:
        """A process that dies here loses nothing: somebody takes over, and a plan that was applied waits no more."""
        try:
            answer = self._apply(request) if waiting_plan(self.plsync.store, self.plsync.guards) else NOTHING_WAITS
        except BusyError:
            with self.plsync.store.write() as conn:
                claims.release(conn, _job(request), request.asked_at, self.owner)
            return
        except PlsyncError as error:
            self.metrics.ended(FULL, "refused" if isinstance(error, RefusedPlanError) else "failed")
            answer = str(error)
        log.info("request done", kind=request.kind, plan=request.about, answer=answer.splitlines()[0])
        with self.plsync.store.write() as conn:
            now = self.plsync.clock()
            requests.end(conn, request.id, answer, now)
            claims.finish(conn, _job(request), request.asked_at, now)

    def _apply(self, request: Request) -> str:
        run = self.apply(request.about)
        self.metrics.finished(FULL, run)
        return f"{run.stopped.system} is paused, what is left stays due" if run.stopped else APPLIED

    def _claimed(self, request: Request) -> bool:
        with self.plsync.store.write() as conn:
            now = self.plsync.clock()
            return claims.claim(conn, _job(request), request.asked_at, self.owner, now, LEASE_SECONDS, is_gone)


def _job(request: Request) -> str:
    return f"request:{request.id}"
