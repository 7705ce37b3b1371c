"""Facts: what the connector tells the bot (D34). Appended with the decision, taken once the bot acted on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from connector.model import NewFact
from connector.store import tables
from connector.store.statements import insert_new, rows_in

_FACTS = tables.facts


@dataclass(frozen=True, slots=True)
class FactRow:
    """A stored fact."""

    id: int
    kind: str
    account_key: str
    at: datetime
    payload: Mapping[str, Any]


def append(conn: Connection, run_id: str, rows: Sequence[NewFact]) -> int:
    """Store the facts of a run that are new and return how many those were."""
    return insert_new(conn, _FACTS, ({**_values(fact), "run": run_id} for fact in rows))


def get(conn: Connection, fact_id: int) -> FactRow | None:
    """One fact, taken or not; None where it is no more."""
    columns = (_FACTS.c.id, _FACTS.c.kind, _FACTS.c.account_key, _FACTS.c.at, _FACTS.c.payload)
    row = conn.execute(select(*columns).where(_FACTS.c.id == fact_id)).one_or_none()
    return None if row is None else FactRow(*row)


def untaken(conn: Connection, limit: int) -> list[FactRow]:
    """The oldest facts nobody took, oldest first."""
    columns = (_FACTS.c.id, _FACTS.c.kind, _FACTS.c.account_key, _FACTS.c.at, _FACTS.c.payload)
    query = select(*columns).where(tables.IS_UNTAKEN).order_by(_FACTS.c.id).limit(limit)
    return [FactRow(*row) for row in conn.execute(query)]


def waiting(conn: Connection, kind: str, keys: Sequence[str]) -> list[FactRow]:
    """The facts of one kind about these accounts that nobody took yet, oldest first."""
    columns = (_FACTS.c.id, _FACTS.c.kind, _FACTS.c.account_key, _FACTS.c.at, _FACTS.c.payload)
    query = select(*columns).where(tables.IS_UNTAKEN, _FACTS.c.kind == kind).order_by(_FACTS.c.id)
    return [
        FactRow(row.id, row.kind, row.account_key, row.at, row.payload)
        for row in rows_in(conn, query, _FACTS.c.account_key, keys)
    ]


def take(conn: Connection, fact_id: int, at: datetime) -> bool:
    """Mark a fact as acted on, in the transaction that acts. False when another replica was first: do nothing then."""
    mine = update(_FACTS).where(_FACTS.c.id == fact_id, tables.IS_UNTAKEN).values(taken_at=at)
    return conn.execute(mine).rowcount == 1


def _values(fact: NewFact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "account_key": fact.account_key,
        "dedupe_key": fact.dedupe_key,
        "at": fact.at,
        "payload": dict(fact.payload),
    }
