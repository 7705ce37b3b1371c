"""What we remember of each account in each mapping: wanted, written, intended, and how it ended (D19)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, or_, select, update

from connector.model import Canonical, Intent, Memory, OutcomeKind, Settled
from connector.store import compact, jobs, tables, touching
from connector.store.columns import as_json, as_number, as_seconds
from connector.store.series import REFUSED, Before, Series, lasting
from connector.store.shapes import Shapes
from connector.store.statements import Raw, rows_in, rows_raw, run_raw, upsert_raw

Fields = Mapping[str, Canonical]

_MEMORY = tables.memory
_INTENTS = tables.intents
_KEY = ("account_key", "mapping")
_IDENTITY = ("record_id", "matched_by")
_INTENDED = ("fields", "written", "not_before", "load", "job")
_ENDING = (
    *("wanted_fp", "wanted", "written", "outcome", "code", "message", "advice", "candidates", "overruled"),
    *("since", "tries", "run", "settled_at"),
)
_STATE = ("wanted_fp", "wanted", "written", "outcome", "code", "message", "overruled", "tries", "settled_at")
_REMEMBERED = select(*(_MEMORY.c[name] for name in ("account_key", *_IDENTITY, *_STATE)))
_REMEMBERED = _REMEMBERED.where(_MEMORY.c.mapping == bindparam("of"))
_FLYING = select(*(_INTENTS.c[name] for name in ("account_key", *_IDENTITY, "fields", "written")))
_FLYING = _FLYING.where(_INTENTS.c.mapping == bindparam("of"))
_BEFORE = select(*(_MEMORY.c[name] for name in Before._fields)).where(_MEMORY.c.mapping == bindparam("of"))
_UNNAMED = (None, None)
_END = delete(_INTENTS).where(_INTENTS.c.account_key == bindparam("ended"), _INTENTS.c.mapping == bindparam("of"))


# --- reading ---------------------------------------------------------------------------------------


def load(conn: Connection, mapping: str, keys: Sequence[str]) -> dict[str, Memory]:
    """Each known key's memory; keys never seen are absent. `intended` is there while a send is in flight."""
    shapes = Shapes(conn)
    rows = rows_raw(conn, _REMEMBERED, _MEMORY.c.account_key, keys, of=mapping)
    settled = {row[0]: _memory(row, shapes) for row in rows}
    for row in rows_raw(conn, _FLYING, _INTENTS.c.account_key, keys, of=mapping):
        settled[row[0]] = _in_flight(settled.get(row[0], Memory(row[0])), row)
    return settled


def claimants(conn: Connection, mappings: Sequence[str], record_ids: Sequence[str]) -> dict[str, set[str]]:
    """The accounts whose record each is, or might be, by record id; others are absent.

    There is no index on record ids: a look through all of memory.
    """
    ours = _MEMORY.c.mapping.in_(mappings)
    held = select(_MEMORY.c.record_id, _MEMORY.c.account_key).where(ours)
    found: dict[str, set[str]] = {}
    for row in rows_in(conn, held, _MEMORY.c.record_id, record_ids):
        found.setdefault(row.record_id, set()).add(row.account_key)
    doubtful = select(_MEMORY.c.candidates, _MEMORY.c.account_key).where(ours, _MEMORY.c.candidates.is_not(None))
    asked = {*record_ids}
    for candidates, key in conn.execute(doubtful):
        for record_id in asked.intersection(candidates):
            found.setdefault(record_id, set()).add(key)
    return found


def matched(conn: Connection, mapping: str) -> tuple[int, int]:
    """Accounts of a mapping with a CRM record, of all that were ever settled."""
    counted = select(func.count(_MEMORY.c.record_id), func.count()).where(_MEMORY.c.mapping == mapping)
    with_record, known = conn.execute(counted).one()
    return with_record, known


