"""One lane of one process: woken often, it runs each tick once, whoever else wakes for it (D33)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from connector.errors import PlsyncError, RefusedPlanError
from connector.schedule import tick_at
from connector.store import claims
from connector.sync import Run
from plsync.defining import undocumented
from plsync.health import Metrics
from plsync.lanes import Lane, job_of
from plsync.lease import BusyError, is_gone
from plsync.motions import alarms
from plsync.overdue import waiting_plan
from plsync.running import FULL, Alive, Turn
from plsync.wiring import Plsync

log = structlog.get_logger()
LEASE_SECONDS = 3_600


@dataclass
class Waking:
    """Call it as often as wanted."""

    lane: Lane
    plsync: Plsync
    metrics: Metrics
    owner: str
    _said: tuple[str, datetime] | None = field(default=None, repr=False)  # why nothing was done, and at which tick

    def __call__(self) -> None:
        """Run the newest tick unless somebody has it. A failure is logged and counted; the next tick tries again."""
        self._wake(self.lane.run)

    def within(self, alive: Alive) -> Sequence[Turn]:
        """The newest tick, for a lane that has the right to sync already; nothing where none is due, or it failed."""
        turns: list[Turn] = []

        def run(within: Callable[[Alive], Turn]) -> Run:
            turns.append(within(alive))
            return turns[0].run

        if self.lane.within:
            self._wake(partial(run, self.lane.within))
        return turns

    def _wake(self, run: Callable[[], Run]) -> None:
        at = self.plsync.clock()
        tick = tick_at(at, self.lane.minutes)
        try:
            if pause := self.plsync.ledger.pause_of(self.lane.name):
                self._say_once("paused", tick, system=pause.system, since=pause.since.isoformat(), by=pause.by)
            elif self._claimed(tick, at):
                self._run(run, tick)
        except PlsyncError as error:
            self.metrics.ended(self.lane.name, "failed")
            log.error("run failed", lane=self.lane.name, advice=str(error))

    def _run(self, act: Callable[[], Run], tick: datetime) -> None:
        try:
            run = act()
        except BusyError as busy:
            with self.plsync.store.write() as conn:  # the tick is not done: it is tried again at the next wake
                claims.release(conn, self._job, tick, self.owner)
            self._say_once("waits for another sync", tick, advice=str(busy))
            return
        except RefusedPlanError as error:
            self._finish(tick)
            self._refused(error)
            return
        except BaseException:
            self._finish(tick)
            raise
        self._finish(tick)
        self.metrics.finished(self.lane.name, run)
        totals = {
            "calls": {crm: spent.total for crm, spent in run.spent.items()},
            "delivered": {crm: run.delivered(crm) for crm in run.spent},
        }
        log.info("run done", lane=self.lane.name, run=run.id, planned=run.planned, rejects=run.rejects, **totals)
        if self.lane.name == FULL:
            self._alarms(run)

    def _alarms(self, run: Run) -> None:
        """What a whole run shows of the definitions it worked by (I13, B3)."""
        for one in undocumented(self.plsync):
            about = {"definition": one.name, "version": one.version}
            log.error("definition changed undocumented", **about, advice=one.findings[0])
        for advice in alarms(self.plsync, run.motion):
            log.error("too many motions unknown", advice=advice)

    def _refused(self, error: RefusedPlanError) -> None:
        self.metrics.ended(self.lane.name, "refused")
        now, waiting = self.plsync.clock(), waiting_plan(self.plsync.store, self.plsync.guards)
        if waiting is None or not waiting.is_alarm(now):
            log.warning("plan refused", lane=self.lane.name, advice=str(error))
            return
        log.error("plan waits too long", lane=self.lane.name, plan=waiting.hash, advice=waiting.words(now))

    def _say_once(self, what: str, tick: datetime, **about: str) -> None:
        if self._said != (what, tick):
            self._said = (what, tick)
            log.info(what, lane=self.lane.name, **about)

    @property
    def _job(self) -> str:
        """What is claimed: of the replicas that sync the same CRMs one takes each tick (D33)."""
        return job_of(self.lane.name, self.plsync.connections)

    def _claimed(self, tick: datetime, at: datetime) -> bool:
        with self.plsync.store.write() as conn:
            return claims.claim(conn, self._job, tick, self.owner, at, LEASE_SECONDS, is_gone)

    def _finish(self, tick: datetime) -> None:
        with self.plsync.store.write() as conn:
            claims.finish(conn, self._job, tick, self.plsync.clock())
