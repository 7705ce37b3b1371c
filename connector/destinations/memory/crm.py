"""The CRM in memory: the ports, and what a test does to it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count

from connector.destinations.memory.records import (
    INTEGRATION,
    Refusal,
    Stored,
    author,
    changed_meanwhile,
    changed_since,
    found,
    holder,
    known_fields,
    no_record,
    objection,
    refused,
    touched,
)
from connector.errors import ConfigError
from connector.model import (
    AccountFields,
    AccountRef,
    Activities,
    Allowance,
    Author,
    By,
    Canonical,
    CrmFact,
    Live,
    ObjectSpec,
    Outcome,
    OutcomeKind,
    Outreach,
    OutreachKind,
    Touched,
    Window,
    Write,
)
from connector.ports import Capacity

CAPACITY = Capacity(
    by_id=2_000, by_key=1_000, by_domain=200, send=1_000, facts=200, authors=2_000, guarded=25, blind=1_000
)


@dataclass
class MemoryCrm:
    """A CRM with the objects of `specs`. `clock` dates changes; `facts` are by account key.

    `activities` are what people did to reach accounts, `unreadable` the kinds of it that cannot be queried.

    `gate` is passed with every call, and `calls` counts them by method name; `failures` are raised by the next calls,
    one each, before anything happens.
    """

    specs: Mapping[str, ObjectSpec]
    clock: Callable[[], datetime]
    name: str = "memory"
    capacity: Capacity = CAPACITY
    facts: dict[str, tuple[CrmFact, ...]] = field(default_factory=dict)
    fact_fields: tuple[str, ...] = ()
    activities: list[Outreach] = field(default_factory=list)
    unreadable: Mapping[OutreachKind, str] = field(default_factory=dict)
    account_objects: frozenset[str] = frozenset({"account", "companies"})
    organisation: str = "memory-org"
    daily_limit: int | None = None
    rate: Window | None = None
    gate: Callable[[], None] = lambda: None
    refuse: Callable[[Write], Refusal | None] = lambda _: None
    calls: Counter[str] = field(default_factory=Counter)
    failures: deque[Exception] = field(default_factory=deque)
    sent: list[Write] = field(default_factory=list)
    _records: dict[str, dict[str, Stored]] = field(default_factory=dict)
    _merged: dict[tuple[str, str], str] = field(default_factory=dict)
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

    def merge(self, object_name: str, loser: str, survivor: str) -> None:
        """Merge one record away into another. Raises KeyError when there is none."""
        self.delete(object_name, loser)
        self._merged[object_name, loser] = survivor

    def convert(self, object_name: str, record_id: str, became: str) -> None:
        """Convert a lead into what it became. Raises KeyError when there is none."""
        held = self._records[object_name]
        held[record_id] = replace(held[record_id], became=became)

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

    def window(self) -> Window | None:
        """The window it was given."""
        return self.rate

    def describe(self, object_name: str) -> ObjectSpec:
        """The object's fields. Raises ConfigError when there is no such object."""
        self._count("describe")
        return self._spec(object_name)

    def learn(self, spec: ObjectSpec) -> None:
        """Nothing to learn: values are canonical already."""

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        """Live records; domains compare without regard to case."""
        self._count("fetch")
        asked = known_fields(self._spec(object_name), fields if by is By.ID else [*fields, field])
        return found(self._held(object_name), by, field, values, asked)

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write each record on its own merits; one outcome each."""
        self._count("send")
        return self.write_all(object_name, match_field, writes)

    def write_all(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write each record, uncounted."""
        self.sent += writes
        return [self._write(object_name, match_field, write) for write in writes]

    def send_guarded(
        self, object_name: str, match_field: str, writes: Sequence[Write], unmodified_since: Mapping[str, datetime]
    ) -> list[Outcome]:
        """Write each record that was not changed since its moment."""
        self._count("send_guarded")
        changed = changed_since(self._held(object_name), writes, unmodified_since)
        done = self.write_all(object_name, match_field, [write for write in writes if write.key not in changed])
        return [*done, *(changed_meanwhile(write) for write in writes if write.key in changed)]

    def send_blind(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write each record whose key is found."""
        self._count("send_blind")
        holders = {write.key: holder(self._held(object_name), match_field, write.key) for write in writes}
        known = [replace(write, record_id=holders[write.key]) for write in writes if holders[write.key]]
        unknown = (write for write in writes if not holders[write.key])
        return [*self.write_all(object_name, match_field, known), *map(no_record, unknown)]

    def authors(
        self, object_name: str, record_ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, Author]]:
        """Whoever changed the record last, for every field of it."""
        self._count("authors")
        held = self._held(object_name)
        return {each: dict.fromkeys(fields, author(held[each])) for each in record_ids if each in held}

    def is_us(self, author: Author) -> bool:
        """Whether the author is the integration."""
        return author.integration == INTEGRATION

    def successors(self, object_name: str, record_ids: Sequence[str]) -> Mapping[str, str]:
        """What was merged away, as told by `merge`."""
        self._count("successors")
        merged = ((each, self._merged.get((object_name, each))) for each in record_ids)
        return {each: survivor for each, survivor in merged if survivor}

    def account_fields(self) -> tuple[str, ...]:
        """Fields the live read is to fetch along."""
        return self.fact_fields

    def polled(self) -> tuple[str, ...]:
        """The objects facts are told of, as the facts at hand name them."""
        return tuple(dict.fromkeys(fact.object for told in self.facts.values() for fact in told))

    def changed(
        self, object_name: str, since: datetime, until: datetime, after: str, named: AccountFields | None
    ) -> list[Touched]:
        """What was put meanwhile; a record that is no account's own holds the id of the account's in `account_id`."""
        self._count("changed")
        held = self._held(object_name)
        moved = sorted(each for each in held if since <= held[each].modified_at < until and each > after)
        return [touched(each, held[each], named) for each in moved[: self.capacity.changed]]

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        """Facts as given."""
        self._count("state")
        return {account.key: self.facts.get(account.key, ()) for account in accounts}

    def outreach(self, records: Sequence[str], since: datetime, until: datetime) -> Activities:
        """Activities as given; nobody is asked about no record."""
        if not records:
            return Activities()
        self._count("outreach")
        mine = (one for one in self.activities if one.record_id in records and since <= one.at < until)
        return Activities(tuple(one for one in mine if one.kind not in self.unreadable), self.unreadable)

    # --- inside ---

    def _count(self, method: str) -> None:
        self.gate()
        self.calls[method] += 1
        if self.failures:
            raise self.failures.popleft()

    def _spec(self, object_name: str) -> ObjectSpec:
        if object_name not in self.specs:
            raise ConfigError([f"{self.name} has no object {object_name}"])
        return self.specs[object_name]

    def _write(self, object_name: str, match_field: str, write: Write) -> Outcome:
        held = self._held(object_name)
        refusal = self.refuse(write) or objection(self._spec(object_name), held, match_field, write)
        if refusal:
            return refused(write, refusal)
        record_id = write.record_id or holder(held, match_field, write.key)
        new_id = record_id or f"{object_name}-{next(self._numbers)}"
        values = write.fields if write.record_id else {match_field: write.key, **write.fields}
        self.put(object_name, new_id, values, by=INTEGRATION)
        return Outcome(write.key, OutcomeKind.UPDATED if record_id else OutcomeKind.CREATED, new_id)

    def _held(self, object_name: str) -> dict[str, Stored]:
        return self._records.get(object_name, {})
