"""Pauses: brakes a person puts on, obeyed within one chunk by every process of the store (D31)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connector.model import Pause
from connector.store import tables
from connector.store.statements import insert_new

EVERYTHING = "everything"

_PAUSES = tables.pauses


def pause(conn: Connection, system: str, at: datetime, by: str) -> bool:
    """Pause a lane, a CRM, Slack or EVERYTHING. False when it was paused already: the older word stands."""
    return insert_new(conn, _PAUSES, [{"system": system, "since": at, "by": by}]) == 1


def resume(conn: Connection, systems: Collection[str]) -> set[str]:
    """Let go on; returns which of `systems` were paused."""
    released = delete(_PAUSES).where(_PAUSES.c.system.in_(list(systems))).returning(_PAUSES.c.system)
    return set(conn.execute(released).scalars())


def paused(conn: Connection) -> dict[str, Pause]:
    """Every pause by what it stops."""
    found = conn.execute(select(_PAUSES).order_by(_PAUSES.c.system))
    return {row.system: Pause(row.system, row.since, row.by) for row in found}


def pause_of(conn: Connection, *systems: str) -> Pause | None:
    """The pause that stops one of `systems`, by its own name or with everything."""
    found = paused(conn)
    return next((found[name] for name in (EVERYTHING, *systems) if name in found), None)
