"""Why an account is as it is: the decision in force, every field with its sides, and what became of it.

Where a record is not certain it says which ones it may be: the candidates, or those that are called the same (D5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from connector.advice import absent
from connector.errors import ConfigError
from connector.mapping.fields import ObjectMapping
from connector.merging import Merged
from connector.model import By, Decision, MatchMethod, Record
from connector.plan import Basis, Planned
from connector.ports import Warehouse
from connector.prepare import Crm, House, prepare
from connector.reading import fetch_all
from connector.rules.book import RuleTrace
from connector.rules.decide import explain as trace

NAMES = ("Name", "name")  # what CRMs call the field that says what a record is called
MOST = 5  # records offered
NOWHERE = "no record to write it to"
_LEGAL_FORM = re.compile(
    r"[\s,]+(inc|incorporated|corp|corporation|co|company|llc|ltd|limited|plc|gmbh|ag|kg|sa|sas|bv|nv|ab|oy|srl|spa)\.?$",
    re.IGNORECASE,
)


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

    `anew` is what would be decided now, where that is something else: what moved since, the next sync decides. Where no
    rule is written there is no decision.
    """

    record: Record
    decision: Decision | None
    stored: bool
    fields: Sequence[FieldView]
    rules: Sequence[RuleTrace]
    matches: Sequence[dict[str, Any]]
    anew: Decision | None = None

    def as_json(self) -> dict[str, Any]:
        """For `explain --json`."""
        return {
            "account": {"key": self.record.key, "name": self.record.values.get("name")},
            "stored": self.stored,
            "decision": asdict(self.decision) if self.decision else None,
            "anew": asdict(self.anew) if self.anew else None,
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
    fresh = prepared.decisions[account][0] if decides else None
    merged = [(crm, m, prepared.merged[m.name][0]) for crm in house.crms for m in crm.mappings]
    by_crm = {mapping.name: one.match for _, mapping, one in merged}
    return Explanation(
        record,
        stored or fresh,
        stored is not None,
        [view for _, mapping, one in merged for view in _fields(mapping, one)],
        trace(record, prepared.facts[account], by_crm, house.definitions, now, now) if decides else (),
        [_match(mapping.name, one, _offered(crm, mapping, one, record)) for crm, mapping, one in merged],
        fresh if stored and fresh and _says(fresh) != _says(stored) else None,
    )


def _says(decision: Decision) -> tuple[object, ...]:
    return decision.route, decision.rule, decision.routed_to, decision.tier


def _everything_due(record: Record, basis: Basis) -> Planned:
    names = [mapping.name for mapping in basis.mappings]
    return Planned(record, "", dict.fromkeys(names, ""), frozenset(names), source=basis.source)


def _fields(mapping: ObjectMapping, one: Merged) -> list[FieldView]:
    nowhere = NOWHERE if one.match.live is None and one.write is None else ""
    return [
        FieldView(
            mapping.name,
            mapping.destination,
            f.name,
            f.live,
            f.wanted,
            one.memory.written.get(f.name),
            str(f.policy),
            nowhere or f.reason,
        )
        for f in one.fields
    ]


def _offered(crm: Crm, mapping: ObjectMapping, one: Merged, record: Record) -> Mapping[str, str | None]:
    """What the records are called that it may be, by record id; one look-up, and none where it is certain."""
    called = next((name for name in NAMES if name in crm.specs[mapping.name]), None)
    candidates = one.match.candidates
    if candidates:
        found = fetch_all(crm.caller, mapping, By.ID, "", candidates, [called]) if called else []
        return {**dict.fromkeys(candidates), **{live.record_id: _text(live.values.get(called or "")) for live in found}}
    names = _spellings(record.values.get("name"))
    if one.match.method is not MatchMethod.NONE or called is None or not names:
        return {}
    alike = fetch_all(crm.caller, mapping, By.NAME, called, names, [called, mapping.match_to])
    # One that carries another account's key is that account's.
    free = [live for live in alike if live.values.get(mapping.match_to) in (None, record.key)]
    return {live.record_id: _text(live.values.get(called)) for live in free[:MOST]}


def _spellings(name: object) -> list[str]:
    """A name as it is, and without its legal form."""
    if not isinstance(name, str) or not name.strip():
        return []
    return list(dict.fromkeys([name.strip(), _LEGAL_FORM.sub("", name.strip())]))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _match(name: str, one: Merged, offered: Mapping[str, str | None]) -> dict[str, Any]:
    live = one.match.live
    return {
        "mapping": name,
        "method": str(one.match.method),
        "record_id": live.record_id if live else None,
        "candidates": list(one.match.candidates),
        "offered": dict(offered),
        "last_outcome": one.memory.outcome,
        "last_code": one.memory.code,
        "last_message": one.memory.message,
    }
