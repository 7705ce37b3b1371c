"""Undoing a run (D31): old values go back only where the CRM still holds what the run wrote.

Nothing is deleted and no key is taken away. What goes back stays until the warehouse value changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from connector.deliver import deliver
from connector.errors import PlsyncError
from connector.mapping.fields import ObjectMapping
from connector.model import (
    By,
    Canonical,
    Change,
    Intent,
    Live,
    Memory,
    Outcome,
    OutcomeKind,
    Settled,
    Write,
)
from connector.prepare import CHUNK, Crm, House
from connector.reading import fetch_all
from connector.rules.merge import alike
from connector.spool import batched
from connector.ways import usual

LANE = "revert"
WRITTEN = frozenset({OutcomeKind.UPDATED, OutcomeKind.CREATED})
Clock = Callable[[], datetime]
Progress = Callable[[int], None]


class Verdict(StrEnum):
    """What a revert does with one record."""

    RESTORE = "restore"
    ALREADY = "already restored"
    CHANGED = "changed since"
    GONE = "gone"
    CONVERTED = "converted"  # a lead that is none any more (D8)
    CREATED = "created by the run"  # plsync deletes nothing
    UNREAD = "written without reading"  # what was there before is not known


@dataclass(frozen=True, slots=True)
class Reversal:
    """One record: what goes back, from and to, and what stays because it is not what the run wrote."""

    mapping: str
    account: str
    record_id: str
    verdict: Verdict
    back: Mapping[str, tuple[Canonical, Canonical]] = field(default_factory=dict)
    stays: Mapping[str, Canonical] = field(default_factory=dict)
    outcome: Outcome | None = None  # once it was tried


@dataclass(frozen=True)
class Revert:
    """What a revert would do, or, with the `run` it was, did."""

    of: str
    run: str | None
    rows: Sequence[Reversal]

    @property
    def failed(self) -> int:
        """Records the CRM did not take back."""
        return sum(row.outcome is not None and row.outcome.kind not in WRITTEN for row in self.rows)


def rehearse(house: House, run_id: str) -> Revert:
    """What reverting a run would do now. Reads the CRMs, writes nothing.

    Raises ConfigError for an unknown run, or one that wrote through a mapping that is no longer configured.
    """
    found = house.ledger.changes(run_id)
    places = {name: house.place(name) for name in found}
    rows = [
        row
        for name, changes in found.items()
        for some in batched(changes, CHUNK)
        for row in _judge(*places[name], some)
    ]
    return Revert(run_id, None, rows)


def apply(house: House, rehearsed: Revert, clock: Clock, progress: Progress) -> Revert:
    """Do it, as a run with an audit of its own, unless there is nothing to do. Killed and done again, it goes on."""
    if not rehearsed.rows:
        return rehearsed
    run_id = house.ledger.start_run(LANE, clock())
    done: list[Reversal] = []
    try:
        for (name, _), some in _chunks(rehearsed.rows):
            crm, mapping = house.place(name)
            done += _apply(house, crm, mapping, some, _Undoing(rehearsed.of, run_id, clock))
            progress(len(some))
    except BaseException as error:
        advice = str(error) if isinstance(error, PlsyncError) else type(error).__name__
        house.ledger.finish_run(run_id, "failed", clock(), counts(done), advice)
        raise
    house.ledger.finish_run(run_id, "done", clock(), counts(done), None)
    return Revert(rehearsed.of, run_id, done)


@dataclass(frozen=True, slots=True)
class _Undoing:
    """Which run is undone, by which."""

    of: str
    run_id: str
    clock: Clock


def counts(rows: Sequence[Reversal]) -> dict[str, object]:
    """How many records per mapping, by what became of them."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        word = str(row.outcome.kind) if row.outcome else str(row.verdict)
        of_mapping = found.setdefault(row.mapping, {})
        of_mapping[word] = of_mapping.get(word, 0) + 1
    return dict(found)


