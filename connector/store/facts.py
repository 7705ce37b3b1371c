"""Facts: what the connector tells the bot (D34). Appended with the decision, taken once the bot acted on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from connector.model import BASELINE, NewFact
from connector.store import tables
from connector.store.statements import insert_new, rows_in

_FACTS = tables.facts
IS_PLACE = _FACTS.c.dedupe_key.endswith(f":{BASELINE}")
"""Whether a fact is a place in a queue, which the key of its episode ends with (D13, D18)."""
COLUMNS = (_FACTS.c.id, _FACTS.c.kind, _FACTS.c.account_key, _FACTS.c.at, _FACTS.c.payload, _FACTS.c.run)


@dataclass(frozen=True, slots=True)
class FactRow:
    """A stored fact."""

    id: int
    kind: str
    account_key: str
    at: datetime
    payload: Mapping[str, Any]
    run: str = ""


def append(conn: Connection, run_id: str, rows: Sequence[NewFact]) -> int:
    """Store the facts of a run that are new and return how many those were."""
    return insert_new(conn, _FACTS, ({**_values(fact), "run": run_id} for fact in rows))


def get(conn: Connection, fact_id: int) -> FactRow | None:
    """One fact, taken or not; None where it is no more."""
    columns = (_FACTS.c.id, _FACTS.c.kind, _FACTS.c.account_key, _FACTS.c.at, _FACTS.c.payload)
    row = conn.execute(select(*columns).where(_FACTS.c.id == fact_id)).one_or_none()
    return None if row is None else FactRow(*row)


def untaken(conn: Connection, limit: int) -> list[FactRow]:
    """The oldest facts nobody took and no storm holds, oldest first."""
    query = select(*COLUMNS).where(tables.IS_UNTAKEN, _FACTS.c.storm.is_(None)).order_by(_FACTS.c.id).limit(limit)
    return [row_of(row) for row in conn.execute(query)]


def pressing(conn: Connection, most: int, places: int) -> list[FactRow]:
    """What to act on next, oldest first: up to `most` facts that are news, and only `places` of those that are not.

    A first sync leaves thousands of places in queues (D18), and nobody's news waits behind them. Of one account
    everything comes in its order.
    """
    free = select(*COLUMNS).where(tables.IS_UNTAKEN, _FACTS.c.storm.is_(None)).order_by(_FACTS.c.id)
    news = [row_of(row) for row in conn.execute(free.where(~IS_PLACE).limit(most))]
    before = rows_in(conn, free.where(IS_PLACE), _FACTS.c.account_key, sorted({fact.account_key for fact in news}))
    oldest = conn.execute(free.where(IS_PLACE).limit(places))
    found = {fact.id: fact for fact in (*news, *map(row_of, before), *map(row_of, oldest))}
    return [found[number] for number in sorted(found)]


def waiting(conn: Connection, kind: str, keys: Sequence[str]) -> list[FactRow]:
    """The facts of one kind about these accounts that nobody took yet, held ones too, oldest first."""
    query = select(*COLUMNS).where(tables.IS_UNTAKEN, _FACTS.c.kind == kind).order_by(_FACTS.c.id)
    return [row_of(row) for row in rows_in(conn, query, _FACTS.c.account_key, keys)]


def take(conn: Connection, fact_id: int, at: datetime, storm: int | None = None) -> bool:
    """Mark a fact as acted on, in the transaction that acts. False when another replica was first: do nothing then.

    `storm` is the one that holds it; one that any other holds is not taken.
    """
    mine = update(_FACTS).where(_FACTS.c.id == fact_id, tables.IS_UNTAKEN, _FACTS.c.storm.is_not_distinct_from(storm))
    return conn.execute(mine.values(taken_at=at)).rowcount == 1


def row_of(row: Sequence[Any]) -> FactRow:
    """A fact from its columns."""
    return FactRow(*row)


def _values(fact: NewFact) -> dict[str, Any]:
    return {
        "kind": fact.kind,
        "account_key": fact.account_key,
        "dedupe_key": fact.dedupe_key,
        "at": fact.at,
        "payload": dict(fact.payload),
    }
