"""The story: plan → read → decide → commit → merge → deliver → record.

Decisions and their outbox rows are committed before anything is sent (D27), intents before each send (D19), outcomes
as each response arrives. Killed anywhere and run again, it ends where one run would have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.backoff import next_try
from connector.deliver import deliver
from connector.errors import PlsyncError, QuotaError, RefusedPlanError
from connector.mapping.fields import ObjectMapping
from connector.merging import Merged
from connector.model import Canonical, Outcome, OutcomeKind, Pause, Settled, Write
from connector.plan import Planned
from connector.planning import Plan
from connector.ports import Ledger
from connector.prepare import CHUNK, Crm, House, Prepared, prepare
from connector.rationing import affordable, in_turn, most_valuable_first, unread
from connector.rules.merge import same

SIGHTINGS = 1_000  # accounts per transaction (D32)
NAMED = 5  # refused records a tally names
REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.INVALID})
SENT = frozenset({OutcomeKind.UPDATED, OutcomeKind.CREATED, OutcomeKind.LINKED})
Progress = Callable[[int], None]


@dataclass
class Tally:
    """What became of one mapping's records in one run: counts, reasons by code, and the first refused records."""

    destination: str
    planned: int = 0
    outcomes: Counter[OutcomeKind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[Outcome] = field(default_factory=list)

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Count one outcome per planned record."""
        self.planned += len(outcomes)
        self.outcomes.update(outcome.kind for outcome in outcomes)
        self.reasons.update(outcome.code for outcome in outcomes if outcome.code)
        self.refused += [outcome for outcome in outcomes if outcome.kind in REFUSED][: NAMED - len(self.refused)]


@dataclass(frozen=True)
class Run:
    """How a run ended: one tally per mapping, in the mappings' order. `stopped` by whoever paused its lane."""

    id: str
    compared: int
    planned: int
    tallies: Mapping[str, Tally]
    stopped: Pause | None = None

    @property
    def rejects(self) -> int:
        """Records the CRM refused or that could not be sent."""
        return sum(tally.outcomes[kind] for tally in self.tallies.values() for kind in REFUSED)

    def counts(self) -> dict[str, object]:
        """The tallies as JSON, for the run's row and for people."""
        return {
            name: {"destination": t.destination, "planned": t.planned, **{str(k): t.outcomes[k] for k in OutcomeKind}}
            for name, t in self.tallies.items()
        }


def awaken(ledger: Ledger, open_house: Callable[[], House], now: datetime) -> None:
    """Before a plan: make due what waited for its time, and what a changed CRM schema may have cured.

    Where records are refused the house is opened, which describes a CRM anew once its description is a day old.
    """
    ledger.wake(now)
    if ledger.has_rejects():
        open_house()


def sync(
    ledger: Ledger,
    open_house: Callable[[], House],
    plan: Plan,
    lane: str,
    clock: Callable[[], datetime],
    progress: Progress,
    admit: Callable[[Plan], None],
) -> Run:
    """Apply `plan`. The house is opened only when there is something to do, so an empty plan calls nobody.

    `admit` raises RefusedPlanError, before anything is sent, when a person must approve the plan first (D25). A lane
    that is paused ends before its next chunk, and the rest stays due (D31).

    Raises what stops a run (RefusedPlanError, AccessError, DestinationError, StoreError …) after recording why.
    """
    run_id = ledger.start_run(lane, clock())
    tallies: dict[str, Tally] = {}
    run = Run(run_id, plan.compared, plan.planned, tallies)
    try:
        for source, missing, back in plan.sightings(SIGHTINGS):
            ledger.sighted(source, missing, back, clock())
        admit(plan)
        run = replace(run, stopped=ledger.pause_of(lane) if plan.planned else None)
        if plan.planned and not run.stopped:
            house = open_house()
            tallies |= {m.name: Tally(crm.caller.destination.name) for crm in house.crms for m in crm.mappings}
            spent: QuotaError | None = None
            for chunk in in_turn(plan, house, CHUNK):
                if pause := ledger.pause_of(lane):
                    run = replace(run, stopped=pause)
                    break
                spent = _apply(house.of(chunk[0].source), run, chunk, clock, spent)
                progress(len(chunk))
    except RefusedPlanError as error:
        ledger.finish_run(run_id, "refused", clock(), plan.summary(), str(error))
        raise
    except BaseException as error:
        advice = str(error) if isinstance(error, PlsyncError) else type(error).__name__
        ledger.finish_run(run_id, "failed", clock(), run.counts(), advice)
        raise
    ledger.finish_run(run_id, "paused" if run.stopped else "done", clock(), run.counts(), None)
    return run


def _apply(
    house: House, run: Run, chunk: Sequence[Planned], clock: Callable[[], datetime], spent: QuotaError | None
) -> QuotaError | None:
    """Bring one chunk home, or as much of it as the calls that are left allow. Returns why nothing more can be read."""
    count = 0 if spent else affordable([crm.caller for crm in house.crms], chunk)
    some, rest = chunk[:count], chunk[count:]
    try:
        prepared = prepare(house, some, clock()) if some else None
    except QuotaError as error:
        prepared, rest, spent = None, chunk, error
    if prepared is not None:
        if prepared.decisions:
            house.ledger.commit_decisions(run.id, list(prepared.decisions.values()), prepared.outbox)
        for crm in house.crms:
            for mapping in crm.mappings:
                _deliver(house, run, crm, mapping, prepared, clock)
    if rest:
        spent = spent or QuotaError("today's share of calls is used up")
        _leave(run, rest, str(spent))
    return spent


def _leave(run: Run, rest: Sequence[Planned], why: str) -> None:
    """Count what could not be read: nothing of it is decided, remembered or sent, so that it stays due."""
    for name, tally in run.tallies.items():
        tally.add(unread(rest, name, why))


def _deliver(
    house: House, run: Run, crm: Crm, mapping: ObjectMapping, prepared: Prepared, clock: Callable[[], datetime]
) -> None:
    merged = prepared.merged[mapping.name]
    by_key = {one.key: one for one in merged}

    def record(outcomes: Sequence[Outcome]) -> None:
        now = clock()
        rows = [_settled(by_key[outcome.key], _named(by_key[outcome.key], outcome), now) for outcome in outcomes]
        house.ledger.settle(mapping.name, run.id, now, rows)
        run.tallies[mapping.name].add([row.outcome for row in rows])

    record([one.outcome for one in merged if one.outcome])
    sends = [one for one in merged if one.write]
    if sends and (pause := house.ledger.pause_of(mapping.destination)):
        record([paused(one.write, pause) for one in sends if one.write])
        return
    house.ledger.intend(mapping.name, [one.intent for one in sends])
    for outcomes in deliver(crm.caller, mapping, most_valuable_first(sends, prepared)):
        record(outcomes)


def _named(one: Merged, outcome: Outcome) -> Outcome:
    """A first write to a record that did not carry our key is a link (D5); an edit held beside it is listed (D20)."""
    if outcome.kind not in SENT:
        return outcome
    if one.links:
        outcome = replace(outcome, kind=OutcomeKind.LINKED)
    return replace(outcome, code="EDITED", message=one.held) if one.held else outcome


def paused(write: Write, pause: Pause) -> Outcome:
    """What becomes of a record whose CRM is paused."""
    text = f"not sent: {pause.by} paused {pause.system} at {pause.since:%Y-%m-%d %H:%M} UTC"
    return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, "PAUSED", text, f"plsync resume {pause.system}")


def _settled(one: Merged, outcome: Outcome, now: datetime) -> Settled:
    """What to remember: `written` moves only where the CRM now holds what we meant (D19)."""
    changes = {f.name: (f.live, f.written) for f in one.fields if f.writes} if outcome.kind in SENT else {}
    written = {**one.base, **{name: after for name, (_, after) in changes.items()}}
    later = next_try(one.memory, outcome, now)
    wanted_fp = "" if outcome.kind is OutcomeKind.DEFERRED and later is None else one.wanted_fp
    return Settled(outcome, wanted_fp, one.wanted, written, one.matched_by, changes, later, _overruled(one))


def _overruled(one: Merged) -> Mapping[str, Canonical]:
    """What a person set aside, until the warehouse wants something else."""
    before = one.memory.overruled
    return {name: value for name, value in before.items() if name not in one.wanted or same(one.wanted[name], value)}
