"""A rehearsal: who would change route, owner or tier under other definitions, before they take effect.

The CRMs are read as for a plan; nothing is merged, sent or remembered.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from connector.model import Decision, Match, Record, Route, Tier
from connector.plan import Planned
from connector.ports import Warehouse
from connector.prepare import CHUNK, House, Prepared, prepare
from connector.rules import owners
from connector.rules.decide import decide
from connector.rules.definitions import Definitions
from connector.spool import Spool, batched


@dataclass(frozen=True, slots=True)
class Standing:
    """A decision as far as a rehearsal compares it, and the rule that made it."""

    route: Route
    owner: str | None
    tier: Tier
    rule: str

    @property
    def compared(self) -> tuple[Route, str | None, Tier]:
        """What makes a change."""
        return self.route, self.owner, self.tier


@dataclass(frozen=True, slots=True)
class Change:
    """One account that would stand otherwise. `anyway`: with the present definitions too, by the next sync."""

    account: str
    before: Standing
    after: Standing
    anyway: bool


@dataclass
class Rehearsal:
    """What was found: the accounts looked at by the rule that decides them, before and after, and who changes."""

    accounts: int = 0
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)

    @property
    def anyway(self) -> int:
        """How many of the changes come whether or not the definitions do."""
        return sum(change.anyway for change in self.changes)

    def rules(self) -> list[tuple[str, int, int]]:
        """Every rule that decides an account, with how many it decides before and after; the most moved first."""
        names = sorted({*self.before, *self.after})
        counted = ((name, self.before[name], self.after[name]) for name in names)
        return sorted(counted, key=lambda one: -abs(one[2] - one[1]))

    def as_json(self) -> dict[str, object]:
        """For `plan --json` with other files."""
        rules = [{"rule": name, "before": before, "after": after} for name, before, after in self.rules()]
        changes = [asdict(change) for change in self.changes]
        return {"accounts": self.accounts, "changed": len(changes), "rules": rules, "changes": changes}


@contextmanager
def everybody(warehouse: Warehouse) -> Iterator[Spool]:
    """Every account there is, on disk, so that the warehouse is let go before a CRM is asked. Raises WarehouseError."""
    with tempfile.TemporaryFile(prefix="plsync-") as file:
        spool = Spool(file)
        with warehouse.reading() as reading:
            for record in reading.records():
                spool.add(Planned(record, "", {}, frozenset()))
        yield spool


def rehearse(
    house: House,
    accounts: Spool,
    instead: Definitions,
    clock: Callable[[], datetime],
    progress: Callable[[int], None],
) -> Rehearsal:
    """Decide all accounts by `instead` and compare with the decisions in force; of accounts without one, with what the
    house's own definitions say now. Raises what reading the CRMs raises."""
    bare, found = _fieldless(house), Rehearsal()
    names = [mapping.name for crm in bare.crms for mapping in crm.mappings]
    for chunk in batched(accounts, CHUNK):
        now = clock()
        due = [replace(one, wanted_fp=dict.fromkeys(names, ""), due=frozenset(names)) for one in chunk]
        prepared = prepare(bare, due, now)
        _compare(found, [one.record for one in chunk], prepared, house, instead, now)
        progress(len(chunk))
    return found


def _fieldless(house: House) -> House:
    """The house with mappings that carry nothing: records are read for whose they are, and whether there are any."""
    crms = [replace(crm, mappings=[replace(one, fields=()) for one in crm.mappings]) for crm in house.crms]
    return replace(house, crms=crms)


def _compare(
    found: Rehearsal,
    records: Sequence[Record],
    prepared: Prepared,
    house: House,
    instead: Definitions,
    now: datetime,
) -> None:
    in_force = house.ledger.decisions([record.key for record in records])
    loads = house.ledger.holdings(instead.staff.limited) if instead.staff.limited else {}
    matches = {name: {one.key: one.match for one in merged} for name, merged in prepared.merged.items()}
    for record in records:
        by_crm: dict[str, Match] = {name: by_key[record.key] for name, by_key in matches.items()}
        present, _ = prepared.decisions[record.key]
        held = in_force.get(record.key)
        room = owners.Standing(owners.holders(held), owners.moved(loads, held.assigned_to if held else None, None))
        after = _standing(decide(record, prepared.facts[record.key], by_crm, instead, now, now, room))
        before = _standing(held or present)
        found.accounts += 1
        found.before[before.rule] += 1
        found.after[after.rule] += 1
        if before.compared != after.compared:
            anyway = _standing(present).compared == after.compared
            found.changes.append(Change(record.key, before, after, anyway))


def _standing(decision: Decision) -> Standing:
    return Standing(decision.route, decision.routed_to, decision.tier, decision.rule)
