"""Accepting held edits (D20): what a person typed becomes the base, and stays until the warehouse value changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.errors import ConfigError
from connector.mapping.fields import KEEPS_EDITS, ObjectMapping
from connector.model import By, Canonical, Live, Memory, Outcome, OutcomeKind, Settled
from connector.ports import Ledger
from connector.prepare import CHUNK, Crm, House
from connector.reading import fetch_all
from connector.rules.merge import is_ours
from connector.spool import batched

LANE = "adopt"


class Adoption(StrEnum):
    """What became of one record's edits."""

    ADOPTED = "adopted"
    NOTHING = "nothing to adopt"  # the person took the edit back, or the field obeys another policy
    GONE = "record gone"
    UNSETTLED = "unsettled"  # a send is in doubt: the next sync settles it


@dataclass(frozen=True, slots=True)
class Adopted:
    """One record, and the fields whose value in the CRM is now the base."""

    mapping: str
    account: str
    record_id: str | None
    became: Adoption
    fields: Mapping[str, Canonical] = field(default_factory=dict)


def adopt(
    house: House, keys: Sequence[str] | None, mapping: str | None, clock: Callable[[], datetime]
) -> list[Adopted]:
    """Adopt the held edits of `keys`, or of every account, in one mapping or in all. Nothing is sent.

    Raises ConfigError for an unknown mapping, and when one of `keys` has no held edit.
    """
    places = [house.place(mapping)] if mapping else [(crm, m) for crm in house.crms for m in crm.mappings]
    found = [(crm, m, house.ledger.edited(m.name, keys)) for crm, m in places]
    _require_edits(keys, {key for _, _, edited in found for key in edited})
    if not any(edited for _, _, edited in found):
        return []
    run_id = house.ledger.start_run(LANE, clock())
    became = [
        one
        for crm, m, edited in found
        for some in batched(edited, CHUNK)
        for one in _adopt(house.ledger, crm, m, some, run_id, clock)
    ]
    house.ledger.finish_run(run_id, "done", clock(), _counts(became), None)
    return became


def _require_edits(keys: Sequence[str] | None, edited: set[str]) -> None:
    if lacking := [key for key in keys or () if key not in edited]:
        raise ConfigError([f'account "{key}" has no held edit; `plsync held` lists those that have' for key in lacking])


def _adopt(
    ledger: Ledger, crm: Crm, mapping: ObjectMapping, keys: Sequence[str], run_id: str, clock: Callable[[], datetime]
) -> list[Adopted]:
    memories = ledger.memories(mapping.name, keys)
    names = [f.to for f in mapping.fields if f.merge in KEEPS_EDITS]
    ids = [memory.record_id for memory in memories.values() if memory.record_id]
    lives = {live.record_id: live for live in fetch_all(crm.caller, mapping, By.ID, "", ids, names)}
    became = [_judged(mapping, memories[key], lives.get(memories[key].record_id or ""), names) for key in keys]
    rows = [_settled(memories[one.account], one) for one in became if one.became is Adoption.ADOPTED]
    ledger.settle(mapping.name, run_id, clock(), rows)
    return became


def _judged(mapping: ObjectMapping, memory: Memory, live: Live | None, names: Sequence[str]) -> Adopted:
    if memory.intended is not None:
        return Adopted(mapping.name, memory.key, memory.record_id, Adoption.UNSETTLED)
    if live is None:
        return Adopted(mapping.name, memory.key, memory.record_id, Adoption.GONE)
    persons = {n: live.values.get(n) for n in names if not is_ours(n, live.values.get(n), memory)}
    became = Adoption.ADOPTED if persons else Adoption.NOTHING
    return Adopted(mapping.name, memory.key, live.record_id, became, persons)


def _settled(memory: Memory, one: Adopted) -> Settled:
    words = "; ".join(f"{name}: {'blank' if value is None else value}" for name, value in one.fields.items())
    outcome = Outcome(memory.key, OutcomeKind.UNCHANGED, one.record_id, "ADOPTED", words)
    overruled = {name: memory.wanted.get(name) for name in one.fields}
    return Settled(
        outcome,
        memory.wanted_fp,
        memory.wanted,
        {**memory.written, **one.fields},
        overruled={**memory.overruled, **overruled},
    )


def _counts(became: Sequence[Adopted]) -> dict[str, object]:
    counts: dict[str, dict[str, int]] = {}
    for one in became:
        of_mapping = counts.setdefault(one.mapping, {})
        of_mapping[one.became] = of_mapping.get(one.became, 0) + 1
    return dict(counts)
