"""Why an account is as it is: the decision in force, every field with its sides, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from connector.advice import absent
from connector.errors import ConfigError
from connector.mapping.fields import ObjectMapping
from connector.merging import Merged
from connector.model import Decision, Record
from connector.plan import Basis, Planned
from connector.ports import Warehouse
from connector.prepare import House, prepare
from connector.rules.book import RuleTrace
from connector.rules.decide import explain as trace


@dataclass(frozen=True)
class FieldView:
    """One field's sides. `written` is what we last put there, `reason` what the next sync would do and why."""

    mapping: str
    destination: str
    name: str
    live: object
    wanted: object
    written: object
    policy: str
    reason: str


@dataclass(frozen=True)
class Explanation:
    """Everything about one account; `stored` says whether the decision is the recorded one or a rehearsal.

    Where no rule is written there is no decision.
    """

    record: Record
    decision: Decision | None
    stored: bool
    fields: Sequence[FieldView]
    rules: Sequence[RuleTrace]
    matches: Sequence[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For `explain --json`."""
        return {
            "account": {"key": self.record.key, "name": self.record.values.get("name")},
            "stored": self.stored,
            "decision": asdict(self.decision) if self.decision else None,
            "fields": [asdict(view) for view in self.fields],
            "rules": [asdict(trace) for trace in self.rules],
            "matches": list(self.matches),
        }


def explain(house: House, warehouse: Warehouse, basis: Basis, account: str, now: datetime) -> Explanation:
    """Explain one account, or one row of the source `basis` is of, with the CRMs read now and nothing written.

    Raises ConfigError when the warehouse has no such row, ContentError when it has several.
    """
    house = house.of(basis.source)
    with warehouse.reading() as reading:
        # To the end, so that a repeated key is noticed.
        record = next(iter(list(reading.records([account]))), None)
    if record is None:
        raise ConfigError([absent(basis.source, account)])
    prepared = prepare(house, [_everything_due(record, basis)], now)
    decides = house.definitions.decides
    stored = house.ledger.decisions([account]).get(account) if decides else None
    merged = [(m, prepared.merged[m.name][0]) for crm in house.crms for m in crm.mappings]
    by_crm = {mapping.name: one.match for mapping, one in merged}
    return Explanation(
        record,
        stored or (prepared.decisions[account][0] if decides else None),
        stored is not None,
        [view for mapping, one in merged for view in _fields(mapping, one)],
        trace(record, prepared.facts[account], by_crm, house.definitions, now, now) if decides else (),
        [_match(mapping.name, one) for mapping, one in merged],
    )


def _everything_due(record: Record, basis: Basis) -> Planned:
    names = [mapping.name for mapping in basis.mappings]
    return Planned(record, "", dict.fromkeys(names, ""), frozenset(names), source=basis.source)


def _fields(mapping: ObjectMapping, one: Merged) -> list[FieldView]:
    return [
        FieldView(
            mapping.name,
            mapping.destination,
            f.name,
            f.live,
            f.wanted,
            one.memory.written.get(f.name),
            str(f.policy),
            f.reason,
        )
        for f in one.fields
    ]


def _match(name: str, one: Merged) -> dict[str, Any]:
    live = one.match.live
    return {
        "mapping": name,
        "method": str(one.match.method),
        "record_id": live.record_id if live else None,
        "candidates": list(one.match.candidates),
        "last_outcome": one.memory.outcome,
        "last_code": one.memory.code,
        "last_message": one.memory.message,
    }
