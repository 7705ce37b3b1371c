"""Rungs: what an alert's clock says is due when. Each fires once, however many replicas look (slack E20).

The rows follow their alert as its messages do: `planned_version` is the version they were made for, and nothing fires
while the alert is ahead of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, or_, select, update

from connector.store import tables
from connector.store.statements import insert_into

_ALERTS, _RUNGS = tables.alerts, tables.rungs


@dataclass(frozen=True, slots=True)
class RungRow:
    """One rung of one alert."""

    alert_id: int
    rung: str
    due_at: datetime
    fired_at: datetime | None


def unplanned(conn: Connection, limit: int) -> list[int]:
    """Alerts that moved since their rungs were planned, or whose rungs never were; at most so many.

    In no order: SQLite would look through all alerts there ever were to give them in one.
    """
    moved = (tables.IS_TIMED, _ALERTS.c.version > _ALERTS.c.planned_version)
    return list(conn.execute(select(_ALERTS.c.id).where(*moved).limit(limit)).scalars())


def timed(conn: Connection) -> list[int]:
    """Alerts whose clock runs, in no order."""
    return list(conn.execute(select(_ALERTS.c.id).where(tables.IS_TIMED)).scalars())


def plan(conn: Connection, alert_id: int, due: Mapping[str, datetime], due_at: datetime | None) -> None:
    """Put the rungs that are still to fire in the place of those that were; the alert is locked by the caller.

    Those that have fired stay as they are. An alert whose promise moved shows it: its messages are behind.
    """
    waiting = (_RUNGS.c.alert_id == alert_id, tables.IS_UNFIRED)
    conn.execute(delete(_RUNGS).where(*waiting))
    rows = [{"alert_id": alert_id, "rung": rung, "due_at": at} for rung, at in due.items()]
    if rows:
        conn.execute(insert_into(conn, _RUNGS).on_conflict_do_nothing(), rows)
    mine = _ALERTS.c.id == alert_id
    shown = or_(_ALERTS.c.planned_version > 0, _ALERTS.c.version > 1)  # not in the tick that raised it
    moved = update(_ALERTS).where(mine, shown, _ALERTS.c.due_at.is_distinct_from(due_at))
    conn.execute(moved.values(version=_ALERTS.c.version + 1))
    conn.execute(update(_ALERTS).where(mine).values(due_at=due_at, planned_version=_ALERTS.c.version))


def stop(conn: Connection, alert_id: int) -> None:
    """No clock runs for the alert: nothing is due any more, and nobody looks again."""
    conn.execute(delete(_RUNGS).where(_RUNGS.c.alert_id == alert_id, tables.IS_UNFIRED))
    conn.execute(update(_ALERTS).where(_ALERTS.c.id == alert_id).values(due_at=None, planned_version=None))


def due(conn: Connection, now: datetime, limit: int) -> list[int]:
    """Alerts with a rung that is due and did not fire, longest due first."""
    query = select(_RUNGS.c.alert_id).where(tables.IS_UNFIRED, _RUNGS.c.due_at <= now).order_by(_RUNGS.c.due_at)
    return list(dict.fromkeys(conn.execute(query.limit(limit)).scalars()))


def fire(conn: Connection, alert_id: int, rung: str, now: datetime) -> bool:
    """Mark a rung as fired, in the transaction that acts. False when another replica was first, or it is not due."""
    mine = (_RUNGS.c.alert_id == alert_id, _RUNGS.c.rung == rung, tables.IS_UNFIRED, _RUNGS.c.due_at <= now)
    return conn.execute(update(_RUNGS).where(*mine).values(fired_at=now)).rowcount == 1


def of_alert(conn: Connection, alert_id: int) -> list[RungRow]:
    """An alert's rungs, fired or not, by when they are due."""
    return _listed(conn, _RUNGS.c.alert_id == alert_id)


def overdue(conn: Connection, before: datetime) -> list[RungRow]:
    """Rungs that were due before a moment and did not fire."""
    return _listed(conn, tables.IS_UNFIRED, _RUNGS.c.due_at < before)


def fired_late(conn: Connection, since: datetime, late: timedelta) -> list[RungRow]:
    """Rungs that fired since a moment, and so much later than they were due."""
    fired = _listed(conn, _RUNGS.c.fired_at >= since)
    return [row for row in fired if row.fired_at and row.fired_at - row.due_at > late]


def _listed(conn: Connection, *conditions: ColumnElement[bool] | Any) -> list[RungRow]:
    query = select(_RUNGS).where(*conditions).order_by(_RUNGS.c.due_at, _RUNGS.c.alert_id, _RUNGS.c.rung)
    return [RungRow(*row) for row in conn.execute(query)]
