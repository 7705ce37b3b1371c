"""What the story needs from the world, named by need. Adapters implement it; tests use the in-memory ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.model import AccountRef, Allowance, By, Canonical, CrmFact, Live, ObjectSpec, Outcome, Record, Write


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many records one API call takes, by purpose."""

    by_id: int
    by_key: int
    by_domain: int
    send: int
    facts: int

    def lookup(self, by: By) -> int:
        """Records per look-up call."""
        return {By.ID: self.by_id, By.KEY: self.by_key, By.DOMAIN: self.by_domain}[by]


class Destination(Protocol):
    """A CRM we write to (D29). Every method is one API call, or as few as its API allows for that many records.

    Errors: TransientError, RateLimitedError, QuotaError, AccessError; `send` may raise BatchRejectedError.
    """

    name: str
    capacity: Capacity

    def identity(self) -> str:
        """The organisation we are talking to, for the binding of D9."""

    def describe(self, object_name: str) -> ObjectSpec:
        """The object's fields. Raises ConfigError when there is no such object."""

    def fetch(self, object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        """Live records whose `field` (ignored for By.ID) is one of `values`; at most `capacity.lookup(by)` values.

        Records that do not exist, were deleted, or cannot be seen are absent from the answer. Every Live holds
        `fields` and `field`.
        """

    def send(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write at most `capacity.send` records and return exactly one outcome for each, in any order."""

    def allowance(self) -> Allowance | None:
        """Calls used and allowed today as last seen in a response, or None before the first."""


class CrmFacts(Protocol):
    """A CRM we ask for the facts of `crm_state.toml` (D2, D29)."""

    name: str
    capacity: Capacity

    def account_fields(self) -> tuple[str, ...]:
        """Fields of the account record itself that facts are read from; the live read fetches them along."""

    def state(self, accounts: Sequence[AccountRef]) -> Mapping[str, tuple[CrmFact, ...]]:
        """Facts by account key; at most `capacity.facts` accounts. An account without facts maps to ()."""


class Warehouse(Protocol):
    """The product's own account rows. Errors: WarehouseError."""

    def check(self) -> list[str]:
        """Every way the declared relations, columns, types and keys differ from what is there."""

    def reading(self) -> AbstractContextManager[WarehouseReading]:
        """One consistent read over all relations."""


class WarehouseReading(Protocol):
    """An open read of the warehouse."""

    def records(self, keys: Sequence[str] | None = None) -> Iterator[Record]:
        """Accounts in bytewise key order with their signals and people; all, or those asked for.

        Raises WarehouseError on a null or repeated account key.
        """

    def counts(self, stages: Mapping[str, str], since: datetime, until: datetime) -> dict[str, int]:
        """Accounts per stage: `stages` maps a stage to its date column; counted where since <= date < until."""


Values = Mapping[str, Canonical]
