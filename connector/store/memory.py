"""What we remember of each account in each mapping: wanted, written, intended, and how it ended (D19)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, or_, select, update

from connector.model import Canonical, Intent, Memory, OutcomeKind, Settled
from connector.store import jobs, tables
from connector.store.series import NO_TROUBLE, REFUSED, Series, lasting
from connector.store.shapes import Shapes
from connector.store.statements import rows_in, upsert

_MEMORY = tables.memory
_INTENTS = tables.intents
_IDENTITY = ("record_id", "matched_by")
_ENDING = (
    *("wanted_fp", "wanted", "written", "outcome", "code", "message", "advice", "candidates", "overruled"),
    *("since", "tries", "run", "settled_at"),
)


# --- reading ---------------------------------------------------------------------------------------


def fingerprints(conn: Connection, mapping: str, keys: Sequence[str]) -> dict[str, str]:
    """Each settled key's `wanted_fp`; others are absent, and so are those in flight: nobody knows what a CRM holds.

    Of those in flight a deferred one that waits for its time is there: with the value that was tried, it is not due.
    """
    in_flight = exists().where(
        _INTENTS.c.mapping == mapping,
        _INTENTS.c.account_key == _MEMORY.c.account_key,
        _INTENTS.c.not_before.is_(None),
    )
    query = select(_MEMORY.c.account_key, _MEMORY.c.wanted_fp).where(_MEMORY.c.mapping == mapping, ~in_flight)
    return {row.account_key: row.wanted_fp for row in rows_in(conn, query, _MEMORY.c.account_key, keys)}


def load(conn: Connection, mapping: str, keys: Sequence[str]) -> dict[str, Memory]:
    """Each known key's memory; keys never seen are absent. `intended` is there while a send is in flight."""
    query, shapes = select(_MEMORY).where(_MEMORY.c.mapping == mapping), Shapes(conn)
    settled = {row.account_key: _memory(row, shapes) for row in rows_in(conn, query, _MEMORY.c.account_key, keys)}
    intents = _intents(conn, mapping, keys)
    return settled | {key: _in_flight(settled.get(key, Memory(key)), intent) for key, intent in intents.items()}


def unsettled(conn: Connection, account_key: str) -> bool:
    """Whether any CRM record of the account waits for its fields: in flight, deferred or refused."""
    waiting = (OutcomeKind.DEFERRED.value, OutcomeKind.REJECTED.value, OutcomeKind.INVALID.value)
    refused = exists().where(_MEMORY.c.account_key == account_key, _MEMORY.c.outcome.in_(waiting))
    in_flight = exists().where(_INTENTS.c.account_key == account_key)
    return bool(conn.execute(select(or_(refused, in_flight))).scalar_one())


def _intents(conn: Connection, mapping: str, keys: Iterable[str]) -> dict[str, Intent]:
    found = rows_in(conn, select(_INTENTS).where(_INTENTS.c.mapping == mapping), _INTENTS.c.account_key, keys)
    return {
        row.account_key: Intent(row.account_key, row.record_id, row.matched_by, row.fields, row.written)
        for row in found
    }


def _in_flight(memory: Memory, intent: Intent) -> Memory:
    return replace(
        memory,
        record_id=intent.record_id or memory.record_id,
        matched_by=intent.matched_by or memory.matched_by,
        written=intent.written,
        intended=intent.fields,
    )


def _memory(row: Row[Any], shapes: Shapes) -> Memory:
    written = shapes.unpack(row.written)
    return Memory(
        key=row.account_key,
        record_id=row.record_id,
        matched_by=row.matched_by,
        wanted_fp=row.wanted_fp,
        wanted=written if row.wanted is None else shapes.unpack(row.wanted),
        written=written,
        outcome=row.outcome,
        code=row.code,
        message=row.message,
        overruled=row.overruled or {},
        tries=row.tries or 0,
        settled_at=row.settled_at,
    )


# --- writing ---------------------------------------------------------------------------------------


def intend(conn: Connection, mapping: str, rows: Sequence[Intent]) -> None:
    """Remember what is about to be sent. Commit before sending (D19); a crash then leaves `intended` to be seen."""
    intents = (
        {
            "mapping": mapping,
            "account_key": row.key,
            "record_id": row.record_id,
            "matched_by": row.matched_by,
            "fields": dict(row.fields),
            "written": dict(row.written),
            "not_before": None,
            "load": row.load and jobs.packed(row.load),
            "job": None,
        }
        for row in rows
    )
    upsert(conn, _INTENTS, intents, replaced=("fields", "written", "not_before", "load", "job"), kept=_IDENTITY)


def settle(conn: Connection, mapping: str, run_id: str, at: datetime, rows: Sequence[Settled]) -> None:
    """Remember how records ended and clear what was intended for them.

    A deferred record keeps its intent: the CRM may have accepted it without our hearing so. A record id or match once
    known outlives an outcome that does not name it.
    """
    shapes = Shapes(conn)
    intents = _intents(conn, mapping, (row.outcome.key for row in rows))
    stamp = {"mapping": mapping, "run": run_id, "settled_at": at}
    series = lasting(conn, mapping, at, [row.outcome for row in rows])
    settled = (
        {**stamp, **_ending(row, intents.get(row.outcome.key), series.get(row.outcome.key, NO_TROUBLE), shapes)}
        for row in rows
    )
    upsert(conn, _MEMORY, settled, replaced=_ENDING, kept=_IDENTITY)
    deferred = {row.outcome.key: row.not_before for row in rows if row.outcome.kind is OutcomeKind.DEFERRED}
    _forget_intents(conn, mapping, intents.keys() - deferred.keys())
    _postpone(conn, mapping, {key: later for key, later in deferred.items() if later})


def _ending(row: Settled, intent: Intent | None, series: Series, shapes: Shapes) -> dict[str, Any]:
    return {
        "account_key": row.outcome.key,
        "record_id": row.outcome.record_id or (intent and intent.record_id),
        "matched_by": row.matched_by or (intent and intent.matched_by),
        "wanted_fp": row.wanted_fp,
        "wanted": None if _identical(row.wanted, row.written) else shapes.pack(row.wanted),
        "written": shapes.pack(row.written),
        "outcome": row.outcome.kind.value,
        "code": row.outcome.code,
        "message": row.outcome.message,
        "advice": row.outcome.advice if row.outcome.kind in REFUSED else None,
        "candidates": list(row.outcome.candidates) or None,
        "overruled": dict(row.overruled) or None,
        "since": series.since,
        "tries": series.tries,
    }


def _identical(left: Mapping[str, Canonical], right: Mapping[str, Canonical]) -> bool:
    """Equal, types included: Python holds 1, 1.0 and True for equal, a CRM does not."""
    return left == right and all(type(value) is type(right[name]) for name, value in left.items())


def _postpone(conn: Connection, mapping: str, times: Mapping[str, datetime]) -> None:
    """Let the intents of deferred records wait for their time. A send in between makes them due again."""
    if times:
        one = _INTENTS.c.account_key == bindparam("postponed")
        later = update(_INTENTS).where(_INTENTS.c.mapping == mapping, one).values(not_before=bindparam("later"))
        conn.execute(later, [{"postponed": key, "later": at} for key, at in sorted(times.items())])


def _forget_intents(conn: Connection, mapping: str, keys: Iterable[str]) -> None:
    ended = [{"ended": key} for key in sorted(keys)]
    if ended:
        one = _INTENTS.c.account_key == bindparam("ended")
        conn.execute(delete(_INTENTS).where(_INTENTS.c.mapping == mapping, one), ended)
