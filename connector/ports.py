"""What the story needs from the world, named by need. Adapters implement it; tests use the in-memory ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.model import (
    AccountRef,
    Allowance,
    Author,
    BulkJob,
    By,
    Change,
    CrmFact,
    Decision,
    Intent,
    JobState,
    Known,
    LastAlert,
    Live,
    Memory,
    NewFact,
    ObjectSpec,
    Outcome,
    Pause,
    Recipe,
    Record,
    Settled,
    Turns,
    Window,
    Write,
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many records one call of a method takes, by purpose.

    `guarded` is for `GuardedWrites`, `blind` for `BlindWrites`; 0 where the CRM has no such way.
    """

    by_id: int
    by_key: int
    by_domain: int
    send: int
    facts: int
    authors: int = 50
    guarded: int = 0
    blind: int = 0

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

    def window(self) -> Window | None:
        """The rolling window as last seen in a response, before that the CRM's usual one; None where it has none."""

    def authors(
        self, object_name: str, record_ids: Sequence[str], fields: Sequence[str]
    ) -> Mapping[str, Mapping[str, Author]]:
        """Who last set each field, by record id and field (D20); at most `capacity.authors` records.

        What the CRM does not say is absent.
        """

    def is_us(self, author: Author) -> bool:
        """Whether the author is this connection itself. False when the CRM gives no way to tell."""

    def successors(self, object_name: str, record_ids: Sequence[str]) -> Mapping[str, str]:
        """The record each of these was merged into, for records `fetch` did not return under their id (D8).

        At most `capacity.by_id` records. A record that was not merged is absent. One merge is followed: a survivor
        that was merged away itself is asked for again.
        """


class GuardedWrites(Protocol):
    """A CRM whose writes can be made to depend on nobody having changed the record: `concurrency_guard = "strict"`."""

    def send_guarded(
        self, object_name: str, match_field: str, writes: Sequence[Write], unmodified_since: Mapping[str, datetime]
    ) -> list[Outcome]:
        """Write at most `capacity.guarded` known records, each only if unchanged since its moment, to the second.

        `unmodified_since` holds `Live.modified_at` by record id. A record changed meanwhile is not written: its outcome
        is deferred with code CHANGED_MEANWHILE, to be read and merged again. Raises ValueError for a write without
        record id or moment.
        """


class BlindWrites(Protocol):
    """A CRM that finds a record by our key while it writes, so that no live read is needed. It never creates."""

    def send_blind(self, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        """Write at most `capacity.blind` records by key, whatever they hold now; one outcome each.

        `Write.record_id` is not used. A key no record carries is held with code NO_RECORD.
        """


class BulkLoads(Protocol):
    """A CRM that also takes large loads as jobs (A2). Errors are those of Destination.

    A job is opened, its id committed, then its file uploaded, so that a crash at any point can be picked up: a job
    found OPEN is aborted and its writes are loaded anew, any other is polled to its end and its outcomes are read.
    """

    max_bytes: int

    def open_job(self, object_name: str, match_field: str, *, creates: bool) -> BulkJob:
        """A new job: of records that carry our key or shall be made when `creates`, else of known records only.

        Raises BatchRejectedError when the CRM takes no more jobs today: the writes can still be sent alone.
        """

    def fits_bulk(self, write: Write) -> bool:
        """Whether the write means the same in a job as alone. One that does not is to be sent alone (D50)."""

    def upload(self, job: BulkJob, writes: Iterable[Write], fields: Sequence[str]) -> None:
        """Upload every write and let the job begin; once per job. A write leaves those of `fields` alone it lacks.

        Raises BatchRejectedError, code TOO_LARGE, before anything is sent when they take more than `max_bytes`;
        ValueError for a write that names its record otherwise than the job does. After any other error ask for the
        job's state: if it is OPEN nothing was begun, and it is to be aborted.
        """

    def job(self, job: BulkJob) -> JobState:
        """How far a job has come."""

    def abort(self, job: BulkJob) -> None:
        """Stop a job. What it has written stays written. One that has ended is left as it is."""

    def outcomes(self, job: BulkJob, state: JobState, keys: Mapping[str, str]) -> Iterator[list[Outcome]]:
        """One outcome per entry of `keys` once the job has ended, at most 1,000 at a time; ValueError before.

        `keys` are the account keys of what was uploaded, by record id, or by themselves where the job creates.
        What the job did not come to is deferred with code UNPROCESSED. When it breaks off with an error it may be
        called again with the keys that have no outcome yet.
        """


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of `turns`: calls were made during `used`, and no more will be."""

    turns: Turns
    used: Turns


class Pace(Protocol):
    """Where everybody who calls a CRM takes turns (D33). Errors: StoreError."""

    def take(self, name: str, window: Window, now: float, wanted: int, lasting: float, back: Returned | None) -> Turns:
        """The earliest turns for at most `wanted` calls to the CRM `name`, within `lasting` seconds.

        What comes `back` of earlier turns is free for others at once.
        """


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

    def fingerprints(
        self, recipes: Sequence[Recipe], keys: Sequence[str] | None = None
    ) -> Iterator[tuple[str, tuple[str, ...]]] | None:
        """Each account's fingerprints as the warehouse computes them, in the order of `records`; one per recipe.

        None where it cannot: then they are computed from the records. Raises as `records` does.
        """

    def counts(self, stages: Mapping[str, str], since: datetime, until: datetime) -> dict[str, int]:
        """Accounts per stage: `stages` maps a stage to its date column; counted where since <= date < until.

        A stage whose column is not declared is absent: not configured is not 0 (D45).
        """


class Ledger(Protocol):
    """What the story remembers between runs. Each writing method is one transaction. Errors: StoreError."""

    def known(self, mappings: Sequence[str], keys: Sequence[str] | None = None) -> Iterator[tuple[str, Known]]:
        """What plans compare accounts with, in bytewise key order; of every account decided, or of those of `keys`.

        One fingerprint for the decision, then one per mapping: None where nothing was settled, or a send is in flight.
        """

    def sighted(self, missing: Sequence[str], present: Sequence[str], at: datetime) -> None:
        """Remember since when accounts are missing from the warehouse, and forget it of those that are back (D22)."""

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

    def notice_schema(self, mapping: str, digest: str) -> None:
        """What a mapping's CRM fields look like now. When that is news, the mapping's refused records become due."""

    def has_rejects(self) -> bool:
        """Whether any record is refused, so that a changed schema could help it."""

    def wake(self, at: datetime) -> None:
        """Make the deferred records due whose time has come."""

    def pause_of(self, *systems: str) -> Pause | None:
        """The pause that stops one of these lanes or systems (D31)."""

    def changes(self, run_id: str) -> Mapping[str, Sequence[Change]]:
        """What a run wrote, by mapping; empty when it wrote nothing. ConfigError when there is no such run."""

    def edited(self, mapping: str, keys: Sequence[str] | None = None) -> list[str]:
        """The accounts, all or among `keys`, with a person's edit held in this mapping (D20)."""

    def holder(self, mapping: str, record_id: str) -> str | None:
        """The account a CRM record is remembered for."""

    def bind(self, system: str, identity: str, at: datetime) -> None:
        """Bind the store to an organisation at first contact; ConfigError when it is bound to another (D9)."""
