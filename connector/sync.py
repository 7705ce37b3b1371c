"""The story: plan → read → decide → commit → merge → deliver → record.

Decisions and their outbox rows are committed before anything is sent (D27), intents before each send (D19), outcomes
as each response arrives. Killed anywhere and run again, it ends where one run would have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.deliver import deliver
from connector.errors import PlsyncError
from connector.mapping.fields import ObjectMapping
from connector.merging import Merged
from connector.model import Outcome, OutcomeKind, Settled
from connector.plan import Planned
from connector.planning import Plan
from connector.ports import Ledger
from connector.prepare import CHUNK, Crm, House, prepare

NAMED = 5  # refused records a tally names
STAYS_DUE = frozenset({OutcomeKind.DEFERRED})
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
    """How a run ended: one tally per mapping, in the mappings' order."""

    id: str
    compared: int
    planned: int
    tallies: Mapping[str, Tally]

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


def sync(
    ledger: Ledger,
    open_house: Callable[[], House],
    plan: Plan,
    lane: str,
    clock: Callable[[], datetime],
    progress: Progress,
) -> Run:
    """Apply `plan`. The house is opened only when there is something to do, so an empty plan calls nobody.

    Raises what stops a run (AccessError, DestinationError, StoreError …) after recording why.
    """
    run_id = ledger.start_run(lane, clock())
    tallies: dict[str, Tally] = {}
    run = Run(run_id, plan.compared, plan.planned, tallies)
    try:
        if plan.planned:
            house = open_house()
            tallies |= {m.name: Tally(crm.caller.destination.name) for crm in house.crms for m in crm.mappings}
            for chunk in plan.chunks(CHUNK):
                _apply(house, run, chunk, clock)
                progress(len(chunk))
    except BaseException as error:
        advice = str(error) if isinstance(error, PlsyncError) else type(error).__name__
        ledger.finish_run(run_id, "failed", clock(), run.counts(), advice)
        raise
    ledger.finish_run(run_id, "done", clock(), run.counts(), None)
    return run


def _apply(house: House, run: Run, chunk: Sequence[Planned], clock: Callable[[], datetime]) -> None:
    prepared = prepare(house, chunk, clock())
    house.ledger.commit_decisions(run.id, list(prepared.decisions.values()), prepared.outbox)
    for crm in house.crms:
        for mapping in crm.mappings:
            _deliver(house, run, crm, mapping, prepared.merged[mapping.name], clock)


def _deliver(
    house: House, run: Run, crm: Crm, mapping: ObjectMapping, merged: Sequence[Merged], clock: Callable[[], datetime]
) -> None:
    by_key = {one.key: one for one in merged}

    def record(outcomes: Sequence[Outcome]) -> None:
        rows = [_settled(by_key[outcome.key], _named(by_key[outcome.key], outcome)) for outcome in outcomes]
        house.ledger.settle(mapping.name, run.id, clock(), rows)
        run.tallies[mapping.name].add([row.outcome for row in rows])

    record([one.outcome for one in merged if one.outcome])
    sends = [one for one in merged if one.write]
    house.ledger.intend(mapping.name, [one.intent for one in sends])
    for outcomes in deliver(crm.caller, mapping, [one.write for one in sends if one.write]):
        record(outcomes)


def _named(one: Merged, outcome: Outcome) -> Outcome:
    """A first write to a record found by its domain is a link (D5); an edit held beside it is listed (D20)."""
    if outcome.kind not in SENT:
        return outcome
    if one.match.method == "domain":
        outcome = replace(outcome, kind=OutcomeKind.LINKED)
    return replace(outcome, code="EDITED", message=one.held) if one.held else outcome


def _settled(one: Merged, outcome: Outcome) -> Settled:
    """What to remember: `written` moves only where the CRM now holds what we meant (D19)."""
    changes = {f.name: (f.live, f.written) for f in one.fields if f.writes} if outcome.kind in SENT else {}
    written = {**one.base, **{name: after for name, (_, after) in changes.items()}}
    due = "" if outcome.kind in STAYS_DUE else one.wanted_fp
    return Settled(outcome, due, one.wanted, written, one.matched_by, changes)
