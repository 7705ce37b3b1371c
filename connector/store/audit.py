"""What runs did to records: told as the way back from what is remembered of them now.

A row keeps what its fields held before. What they held after it is what the next row of the record found, and after
the newest what `memory` holds as written: so a first write of a whole record takes a few bytes (P14). Rows go from the
oldest on (`retention`), which leaves the way back whole.

`changes` is one of three: the packed fields before; a list of three packed objects, which are the fields before, what
was remembered as written where that was another value, and the fields after where that is not what is remembered now;
or, of the first release, {field: [before, after]}.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from connector.model import Canonical, Settled
from connector.store import compact, memory, tables
from connector.store.columns import as_number, as_seconds
from connector.store.memory import Fields, identical
from connector.store.shapes import Shapes
from connector.store.statements import IN_LIST, insert_raw, rows_in

_AUDIT = tables.audit
_COLUMNS = ("run", "at", "mapping", "account_key", "record_id", "outcome", "code", "message", "changes")
_NOTHING: Fields = {}

Change = tuple[Canonical, Canonical]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """What one run did to one record. `changes` holds (before, after) by field."""

    run_id: str
    at: datetime
    mapping: str
    account_key: str
    record_id: str | None
    outcome: str
    code: str | None
    message: str | None
    changes: Mapping[str, Change]


# --- writing ---------------------------------------------------------------------------------------


def append(
    conn: Connection,
    shapes: Shapes,
    mapping: str,
    run_id: str,
    at: datetime,
    rows: Sequence[Settled],
    before: Mapping[str, Fields],
) -> None:
    """Record what a run did to records, whose `written` was `before`. What changed nothing leaves no row (D35)."""
    stamp = (as_number(run_id), as_seconds(at), mapping)
    told = [(row.outcome, _step(row, before.get(row.outcome.key, _NOTHING), shapes)) for row in rows]
    values = [
        (*stamp, one.key, one.record_id, one.kind.value, one.code, one.message, compact.dumps(step))
        for one, step in told
        if step or one.code
    ]
    insert_raw(conn, _AUDIT, _COLUMNS, values)


def _step(row: Settled, was: Fields, shapes: Shapes) -> list[Any]:
    """The way back over one ending; [] where there is none to go."""
    if was is row.written and not row.changes:
        return []
    found = {name: before for name, (before, _) in row.changes.items()}
    # What was written before is evident where it is still written, or was found in its place.
    evident = {**row.written, **found}
    ours = {name: value for name, value in was.items() if _missing(name, value, evident)}
    after = {name: value for name, (_, value) in row.changes.items() if _missing(name, value, row.written)}
    if ours or after:
        return [shapes.listed(each) for each in (found, ours, after)]
    if not found:
        return []
    packed = shapes.listed(found)
    return [packed, [], []] if isinstance(packed, dict) else packed


def _missing(name: str, value: Canonical, fields: Fields) -> bool:
    return name not in fields or not identical(value, fields[name])


# --- reading ---------------------------------------------------------------------------------------


def of_account(conn: Connection, account_key: str, limit: int) -> list[AuditRow]:
    """What was done to an account's records, newest first."""
    query = select(_AUDIT).where(_AUDIT.c.account_key == account_key).order_by(_AUDIT.c.id.desc()).limit(limit)
    return [told for _, told in _walk(conn, conn.execute(query).all())]


def of_run(conn: Connection, run_id: str) -> list[AuditRow]:
    """What a run wrote, oldest first; rows that changed nothing are left out."""
    mine = _AUDIT.c.run == run_id
    first = conn.execute(select(func.min(_AUDIT.c.id)).where(mine)).scalar_one() or 0
    keys = list(conn.execute(select(_AUDIT.c.account_key).where(mine).distinct()).scalars())
    since = select(_AUDIT).where(_AUDIT.c.id >= first)
    found = []
    for start in range(0, len(keys), IN_LIST):
        rows = rows_in(conn, since, _AUDIT.c.account_key, keys[start : start + IN_LIST])
        back = sorted(rows, key=lambda row: row.id, reverse=True)
        found += [(number, told) for number, told in _walk(conn, back) if told.run_id == run_id and told.changes]
    return [told for _, told in sorted(found, key=lambda pair: pair[0])]


def _walk(conn: Connection, back: Sequence[Row[Any]]) -> Iterator[tuple[int, AuditRow]]:
    """Rows with their ids, in the order given: newest first, and with every later row of their accounts."""
    shapes = Shapes(conn)
    held = _held_now(conn, shapes, back)
    for row in back:
        place = (row.mapping, row.account_key)
        changes, held[place] = _stepped(compact.loads(row.changes), held.get(place, _NOTHING), shapes)
        yield (
            row.id,
            AuditRow(
                run_id=row.run,
                at=row.at,
                mapping=row.mapping,
                account_key=row.account_key,
                record_id=row.record_id,
                outcome=row.outcome,
                code=row.code,
                message=row.message,
                changes=changes,
            ),
        )


def _held_now(conn: Connection, shapes: Shapes, rows: Iterable[Row[Any]]) -> dict[tuple[str, str], Fields]:
    keys: dict[str, set[str]] = {}
    for row in rows:
        keys.setdefault(row.mapping, set()).add(row.account_key)
    return {
        (mapping, key): fields
        for mapping, some in keys.items()
        for key, fields in memory.written(conn, shapes, mapping, sorted(some)).items()
    }


def _stepped(stored: Any, held: Fields, shapes: Shapes) -> tuple[dict[str, Change], Fields]:
    """A row's changes, and what was written before it, from what was `held` after it."""
    if isinstance(stored, dict):
        return {name: (before, after) for name, (before, after) in stored.items()}, held
    found, ours, after = _told(stored, shapes)
    changes = {name: (before, after[name] if name in after else held.get(name)) for name, before in found.items()}
    return changes, {**held, **found, **ours}


def _told(stored: list[Any], shapes: Shapes) -> tuple[Fields, Fields, Fields]:
    if not stored:
        return _NOTHING, _NOTHING, _NOTHING
    if isinstance(stored[0], int):
        return shapes.named(stored), _NOTHING, _NOTHING
    found, ours, after = (shapes.named(each) if each else {} for each in stored)
    return found, ours, after
