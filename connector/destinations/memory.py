"""A CRM in memory: a real Destination and CrmFacts, for tests of everything that speaks to one.

It holds records, refuses what their fields cannot hold, keeps unique fields unique, and counts its calls. It can be
told to refuse a record (`refuse`) or to fail whole calls (`fail`).
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from connector.errors import ConfigError
from connector.model import (
    AccountRef,
    Allowance,
    By,
    Canonical,
    CrmFact,
    FieldSpec,
    Live,
    ObjectSpec,
    Outcome,
    OutcomeKind,
    Write,
)
from connector.ports import Capacity

INTEGRATION = "integration"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record is refused. One that is `temporary` is deferred instead of rejected."""

    code: str
    message: str
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """One record and who changed it last."""

    values: Mapping[str, Canonical]
    modified_at: datetime
    modified_by: str


@dataclass
class MemoryCrm:
    """A CRM with the objects of `specs`. `clock` dates changes; `facts` are by account key.

    `calls` counts by method name; `failures` are raised by the next calls, one each, before anything happens.
    """

    specs: Mapping[str, ObjectSpec]
    clock: Callable[[], datetime]
    name: str = "memory"
    capacity: Capacity = field(default=Capacity(by_id=2_000, by_key=1_000, by_domain=200, send=1_000, facts=200))
    facts: dict[str, tuple[CrmFact, ...]] = field(default_factory=dict)
    fact_fields: tuple[str, ...] = ()
    organisation: str = "memory-org"
    daily_limit: int | None = None
    refuse: Callable[[Write], Refusal | None] = lambda _: None
    calls: Counter[str] = field(default_factory=Counter)
    failures: deque[Exception] = field(default_factory=deque)
    sent: list[Write] = field(default_factory=list)
    _records: dict[str, dict[str, Stored]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    # --- what a test does to it ---

    def put(self, object_name: str, record_id: str, values: Mapping[str, Canonical], by: str = "a person") -> None:
        """Create or change a record as `by` would."""
        records = self._records.setdefault(object_name, {})
        before = records[record_id].values if record_id in records else {}
        records[record_id] = Stored({**before, **values}, self.clock(), by)

    def delete(self, object_name: str, record_id: str) -> None:
        """Remove a record. Raises KeyError when there is none."""
        del self._records[object_name][record_id]

    def values(self, object_name: str, record_id: str) -> Mapping[str, Canonical]:
        """What a record holds. Raises KeyError when there is none."""
        return self._records[object_name][record_id].values

    def fail(self, *errors: Exception) -> None:
        """Let the next calls raise these, one each."""
        self.failures.extend(errors)

    # --- the ports ---

    def identity(self) -> str:
        """The organisation's name."""
        return self.organisation

    def allowance(self) -> Allowance | None:
        """Calls counted against `daily_limit`; None without one, or before the first call."""
        used = sum(self.calls.values())
        return Allowance(used, self.daily_limit) if self.daily_limit and used else None

    def describe(self, object_name: str) -> ObjectSpec:
        """The object's fields. Raises ConfigError when there is no such object."""
        self._count("describe")
        return self._spec(object_name)

    def learn(self, spec: ObjectSpec) -> None:
        """Nothing to learn: values are canonical already."""

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        """Live records; domains compare without regard to case."""
        self._count("fetch")
        asked = list(dict.fromkeys(fields if by is By.ID else [*fields, field]))
        unknown = [name for name in asked if name not in self._spec(object_name).fields]
        if unknown:
            raise ConfigError([f"{self.name}: {object_name} has no field {name}" for name in unknown])
        wanted = {value.lower() for value in values} if by is By.DOMAIN else set(values)
        return [
            Live(record_id, {name: held.values.get(name) for name in asked}, held.modified_at, held.modified_by)
            for record_id, held in self._records.get(object_name, {}).items()
            if _named(record_id, held, by, field) in wanted
        ]

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write each record on its own merits; one outcome each."""
        self._count("send")
        self.sent += writes
        return [self._write(object_name, match_field, write) for write in writes]

    def account_fields(self) -> tuple[str, ...]:
        """Fields the live read is to fetch along."""
        return self.fact_fields

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        """Facts as given."""
        self._count("state")
        return {account.key: self.facts.get(account.key, ()) for account in accounts}

    # --- inside ---

    def _count(self, method: str) -> None:
        self.calls[method] += 1
        if self.failures:
            raise self.failures.popleft()

    def _spec(self, object_name: str) -> ObjectSpec:
        if object_name not in self.specs:
            raise ConfigError([f"{self.name} has no object {object_name}"])
        return self.specs[object_name]

    def _write(self, object_name: str, match_field: str, write: Write) -> Outcome:
        refusal = self.refuse(write) or self._objection(object_name, match_field, write)
        if refusal:
            kind = OutcomeKind.DEFERRED if refusal.temporary else OutcomeKind.REJECTED
            return Outcome(write.key, kind, write.record_id, refusal.code, refusal.message)
        record_id = write.record_id or self._holder(object_name, match_field, write.key)
        new_id = record_id or f"{object_name}-{next(self._numbers)}"
        values = write.fields if write.record_id else {match_field: write.key, **write.fields}
        self.put(object_name, new_id, values, by=INTEGRATION)
        return Outcome(write.key, OutcomeKind.UPDATED if record_id else OutcomeKind.CREATED, new_id)

    def _objection(self, object_name: str, match_field: str, write: Write) -> Refusal | None:
        if write.record_id is not None and write.record_id not in self._records.get(object_name, {}):
            return Refusal("NOT_FOUND", f"there is no {object_name} {write.record_id}")
        own_id = write.record_id or self._holder(object_name, match_field, write.key)
        for name, value in write.fields.items():
            spec = self._spec(object_name).fields.get(name)
            if spec is None:
                return Refusal("INVALID_FIELD", f"{object_name} has no field {name}")
            problem = _misfit(spec, value)
            if problem:
                return problem
            holder = self._holder(object_name, name, value) if spec.unique and value is not None else None
            if holder not in (None, own_id):
                return Refusal("DUPLICATE_VALUE", f"{name} is already {value} on {holder}")
        return None

    def _holder(self, object_name: str, name: str, value: Canonical) -> str | None:
        records = self._records.get(object_name, {})
        return next((record_id for record_id, held in records.items() if held.values.get(name) == value), None)


def _named(record_id: str, held: Stored, by: By, field: str) -> str:
    """What a look-up compares: the id, or the field's text."""
    if by is By.ID:
        return record_id
    value = str(held.values.get(field))
    return value.lower() if by is By.DOMAIN else value


def _misfit(spec: FieldSpec, value: Canonical) -> Refusal | None:
    if not spec.writable:
        return Refusal("READ_ONLY", f"{spec.name} cannot be written")
    if spec.length is not None and isinstance(value, str) and len(value) > spec.length:
        return Refusal("STRING_TOO_LONG", f"{spec.name} holds {spec.length} characters")
    if spec.options and value is not None and value not in spec.options:
        return Refusal("INVALID_OPTION", f"{spec.name} has no option {value}")
    return None
