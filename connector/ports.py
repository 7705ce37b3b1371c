"""What the story needs from the world, named by need. Adapters implement it; tests use the in-memory ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.model import (
    AccountRef,
    Allowance,
    By,
    CrmFact,
    Decision,
    Intent,
    LastAlert,
    Live,
    Memory,
    NewFact,
    ObjectSpec,
    Outcome,
    Record,
    Settled,
    Write,
)


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

    def learn(self, spec: ObjectSpec) -> None:
        """Take a description remembered from before in place of a call to `describe`."""

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
        """Accounts per stage: `stages` maps a stage to its date column; counted where since <= date < until.

        A stage whose column is not declared is absent: not configured is not 0 (D45).
        """


class Ledger(Protocol):
    """What the story remembers between runs. Each writing method is one transaction. Errors: StoreError."""

    def fingerprints(
        self, keys: Sequence[str], mappings: Sequence[str]
    ) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
        """(decide fingerprint by key, wanted fingerprint by mapping and key); unknown accounts are absent."""

    def memories(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What we remember of these accounts in one mapping; unknown accounts are absent."""

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decision]:
        """The decision in force per account."""

    def last_alerts(self, keys: Sequence[str]) -> Mapping[str, LastAlert]:
        """The newest alert per account."""

    def commit_decisions(
        self, run_id: str, decisions: Sequence[tuple[Decision, str]], outbox: Sequence[NewFact]
    ) -> None:
        """Decisions with their fingerprints, and what follows from them, together or not at all (D27)."""

    def intend(self, mapping: str, intents: Sequence[Intent]) -> None:
        """Remember what is about to be sent."""

    def settle(self, mapping: str, run_id: str, at: datetime, settled: Sequence[Settled]) -> None:
        """Memory and audit of one CRM response."""

    def start_run(self, lane: str, at: datetime) -> str:
        """A new run's id."""

    def finish_run(
        self, run_id: str, state: str, at: datetime, counts: Mapping[str, object], error: str | None
    ) -> None:
        """How the run ended."""

    def baseline_done(self) -> bool:
        """Whether a whole run ever finished: before that nobody is alerted (D18)."""

    def schema(self, destination: str, object_name: str, stamp: str, not_before: datetime) -> ObjectSpec | None:
        """A remembered description, unless it is older than `not_before` or of another connection."""

    def remember_schema(self, destination: str, stamp: str, spec: ObjectSpec, at: datetime) -> None:
        """Remember a description."""

    def bind(self, system: str, identity: str, at: datetime) -> None:
        """Bind the store to an organisation at first contact; ConfigError when it is bound to another (D9)."""
