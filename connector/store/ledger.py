"""The story's port to the store: each writing method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connector.errors import ConfigError
from connector.model import (
    ACCOUNTS,
    ALERT_WANTED,
    BulkJob,
    Change,
    Decision,
    Intent,
    Known,
    LastAlert,
    Load,
    Memory,
    NewFact,
    ObjectSpec,
    OpenJob,
    OutcomeKind,
    Pause,
    Sent,
    Settled,
)
from connector.store import (
    Store,
    alerts,
    audit,
    bindings,
    decisions,
    definitions,
    facts,
    holdings,
    jobs,
    knowing,
    memory,
    pauses,
    runs,
    tables,
    touching,
    troubles,
)
from connector.store.facts import FactRow

BASELINE_LANE, DONE = "full", "done"


@dataclass(frozen=True)
class SqlLedger:
    """Implements ports.Ledger. Raises StoreError."""

    store: Store

    def known(
        self,
        mappings: Sequence[str],
        keys: Sequence[str] | None = None,
        *,
        decided: bool = True,
        source: str = ACCOUNTS,
    ) -> Iterator[tuple[str, Known]]:
        """What plans compare accounts with, in key order."""
        asked = knowing.Asked(tuple(mappings), decided, source)
        return knowing.all_of(self.store, asked) if keys is None else knowing.some(self.store, asked, keys)

    def sighted(self, source: str, missing: Sequence[str], present: Sequence[str], at: datetime) -> None:
        """Who is missing from the warehouse since when (D22)."""
        with self.store.write() as conn:
            knowing.sighted(conn, source, missing, present, at)

    def mark(self, name: str) -> str | None:
        """How far plans are."""
        with self.store.read() as conn:
            return touching.mark(conn, name)

    def set_mark(self, name: str, value: str) -> None:
        """How far plans are now."""
        with self.store.write() as conn:
            touching.set_mark(conn, name, value)

    def mirror_lags(self) -> bool:
        """Whether accounts were touched since the mirror was brought up."""
        with self.store.read() as conn:
            return touching.any_touched(conn)

    def restamp(self, stamp: str) -> Iterator[list[str]]:
        """The accounts a mirror of this stamp must be brought up to."""
        with self.store.write() as conn:
            touching.restamp(conn, stamp)
        return touching.seen(self.store)

    def mirrored(self, stamp: str) -> None:
        """The mirror was brought up to them."""
        with self.store.write() as conn:
            touching.forget(conn, stamp)

    def memories(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What is remembered of these accounts in one mapping."""
        with self.store.read() as conn:
            return memory.load(conn, mapping, keys)

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decision]:
        """The decision in force per account."""
        with self.store.read() as conn:
            return decisions.latest(conn, keys)

    def holdings(self, people: Collection[str]) -> Mapping[str, int]:
        """How many accounts these people have."""
        return holdings.of(self.store, people)

    def last_alerts(self, keys: Sequence[str]) -> Mapping[str, LastAlert]:
        """The newest alert per account, raised or about to be."""
        with self.store.read() as conn:
            raised, wanted = alerts.last_raised(conn, keys), facts.waiting(conn, ALERT_WANTED, keys)
        for fact in wanted:
            raised[fact.account_key] = _about_to_be(fact, raised.get(fact.account_key))
        return raised

    def judged(self, since: datetime, until: datetime) -> Sequence[str]:
        """Accounts that somebody called no fit, or took that back."""
        with self.store.read() as conn:
            return alerts.judged(conn, since, until)

    def commit_decisions(self, run_id: str, decided: Sequence[tuple[Decision, str]], outbox: Sequence[NewFact]) -> None:
        """Decisions, the scores they were made by, and their outbox, together or not at all (D27)."""
        with self.store.write() as conn:
            decisions.append(conn, run_id, decided)
            facts.append(conn, run_id, outbox)

    def intend(self, mapping: str, intents: Sequence[Intent]) -> None:
        """Remember what is about to be sent."""
        with self.store.write() as conn:
            memory.intend(conn, mapping, intents)

    def begin_job(self, job: OpenJob) -> None:
        """Remember a bulk job."""
        with self.store.write() as conn:
            jobs.begin(conn, job)

    def put_in_job(self, mapping: str, job_id: str, keys: Sequence[str]) -> None:
        """The records that go with a job."""
        with self.store.write() as conn:
            jobs.put(conn, mapping, job_id, keys)

    def jobs(self) -> Sequence[OpenJob]:
        """Jobs whose outcomes are not all remembered."""
        with self.store.read() as conn:
            return jobs.under_way(conn)

    def in_job(self, mapping: str, job: BulkJob) -> dict[str, str]:
        """A job's records in flight."""
        with self.store.read() as conn:
            return jobs.records(conn, mapping, job)

    def sent(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Sent]:
        """What was meant for records of jobs."""
        with self.store.read() as conn:
            loads, memories = jobs.loads(conn, mapping, keys), memory.load(conn, mapping, keys)
        return {key: _sent(memories[key], load) for key, load in loads.items()}

    def end_job(self, job_id: str) -> None:
        """Forget a job."""
        with self.store.write() as conn:
            jobs.end(conn, job_id)

    def settle(self, mapping: str, run_id: str, at: datetime, settled: Sequence[Settled]) -> None:
        """Memory and audit of one CRM response. What changed nothing leaves no audit row (D35)."""
        with self.store.write() as conn:
            before, shapes = memory.settle(conn, mapping, run_id, at, settled)
            audit.append(conn, shapes, mapping, run_id, at, settled, before)

    def start_run(self, lane: str, at: datetime) -> str:
        """A new run's id."""
        with self.store.write() as conn:
            return runs.start(conn, lane, at)

    def finish_run(
        self, run_id: str, state: str, at: datetime, counts: Mapping[str, object], error: str | None
    ) -> None:
        """How the run ended."""
        with self.store.write() as conn:
            runs.finish(conn, run_id, state, at, counts, error)

    def baseline_done(self) -> bool:
        """Whether a whole run ever finished (D18)."""
        finished = (tables.runs.c.lane == BASELINE_LANE) & (tables.runs.c.state == DONE)
        with self.store.read() as conn:
            return conn.execute(select(tables.runs.c.id).where(finished).limit(1)).first() is not None

    def redefined(self, versions: Mapping[str, str]) -> bool:
        """Whether the last whole run was by other definitions (D13)."""
        with self.store.read() as conn:
            return definitions.redefined(conn, versions)

    def schema(self, destination: str, object_name: str, stamp: str, not_before: datetime) -> ObjectSpec | None:
        """A remembered description."""
        with self.store.read() as conn:
            return bindings.schema(conn, destination, object_name, stamp, not_before)

    def remember_schema(self, destination: str, stamp: str, spec: ObjectSpec, at: datetime) -> None:
        """Remember a description."""
        with self.store.write() as conn:
            bindings.remember_schema(conn, destination, stamp, spec, at)

    def notice_schema(self, mapping: str, digest: str) -> None:
        """Make a mapping's refused records due when its fields look different from last time."""
        with self.store.read() as conn:
            if bindings.mapped_schema(conn, mapping) == digest:
                return
        with self.store.write() as conn:
            bindings.remember_mapped_schema(conn, mapping, digest)
            troubles.retry_rejects(conn, mapping)

    def has_rejects(self) -> bool:
        """Whether any record is refused."""
        with self.store.read() as conn:
            return troubles.any_rejects(conn)

    def wake(self, at: datetime) -> None:
        """Make the deferred records due whose time has come."""
        with self.store.write() as conn:
            troubles.wake(conn, at)

    def pause_of(self, *systems: str) -> Pause | None:
        """The pause that stops one of these."""
        with self.store.read() as conn:
            return pauses.pause_of(conn, *systems)

    def changes(self, run_id: str) -> Mapping[str, Sequence[Change]]:
        """What a run wrote, by mapping."""
        with self.store.read() as conn:
            if runs.get(conn, run_id) is None:
                raise ConfigError([f'there is no run "{run_id}" in this store; `plsync runs` lists them'])
            found: dict[str, list[Change]] = {}
            for row in audit.of_run(conn, run_id):
                created = row.outcome == OutcomeKind.CREATED.value
                change = Change(row.account_key, row.record_id or "", created, row.changes)
                found.setdefault(row.mapping, []).append(change)
            return found

    def matched(self, mapping: str) -> tuple[int, int]:
        """Accounts with a record, of all."""
        with self.store.read() as conn:
            return memory.matched(conn, mapping)

    def edited(self, mapping: str, keys: Sequence[str] | None = None) -> list[str]:
        """Accounts with a held edit."""
        with self.store.read() as conn:
            return troubles.edited(conn, mapping, keys)

    def holder(self, mapping: str, record_id: str) -> str | None:
        """The account a CRM record is remembered for."""
        with self.store.read() as conn:
            return troubles.holder(conn, mapping, record_id)

    def claimants(self, mappings: Sequence[str], record_ids: Sequence[str]) -> dict[str, set[str]]:
        """The accounts whose record each is, or might be."""
        with self.store.read() as conn:
            return memory.claimants(conn, mappings, record_ids)

    def bind(self, system: str, identity: str, at: datetime) -> None:
        """Bind the store, or refuse (D9)."""
        with self.store.write() as conn:
            bindings.bind(conn, system, identity, at)


def _about_to_be(fact: FactRow, before: LastAlert | None) -> LastAlert:
    """The alert a fact will open once the bot takes it."""
    told = fact.payload
    return alerts.last_alert(told["kind"], told["episode"], alerts.OPEN, fact.at, told, before)


def _sent(remembered: Memory, load: Load) -> Sent:
    """A record in flight remembers what was intended, and the base it was merged on."""
    return Sent(remembered, remembered.intended or {}, remembered.written, remembered.matched_by, load)