def records_of(conn: Connection, account_key: str) -> dict[str, str]:
    """The CRM record of an account in each mapping that has one."""
    query = select(_MEMORY.c.mapping, _MEMORY.c.record_id).where(_MEMORY.c.account_key == account_key)
    return {row.mapping: row.record_id for row in conn.execute(query.where(_MEMORY.c.record_id.is_not(None)))}


def unsettled(conn: Connection, account_key: str) -> bool:
    """Whether any CRM record of the account waits for its fields: in flight, deferred or refused."""
    waiting = (OutcomeKind.DEFERRED.value, OutcomeKind.REJECTED.value, OutcomeKind.INVALID.value)
    refused = exists().where(_MEMORY.c.account_key == account_key, _MEMORY.c.outcome.in_(waiting))
    in_flight = exists().where(_INTENTS.c.account_key == account_key)
    return bool(conn.execute(select(or_(refused, in_flight))).scalar_one())


def written(conn: Connection, shapes: Shapes, mapping: str, keys: Iterable[str]) -> dict[str, Fields]:
    """Each known key's `written`."""
    query = select(_MEMORY.c.account_key, _MEMORY.c.written).where(_MEMORY.c.mapping == mapping)
    return {row.account_key: shapes.unpack(row.written) for row in rows_in(conn, query, _MEMORY.c.account_key, keys)}


def _in_flight(memory: Memory, row: Row[Any]) -> Memory:
    _, record_id, matched_by, fields, base = tuple(row)
    return replace(
        memory,
        record_id=record_id or memory.record_id,
        matched_by=matched_by or memory.matched_by,
        written=json.loads(base),
        intended=json.loads(fields),
    )


def _memory(row: Row[Any], shapes: Shapes) -> Memory:
    key, record_id, matched_by, wanted_fp, wanted, stored, outcome, code, message, overruled, tries, at = tuple(row)
    fields = shapes.unpack(stored)
    return Memory(
        key=key,
        record_id=record_id,
        matched_by=matched_by,
        wanted_fp=wanted_fp,
        wanted=fields if wanted is None else _wanted(wanted, fields, shapes),
        written=fields,
        outcome=outcome,
        code=code,
        message=message,
        overruled=json.loads(overruled) if overruled else {},
        tries=tries or 0,
        settled_at=None if at is None else datetime.fromtimestamp(at, UTC),
    )


def _wanted(stored: bytes, fields: Fields, shapes: Shapes) -> Fields:
    """Packed whole, or with the number of its shape below zero what it has that `written` has not."""
    packed = compact.loads(stored)
    if isinstance(packed, list) and packed[0] < 0:
        return {**fields, **shapes.named([-packed[0], *packed[1:]])}
    return shapes.named(packed)


# --- writing ---------------------------------------------------------------------------------------


def intend(conn: Connection, mapping: str, rows: Sequence[Intent]) -> None:
    """Remember what is about to be sent. Commit before sending (D19); a crash then leaves `intended` to be seen."""
    intents = (
        (
            *(row.key, mapping, row.record_id, row.matched_by, _text(dict(row.fields)), _text(dict(row.written))),
            *(None, row.load and _text(jobs.packed(row.load)), None),
        )
        for row in rows
    )
    upsert_raw(conn, _INTENTS, (*_KEY, *_IDENTITY, *_INTENDED), intents, replaced=_INTENDED, kept=_IDENTITY)


