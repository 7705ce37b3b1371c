"""The story: plan → read → decide → commit → merge → deliver → record.

Decisions and their outbox rows are committed before anything is sent (D27), intents before each send (D19), outcomes
as each response arrives. Killed anywhere and run again, it ends where one run would have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial

from connector.applying import application
from connector.authorship import RESTORED
from connector.errors import PlsyncError, RefusedPlanError
from connector.funnel.motions import Motions
from connector.loading import Watch, forget, resume
from connector.model import ACCOUNTS, CALLS, PLAN, OutcomeKind, Pause, Purpose, Spent
from connector.planning import Plan
from connector.ports import Ledger
from connector.prepare import CHUNK, House
from connector.rationing import in_turn
from connector.recording import REFUSED, Recorder, Tally
from connector.settling import ARRIVED

SIGHTINGS = 1_000  # accounts per transaction (D32)
Progress = Callable[[int], None]  # hears how many records have got their outcome
Spending = Callable[[], Mapping[str, Spent]]  # by CRM, since the run was asked for
Clock = Callable[[], datetime]
Between = Callable[[], AbstractSet[str]]


@dataclass(frozen=True)
class Run:
    """How a run ended: one tally per mapping, in the mappings' order. `stopped` by whoever paused its lane.

    `spent` are its requests by CRM, `seconds` its duration. `motion` says, of a whole run, how many accounts have none.
    """

    id: str
    compared: int
    planned: int
    tallies: dict[str, Tally]
    stopped: Pause | None = None
    spent: Mapping[str, Spent] = field(default_factory=dict)
    seconds: float = 0.0
    motion: Motions | None = None

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
                **{name: asdict(told) for name, told in tally.news() if told},
                **({"restored": restored} if (restored := tally.reasons[RESTORED]) else {}),
                "matched": tally.matched,
            }
            for name, tally in self.tallies.items()
        }

    def delivered(self, destination: str) -> int:
        """Records one CRM confirmed to have written."""
        mine = (tally for tally in self.tallies.values() if tally.destination == destination)
        return sum(tally.outcomes[kind] for tally in mine for kind in ARRIVED)

    def calls(self) -> dict[str, object]:
        """Per CRM as JSON: requests by what they were for, records delivered and how fast, calls left today."""
        return {
            crm: {
                "calls": spent.total,
                **{str(purpose): spent.calls.get(purpose, 0) for purpose in Purpose},
                "delivered": self.delivered(crm),
                "seconds": round(self.seconds, 3),
                "per_second": round(self.delivered(crm) / self.seconds, 1) if self.seconds else None,
                "left_today": spent.left_today,
            }
            for crm, spent in self.spent.items()
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
        crm = next((crm for crm in open_house().crms if crm.caller.destination.name == job.destination), None)
        if crm is None:
            continue  # of a CRM which others sync from this store
        mapping = next((mapping for mapping in crm.mappings if mapping.name == job.mapping), None)
        if mapping is None:
            forget(crm, job, ledger)
            continue
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
    spending: Spending = dict,
    between: Between = frozenset,
) -> Run:
    """Apply `plan`. The house is opened only when there is something to do, so an empty plan calls nobody.

    `admit` raises RefusedPlanError, before anything is sent, when a person must approve the plan first (D25). A lane
    that is paused ends before its next chunk, and the rest stays due (D31). `between` chunks another lane may run; the
    accounts it returns were dealt with by that, from newer rows than this plan's (D33).

    Raises what stops a run (RefusedPlanError, AccessError, DestinationError, StoreError …) after recording why.
    """
    began = clock()
    run_id = ledger.start_run(lane, began)
    run = Run(run_id, plan.compared, plan.planned, {})
    try:
        for source, missing, back in plan.sightings(SIGHTINGS):
            ledger.sighted(source, missing, back, clock())
        admit(plan)
        run = replace(run, stopped=ledger.pause_of(lane) if plan.planned else None)
        if plan.planned and not run.stopped:
            run = replace(run, stopped=_apply(open_house(), run, plan, lane, clock, progress, between))
    except RefusedPlanError as error:
        ledger.finish_run(run_id, "refused", clock(), {**plan.summary(), PLAN: plan.hash}, str(error))
        raise
    except BaseException as error:
        advice = str(error) if isinstance(error, PlsyncError) else type(error).__name__
        _finish(ledger, run, "failed", began, clock(), spending, advice)
        raise
    return _finish(ledger, run, "paused" if run.stopped else "done", began, clock(), spending)


def _finish(
    ledger: Ledger, run: Run, state: str, began: datetime, at: datetime, spending: Spending, error: str | None = None
) -> Run:
    """Record how the run ended, with what it spent."""
    for name, tally in run.tallies.items():
        tally.matched = ledger.matched(name) if tally.planned else (0, 0)
    run = replace(run, spent=spending(), seconds=(at - began).total_seconds())
    ledger.finish_run(run.id, state, at, {**run.counts(), CALLS: run.calls()}, error)
    return run


def _apply(
    house: House, run: Run, plan: Plan, lane: str, clock: Clock, progress: Progress, between: Between
) -> Pause | None:
    """Every chunk, then what goes out as jobs. Returns the brake that somebody put on meanwhile."""
    stopped, dealt_with = None, set[str]()
    with ExitStack() as stack:
        applying = application(house, run.id, plan, run.tallies, clock, progress, stack)
        for chunk in in_turn(plan, house, CHUNK):
            if stopped := house.ledger.pause_of(lane):
                break
            dealt_with |= between()
            if some := [one for one in chunk if one.source != ACCOUNTS or one.record.key not in dealt_with]:
                applying.apply(some)
        applying.finish(lane, lambda: progress(0), stopped)
    return stopped
