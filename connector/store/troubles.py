"""Records that are not as the warehouse wants them: refused, held, or waiting for their time; and trying them again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, update

from connector.model import OutcomeKind
from connector.store import tables, touching
from connector.store.statements import IN_LIST, rows_in

EDITED = "EDITED"

_MEMORY = tables.memory
_INTENTS = tables.intents


@dataclass(frozen=True, slots=True)
class Trouble:
    """One record in trouble. `since` is its first of `tries` in a row, `at` its last."""

    mapping: str
    account: str
    record_id: str | None
    outcome: str
    code: str | None
    message: str | None
    advice: str | None
    candidates: tuple[str, ...]
    since: datetime | None
    tries: int
    at: datetime
    run: str


def rejects(conn: Connection) -> list[Trouble]:
    """Records a CRM refused and those we could not express, by mapping and key."""
    return _listed(conn, tables.IS_REJECT)


def held(conn: Connection) -> list[Trouble]:
    """Records that were left alone because a person must look, and those with an edit beside what was written."""
    return _listed(conn, or_(_MEMORY.c.outcome == OutcomeKind.HELD.value, _MEMORY.c.code == EDITED))


def holder(conn: Connection, mapping: str, record_id: str) -> str | None:
    """The account a CRM record is remembered for."""
    query = select(_MEMORY.c.account_key).where(_MEMORY.c.mapping == mapping, _MEMORY.c.record_id == record_id)
    return conn.execute(query.limit(1)).scalar_one_or_none()


def edited(conn: Connection, mapping: str, keys: Sequence[str] | None) -> list[str]:
    """Accounts, all or among `keys`, with an edit held in a mapping, by key."""
    query = select(_MEMORY.c.account_key).where(_MEMORY.c.mapping == mapping, _MEMORY.c.code == EDITED)
    rows = conn.execute(query) if keys is None else rows_in(conn, query, _MEMORY.c.account_key, keys)
    return sorted(row.account_key for row in rows)


def any_rejects(conn: Connection) -> bool:
    """Whether any record is refused."""
    return conn.execute(select(_MEMORY.c.mapping).where(tables.IS_REJECT).limit(1)).first() is not None


def retry_rejects(conn: Connection, mapping: str) -> None:
    """Make a mapping's refused records due."""
    due = update(_MEMORY).where(_MEMORY.c.mapping == mapping, tables.IS_REJECT).values(wanted_fp="")
    if conn.execute(due).rowcount:
        touching.look_back(conn)


def retry_all(conn: Connection, mappings: Sequence[str]) -> int:
    """Make every refused record due, and every deferred one that waits for its time; returns how many."""
    known = _MEMORY.c.mapping.in_(mappings)
    waiting = update(_INTENTS).where(_INTENTS.c.mapping.in_(mappings), _INTENTS.c.not_before.is_not(None))
    refused = update(_MEMORY).where(known, tables.IS_REJECT).values(wanted_fp="")
    touching.look_back(conn)
    return conn.execute(refused).rowcount + conn.execute(waiting.values(not_before=None)).rowcount


def retry(conn: Connection, keys: Sequence[str]) -> set[str]:
    """Make the accounts' records in trouble due, whatever the trouble; returns the accounts that have one."""
    found: set[str] = set()
    touching.look_back(conn)
    for start in range(0, len(keys), IN_LIST):
        some = keys[start : start + IN_LIST]
        troubled = update(_MEMORY).where(_MEMORY.c.account_key.in_(some), _MEMORY.c.code.is_not(None))
        due = conn.execute(troubled.values(wanted_fp="").returning(_MEMORY.c.account_key))
        found |= set(due.scalars())
        conn.execute(update(_INTENTS).where(_INTENTS.c.account_key.in_(some)).values(not_before=None))
    return found


def wake(conn: Connection, at: datetime) -> None:
    """Make the deferred records due whose time has come."""
    if conn.execute(update(_INTENTS).where(_INTENTS.c.not_before <= at).values(not_before=None)).rowcount:
        touching.look_back(conn)


def _listed(conn: Connection, condition: ColumnElement[bool] | Any) -> list[Trouble]:
    query = select(_MEMORY).where(condition).order_by(_MEMORY.c.mapping, _MEMORY.c.account_key)
    return [
        Trouble(
            mapping=row.mapping,
            account=row.account_key,
            record_id=row.record_id,
            outcome=row.outcome,
            code=row.code,
            message=row.message,
            advice=row.advice,
            candidates=tuple(row.candidates or ()),
            since=row.since,
            tries=row.tries or 0,
            at=row.settled_at,
            run=row.run,
        )
        for row in conn.execute(query)
    ]