def settle(
    conn: Connection, mapping: str, run_id: str, at: datetime, rows: Sequence[Settled]
) -> tuple[dict[str, Fields], Shapes]:
    """Remember how records ended and clear what was intended for them.

    Returns what was `written` before, where known, and the shapes as this transaction knows them now.

    A deferred record keeps its intent: the CRM may have accepted it without our hearing so. A record id or match once
    known outlives an outcome that does not name it.
    """
    shapes = Shapes(conn)
    keys = [row.outcome.key for row in rows]
    before = {row[0]: Before(*tuple(row)) for row in rows_raw(conn, _BEFORE, _MEMORY.c.account_key, keys, of=mapping)}
    unnamed = [row.outcome.key for row in rows if not (row.outcome.record_id and row.matched_by)]
    named = {row[0]: row[1:3] for row in rows_raw(conn, _FLYING, _INTENTS.c.account_key, unnamed, of=mapping)}
    stamp = (as_number(run_id), as_seconds(at))
    settled = [
        (
            *_ending(mapping, row, named.get(row.outcome.key, _UNNAMED), shapes),
            *_counted(lasting(before.get(row.outcome.key), row.outcome, at)),
            *stamp,
        )
        for row in rows
    ]
    upsert_raw(conn, _MEMORY, (*_KEY, *_IDENTITY, *_ENDING), settled, replaced=_ENDING, kept=_IDENTITY)
    deferred = {row.outcome.key: row.not_before for row in rows if row.outcome.kind is OutcomeKind.DEFERRED}
    if any(not row.wanted_fp and row.outcome.key not in deferred for row in rows):
        touching.look_back(conn)  # due by a person's word, not by its row
    run_raw(conn, _END, ("ended", "of"), [(key, mapping) for key in sorted(keys) if key not in deferred])
    _postpone(conn, mapping, {key: later for key, later in deferred.items() if later})
    return _written_before(before, settled, rows, shapes), shapes


def _ending(mapping: str, row: Settled, intended: Raw, shapes: Shapes) -> Raw:
    outcome = row.outcome
    return (
        outcome.key,
        mapping,
        outcome.record_id or intended[0],
        row.matched_by or intended[1],
        row.wanted_fp,
        _beside(row.wanted, row.written, shapes),
        shapes.pack(row.written),
        outcome.kind.value,
        outcome.code,
        outcome.message,
        outcome.advice if outcome.kind in REFUSED else None,
        _text(outcome.candidates) if outcome.candidates else None,
        _text(dict(row.overruled)) if row.overruled else None,
    )


def _counted(series: Series) -> Raw:
    return (series.since and as_seconds(series.since), series.tries)


def _text(value: dict[str, Canonical] | tuple[str, ...]) -> str:
    return as_json(value).decode()


def _beside(wanted: Fields, fields: Fields, shapes: Shapes) -> bytes | None:
    """What to store of `wanted` beside `written`: as `_wanted` reads it. None when they are the same."""
    if not fields.keys() <= wanted.keys():
        return shapes.pack(wanted)
    other = {name: value for name, value in wanted.items() if name not in fields or not identical(value, fields[name])}
    if not other:
        return None
    packed = shapes.listed(other)
    return shapes.pack(wanted) if isinstance(packed, dict) else compact.dumps([-packed[0], *packed[1:]])


def identical(left: Canonical, right: Canonical) -> bool:
    """Equal, type included: Python holds 1, 1.0 and True for equal, a CRM does not."""
    return left == right and type(left) is type(right)


def _written_before(
    before: Mapping[str, Before], settled: Sequence[Raw], rows: Sequence[Settled], shapes: Shapes
) -> dict[str, Fields]:
    """Most often it is what is written now, in the same bytes: then nothing needs to be unpacked."""
    at = _ENDING.index("written") + len(_KEY) + len(_IDENTITY)
    return {
        row.outcome.key: row.written if old.written == new[at] else shapes.unpack(old.written)
        for row, new in zip(rows, settled, strict=True)
        if (old := before.get(row.outcome.key))
    }


def _postpone(conn: Connection, mapping: str, times: Mapping[str, datetime]) -> None:
    """Let the intents of deferred records wait for their time. A send in between makes them due again."""
    if times:
        one = _INTENTS.c.account_key == bindparam("postponed")
        later = update(_INTENTS).where(_INTENTS.c.mapping == mapping, one).values(not_before=bindparam("later"))
        conn.execute(later, [{"postponed": key, "later": at} for key, at in sorted(times.items())])
