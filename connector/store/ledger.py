"""The story's port to the store: each writing method is one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from connector.model import Decision, Intent, LastAlert, Memory, NewFact, ObjectSpec, Settled
from connector.store import Store, alerts, bindings, decisions, facts, memory, runs, tables

BASELINE_LANE, DONE = "full", "done"


@dataclass(frozen=True)
class SqlLedger:
    """Implements ports.Ledger. Raises StoreError."""

    store: Store

    def fingerprints(
        self, keys: Sequence[str], mappings: Sequence[str]
    ) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
        """Decide fingerprints, and wanted fingerprints by mapping."""
        with self.store.read() as conn:
            wanted = {mapping: memory.fingerprints(conn, mapping, keys) for mapping in mappings}
            return decisions.fingerprints(conn, keys), wanted

    def memories(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        """What is remembered of these accounts in one mapping."""
        with self.store.read() as conn:
            return memory.load(conn, mapping, keys)

    def decisions(self, keys: Sequence[str]) -> Mapping[str, Decision]:
        """The decision in force per account."""
        with self.store.read() as conn:
            return decisions.latest(conn, keys)

    def last_alerts(self, keys: Sequence[str]) -> Mapping[str, LastAlert]:
        """The newest alert per account."""
        with self.store.read() as conn:
            return alerts.last_raised(conn, keys)

    def commit_decisions(self, run_id: str, decided: Sequence[tuple[Decision, str]], outbox: Sequence[NewFact]) -> None:
        """Decisions and their outbox, together or not at all (D27)."""
        with self.store.write() as conn:
            decisions.append(conn, run_id, decided)
            facts.append(conn, run_id, outbox)

    def intend(self, mapping: str, intents: Sequence[Intent]) -> None:
        """Remember what is about to be sent."""
        with self.store.write() as conn:
            memory.intend(conn, mapping, intents)

    def settle(self, mapping: str, run_id: str, at: datetime, settled: Sequence[Settled]) -> None:
        """Memory and audit of one CRM response. What changed nothing leaves no audit row (D35)."""
        with self.store.write() as conn:
            memory.settle(conn, mapping, run_id, at, settled)
            runs.audit(conn, [_audited(mapping, run_id, at, row) for row in settled if row.changes or row.outcome.code])

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

    def schema(self, destination: str, object_name: str, stamp: str, not_before: datetime) -> ObjectSpec | None:
        """A remembered description."""
        with self.store.read() as conn:
            return bindings.schema(conn, destination, object_name, stamp, not_before)

    def remember_schema(self, destination: str, stamp: str, spec: ObjectSpec, at: datetime) -> None:
        """Remember a description."""
        with self.store.write() as conn:
            bindings.remember_schema(conn, destination, stamp, spec, at)

    def bind(self, system: str, identity: str, at: datetime) -> None:
        """Bind the store, or refuse (D9)."""
        with self.store.write() as conn:
            bindings.bind(conn, system, identity, at)


def _audited(mapping: str, run_id: str, at: datetime, row: Settled) -> runs.AuditRow:
    outcome = row.outcome
    return runs.AuditRow(
        run_id=run_id,
        at=at,
        mapping=mapping,
        account_key=outcome.key,
        record_id=outcome.record_id,
        outcome=str(outcome.kind),
        code=outcome.code,
        message=outcome.message,
        changes=row.changes,
    )
