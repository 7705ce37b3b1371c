"""What the story remembers between runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from connector.model import (
    ACCOUNTS,
    BulkJob,
    Change,
    Decision,
    Intent,
    Known,
    LastAlert,
    Memory,
    NewFact,
    ObjectSpec,
    OpenJob,
    Pause,
    Sent,
    Settled,
)


class Ledger(Protocol):
    """What the story remembers between runs. Each writing method is one transaction. Errors: StoreError."""

    def known(
        self,
        mappings: Sequence[str],
        keys: Sequence[str] | None = None,
        *,
        decided: bool = True,
        source: str = ACCOUNTS,
    ) -> Iterator[tuple[str, Known]]:
        """What plans compare accounts with, in bytewise key order; of every account decided, or of those of `keys`.

        One fingerprint for the decision, then one per mapping: None where nothing was settled, or a send is in flight.
        Where nothing is `decided`: of every account that was ever sent by these mappings, fingerprints of those alone.
        So it is with every other `source`, whose keys are its own.
        """

    def sighted(self, source: str, missing: Sequence[str], present: Sequence[str], at: datetime) -> None:
        """Remember since when rows are missing from a source, and forget it of those that are back (D22)."""

    def mark(self, name: str) -> str | None:
        """How far plans are, by name: `mirror` is the stamp of the last one, `cursor` a date."""

    def set_mark(self, name: str, value: str) -> None:
        """Remember how far plans are."""

    def mirror_lags(self) -> bool:
        """Whether anything plans compare with has moved since the mirror was brought up."""

    def restamp(self, stamp: str) -> Iterator[list[str]]:
        """Mark the mirror's next stamp; the accounts touched until now, a page at a time. Later ones stay noted."""

    def mirrored(self, stamp: str) -> None:
        """Forget them: the mirror was brought up to them and carries the stamp."""

    def memories(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What we remember of these accounts in one mapping; unknown accounts are absent."""

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decision]:
        """The decision in force per account."""

    def holdings(self, people: Collection[str]) -> Mapping[str, int]:
        """How many accounts each of these people, by e-mail, got by the decisions in force (D14)."""

    def last_alerts(self, keys: Sequence[str]) -> Mapping[str, LastAlert]:
        """The newest alert per account; one that is wanted and was not raised yet counts as open."""

    def judged(self, since: datetime, until: datetime) -> Sequence[str]:
        """Accounts that somebody called no fit, or took that back, at since <= time < until (D42)."""

    def commit_decisions(
        self, run_id: str, decisions: Sequence[tuple[Decision, str]], outbox: Sequence[NewFact]
    ) -> None:
        """Decisions with their fingerprints, and what follows from them, together or not at all (D27).

        Remembers the score of an account where it is another than before (D35).
        """

    def intend(self, mapping: str, intents: Sequence[Intent]) -> None:
        """Remember what is about to be sent."""

    def begin_job(self, job: OpenJob) -> None:
        """Remember a bulk job before anything is uploaded to it."""

    def put_in_job(self, mapping: str, job_id: str, keys: Sequence[str]) -> None:
        """The records in flight that go with a job; at most 1,000."""

    def jobs(self) -> Sequence[OpenJob]:
        """Jobs whose outcomes are not all remembered."""

    def in_job(self, mapping: str, job: BulkJob) -> dict[str, str]:
        """Account keys of a job's records that are still in flight, by record id, or by themselves where it creates."""

    def sent(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Sent]:
        """What was meant for records of jobs; those no longer in flight are absent."""

    def end_job(self, job_id: str) -> None:
        """Forget a job: nothing more is to be heard from it."""

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

    def redefined(self, versions: Mapping[str, str]) -> bool:
        """Whether accounts were decided by other definitions when the last whole run finished (D13)."""

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

    def matched(self, mapping: str) -> tuple[int, int]:
        """How many accounts of a mapping have a CRM record, of how many that were ever looked for (A7)."""

    def edited(self, mapping: str, keys: Sequence[str] | None = None) -> list[str]:
        """The accounts, all or among `keys`, with a person's edit held in this mapping (D20)."""

    def holder(self, mapping: str, record_id: str) -> str | None:
        """The account a CRM record is remembered for."""

    def claimants(self, mappings: Sequence[str], record_ids: Sequence[str]) -> dict[str, set[str]]:
        """The accounts whose record each is, or might be, in any of these mappings, by record id; others are absent."""

    def bind(self, system: str, identity: str, at: datetime) -> None:
        """Bind the store to an organisation at first contact; ConfigError when it is bound to another (D9)."""
