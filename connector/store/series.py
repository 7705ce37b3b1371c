"""How long a record has been in the same trouble, and how often it was tried: counted while it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select

from connector.model import Outcome, OutcomeKind
from connector.store import tables
from connector.store.statements import rows_in

REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.INVALID})

_MEMORY = tables.memory
_BEFORE = (_MEMORY.c.account_key, _MEMORY.c.outcome, _MEMORY.c.code, _MEMORY.c.since, _MEMORY.c.tries)


@dataclass(frozen=True, slots=True)
class Series:
    """Since when, and how often in a row. Both None where there is no trouble."""

    since: datetime | None = None
    tries: int | None = None


NO_TROUBLE = Series()


def lasting(conn: Connection, mapping: str, at: datetime, outcomes: Sequence[Outcome]) -> dict[str, Series]:
    """The series each outcome with a code belongs to: that of the ending before it when it is the same trouble."""
    coded = {outcome.key: outcome for outcome in outcomes if outcome.code}
    query = select(*_BEFORE).where(_MEMORY.c.mapping == mapping)
    before = {row.account_key: row for row in rows_in(conn, query, _MEMORY.c.account_key, coded)}
    return {key: _next(before.get(key), outcome, at) for key, outcome in coded.items()}


def _next(before: Row[tuple[object, ...]] | None, outcome: Outcome, at: datetime) -> Series:
    if before is None or before.since is None or not _same(before, outcome):
        return Series(at, 1)
    return Series(before.since, before.tries + 1)


def _same(before: Row[tuple[object, ...]], outcome: Outcome) -> bool:
    """Refused twice is one trouble whatever the words; an edit is one whether or not its neighbours were written."""
    return bool(before.code == outcome.code or (before.outcome in REFUSED and outcome.kind in REFUSED))
