"""A CRM we write to (D29), and the further ways some of them take writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.model import Allowance, Author, BulkJob, By, JobState, Live, ObjectSpec, Outcome, Window, Write


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many records one call of a method takes, by purpose.

    `guarded` is for `GuardedWrites`, `blind` for `BlindWrites`; 0 where the CRM has no such way. `job` is how many
    records a job of `BulkLoads` must have to be worth its calls. `changed` records come in one answer of
    `CrmFacts.changed`; fewer are the last ones.
    """

    by_id: int
    by_key: int
    by_domain: int
    send: int
    facts: int
    authors: int = 50
    guarded: int = 0
    blind: int = 0
    job: int = 2_000
    changed: int = 200

    def lookup(self, by: By) -> int:
        """Records per look-up call."""
        return {By.ID: self.by_id, By.KEY: self.by_key}.get(by, self.by_domain)


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

        Domains and names compare whatever their case.
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
        """Whether the author is this connection, or an integration declared to be no person (D20).

        False when the CRM gives no way to tell.
        """

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
        """How far a job has come. Raises BatchRejectedError, code NOT_FOUND, for one the CRM no longer knows."""

    def abort(self, job: BulkJob) -> None:
        """Stop a job. What it has written stays written. One that has ended is left as it is."""

    def outcomes(self, job: BulkJob, state: JobState, keys: Mapping[str, str]) -> Iterator[list[Outcome]]:
        """One outcome per entry of `keys` once the job has ended, at most 1,000 at a time; ValueError before.

        `keys` are the account keys of what was uploaded, by record id, or by themselves where the job creates.
        What the job did not come to is deferred with code UNPROCESSED. When it breaks off with an error it may be
        called again with the keys that have no outcome yet.
        """
