"""The story: plan → read → decide → commit → merge → deliver → record.

Decisions and their outbox rows are committed before anything is sent (D27), intents before each send (D19), outcomes
as each response arrives. Killed anywhere and run again, it ends where one run would have.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from connector.applying import application
from connector.errors import PlsyncError, RefusedPlanError
from connector.loading import Watch, resume
from connector.model import OutcomeKind, Pause
from connector.planning import Plan
from connector.ports import Ledger
from connector.prepare import CHUNK, House
from connector.rationing import in_turn
from connector.recording import REFUSED, Recorder, Tally

SIGHTINGS = 1_000  # accounts per transaction (D32)
Progress = Callable[[int], None]
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Run:
    """How a run ended: one tally per mapping, in the mappings' order. `stopped` by whoever paused its lane."""

    id: str
    compared: int
    planned: int
    tallies: dict[str, Tally]
    stopped: Pause | None = None

    @property
    def rejects(self) -> int:
        """Records the CRM refused or that could not be sent."""
        return sum(tally.outcomes[kind] for tally in self.tallies.values() for kind in REFUSED)

    def counts(self) -> dict[str, object]:
        """The tallies as JSON, for the run's row and for people."""
        return {
            name: {
                "destination": tally.destination,
                "window": tally.window,
                "planned": tally.planned,
                **{str(kind): tally.outcomes[kind] for kind in OutcomeKind},
            }
            for name, tally in self.tallies.items()
        }


def awaken(ledger: Ledger, open_house: Callable[[], House], clock: Clock, alive: Callable[[], None]) -> None:
    """Before a plan: make due what waited for its time, and what a changed CRM schema may have cured.

    Where records are refused the house is opened, which describes a CRM anew once its description is a day old. Jobs
    that an earlier run left are heard to their end; `alive` is called while that lasts. `open_house` gives the same
    house each time.
    """
    ledger.wake(clock())
    if ledger.has_rejects():
        open_house()
    for job in ledger.jobs():
        crm, mapping = open_house().place(job.mapping)
        record = Recorder(ledger, job.run_id, mapping, Tally(mapping.destination), clock)
        watch = Watch(crm.caller.patience.sleep, alive, partial(ledger.pause_of, mapping.destination))
        resume(crm, job, record, watch)


def sync(
    ledger: Ledger,
    open_house: Callable[[], House],
    plan: Plan,
    lane: str,
    clock: Clock,
    progress: Progress,
    admit: Callable[[Plan], None],
) -> Run:
    """Apply `plan`. The house is opened only when there is something to do, so an empty plan calls nobody.

    `admit` raises RefusedPlanError, before anything is sent, when a person must approve the plan first (D25). A lane
    that is paused ends before its next chunk, and the rest stays due (D31).

    Raises what stops a run (RefusedPlanError, AccessError, DestinationError, StoreError …) after recording why.
    """
    run_id = ledger.start_run(lane, clock())
    run = Run(run_id, plan.compared, plan.planned, {})
    try:
        for missing, back in plan.sightings(SIGHTINGS):
            ledger.sighted(missing, back, clock())
        admit(plan)
        run = replace(run, stopped=ledger.pause_of(lane) if plan.planned else None)
        if plan.planned and not run.stopped:
            run = replace(run, stopped=_apply(open_house(), run, plan, lane, clock, progress))
    except RefusedPlanError as error:
        ledger.finish_run(run_id, "refused", clock(), plan.summary(), str(error))
        raise
    except BaseException as error:
        advice = str(error) if isinstance(error, PlsyncError) else type(error).__name__
        ledger.finish_run(run_id, "failed", clock(), run.counts(), advice)
        raise
    ledger.finish_run(run_id, "paused" if run.stopped else "done", clock(), run.counts(), None)
    return run


def _apply(house: House, run: Run, plan: Plan, lane: str, clock: Clock, progress: Progress) -> Pause | None:
    """Every chunk, then what goes out as jobs. Returns the brake that somebody put on meanwhile."""
    stopped = None
    with ExitStack() as stack:
        applying = application(house, run.id, plan, run.tallies, clock, stack)
        for chunk in in_turn(plan, house, CHUNK):
            if stopped := house.ledger.pause_of(lane):
                break
            applying.apply(chunk)
            progress(len(chunk))
        applying.finish(lane, lambda: progress(0), stopped)
    return stopped
