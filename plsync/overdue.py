"""What nobody may overlook: a refused plan that waits for a word (D25), and a scheduled lane that does not run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.guards import Guarded, Guards, problems
from connector.model import PLAN
from connector.store import Store, claims, runs
from connector.store.runs import RunRow
from plsync.lanes import Lane, job_of
from plsync.running import FULL
from plsync.terminal import moment

APPROVE_WITHIN = timedelta(hours=24)
MISSED = 3  # intervals after which a lane is said not to run


@dataclass(frozen=True)
class WaitingPlan:
    """The newest refused plan, and since when full runs have been refused. `why` are the guards it breaks."""

    since: datetime
    run: str
    hash: str
    why: str

    def waited(self, now: datetime) -> timedelta:
        """How long nobody has said a word."""
        return max(timedelta(), now - self.since)

    def is_alarm(self, now: datetime) -> bool:
        """Whether that is too long (D25)."""
        return self.waited(now) >= APPROVE_WITHIN

    def words(self, now: datetime) -> str:
        """What waits, and the way out."""
        hours = self.waited(now) // timedelta(hours=1)
        return (
            f"a plan waits for a person's word since {moment(self.since)} ({hours} h), nothing is sent: {self.why}. "
            f"Look at it with `plsync plan`; to apply it: plsync sync --plan {self.hash}"
        )


def waiting_plan(store: Store, guards: Guards) -> WaitingPlan | None:
    """The plan that waits, if one does: a full run that ends well ends the wait. Raises StoreError.

    A run that was refused for naming another plan than there is waits for nobody, nor does one today's guards let by.
    """
    with store.read() as conn:
        refused = [(run, _broken(run, guards)) for run in runs.refused_since_done(conn, FULL)]
    waiting = [(run, why) for run, why in refused if why]
    if not waiting:
        return None
    newest, why = waiting[-1]
    return WaitingPlan(waiting[0][0].started_at, newest.id, str(newest.counts.get(PLAN, "")), "; ".join(why))


def _broken(run: RunRow, guards: Guards) -> list[str]:
    """The guards a refused plan breaks, out of the summary its run holds."""
    counted = {name: one for name, one in run.counts.items() if name != PLAN}
    kept = {
        name: Guarded(one["records"], one["creates"], one["clears"], one["owner_changes"])
        for name, one in counted.items()
    }
    return problems(kept, guards)


def silent(store: Store, lanes: Iterable[Lane], crms: Collection[str], now: datetime) -> dict[str, str]:
    """A sentence, by lane, for each that `plsync serve` has run and that did not end well for too long.

    Who syncs by a schedule of their own has no lane that could fall silent. Raises StoreError.
    """
    told = {}
    with store.read() as conn:
        for lane in lanes:
            served, done = claims.first(conn, job_of(lane.name, crms)), runs.last_done(conn, lane.name)
            last = done.finished_at if done else None
            since = max(moment for moment in (served, last) if moment) if served else None
            if since and now - since > MISSED * timedelta(minutes=lane.minutes):
                ended = f"last ended well {moment(last)}" if last else "never ended well"
                told[lane.name] = (
                    f"lane {lane.name} {ended}, and is due every {lane.minutes} minutes: "
                    "is `plsync serve` running, is the lane paused? `plsync runs` says how it ended"
                )
    return told