def _chunks(rows: Sequence[Reversal]) -> list[tuple[tuple[str, int], list[Reversal]]]:
    names = dict.fromkeys(row.mapping for row in rows)
    parts = {name: list(batched((row for row in rows if row.mapping == name), CHUNK)) for name in names}
    return [((name, number), some) for name, chunks in parts.items() for number, some in enumerate(chunks)]


# --- judging ---------------------------------------------------------------------------------------


def _judge(crm: Crm, mapping: ObjectMapping, changes: Sequence[Change]) -> list[Reversal]:
    if mapping.blind:
        return [Reversal(mapping.name, one.key, one.record_id, Verdict.UNREAD) for one in changes]
    names = [f.to for f in mapping.fields]
    ids = [change.record_id for change in changes if not change.created]
    lives = {live.record_id: live for live in fetch_all(crm.caller, mapping, By.ID, "", ids, names)}
    return [_judged(mapping, change, lives.get(change.record_id), names) for change in changes]


def _judged(mapping: ObjectMapping, change: Change, live: Live | None, names: Sequence[str]) -> Reversal:
    row = Reversal(mapping.name, change.key, change.record_id, Verdict.GONE)
    if change.created:
        return replace(row, verdict=Verdict.CREATED)
    if live is None:
        return row
    if live.became is not None:
        return replace(row, verdict=Verdict.CONVERTED)
    fields = {name: change.fields[name] for name in names if name in change.fields}  # a field once mapped is left
    held = {name: live.values.get(name) for name in fields}
    back = {n: (held[n], before) for n, (before, after) in fields.items() if alike(held[n], after)}
    stays = {n: held[n] for n, (before, _) in fields.items() if n not in back and not alike(held[n], before)}
    verdict = Verdict.RESTORE if back else Verdict.CHANGED if stays else Verdict.ALREADY
    return replace(row, verdict=verdict, back=back, stays=stays)


# --- applying --------------------------------------------------------------------------------------


def _apply(
    house: House, crm: Crm, mapping: ObjectMapping, rows: Sequence[Reversal], undoing: _Undoing
) -> list[Reversal]:
    memories = house.ledger.memories(mapping.name, [row.account for row in rows])
    by_key = {row.account: row for row in rows}
    sends = [row for row in rows if row.verdict is Verdict.RESTORE]
    house.ledger.intend(mapping.name, [_intent(row, memories[row.account]) for row in sends])
    writes = [Write(row.account, row.record_id, {n: old for n, (_, old) in row.back.items()}) for row in sends]
    done = dict.fromkeys(by_key, Outcome("", OutcomeKind.UNCHANGED))
    for outcomes in deliver(crm.caller, usual(crm.caller.destination, mapping), writes):
        settled = [_settled(by_key[one.key], memories[one.key], one, undoing.of) for one in outcomes]
        house.ledger.settle(mapping.name, undoing.run_id, undoing.clock(), settled)
        done |= {row.outcome.key: row.outcome for row in settled}
    return [replace(row, outcome=done[row.account]) if row in sends else row for row in rows]


def _intent(row: Reversal, memory: Memory) -> Intent:
    return Intent(row.account, row.record_id, None, {n: old for n, (_, old) in row.back.items()}, memory.written)


def _settled(row: Reversal, memory: Memory, outcome: Outcome, of: str) -> Settled:
    """What went back is ours and the base; what the warehouse wants there is set aside until it changes."""
    if outcome.kind not in WRITTEN:
        deferred = outcome.kind is OutcomeKind.DEFERRED
        fp = "" if deferred else memory.wanted_fp
        return Settled(outcome, fp, memory.wanted, memory.written, overruled=memory.overruled)
    restored = {name: old for name, (_, old) in row.back.items()}
    overruled = {name: memory.wanted.get(name) for name in restored}
    words = f"run {of} was reverted: {', '.join(restored)}"
    return Settled(
        replace(outcome, code="REVERTED", message=words),
        memory.wanted_fp,
        memory.wanted,
        {**memory.written, **restored},
        changes=row.back,
        overruled={**memory.overruled, **overruled},
    )
