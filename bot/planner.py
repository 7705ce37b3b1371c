"""Rungs in the store: a copy of what the record of their alert says, made anew when the alert moved."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.settings import BotSettings
from bot.sla.planning import Clock, clock_of
from connector.store import Store, alerts, rungs

MOST = 500  # alerts of one pass


def plan_moved(store: Store, settings: BotSettings) -> None:
    """Bring the rungs of alerts that moved up to them. Any number of replicas may. Raises StoreError."""
    with store.read() as conn:
        moved = rungs.unplanned(conn, MOST)
    for alert_id in moved:
        with store.write() as conn:
            plan(conn, alert_id, settings)


def plan(conn: Connection, alert_id: int, settings: BotSettings) -> None:
    """Put the rungs an alert has before it into the store, and the promise its message shows."""
    alert = alerts.locked(conn, alert_id)
    clock = _clock(conn, alert, settings) if alert else None
    if clock is None or not clock.runs:
        rungs.stop(conn, alert_id)
    else:
        rungs.plan(conn, alert_id, {str(due.rung): due.at for due in clock.rungs}, clock.due_at)


def is_as_planned(conn: Connection, alert_id: int, settings: BotSettings) -> bool:
    """Whether the store has what the alert's record says; also where the alert moved and is planned in a moment."""
    alert = alerts.get(conn, alert_id)
    if alert is None or alert.planned_version != alert.version:
        return True
    clock = _clock(conn, alert, settings)
    if clock is None or not clock.runs:
        return False  # it is still listed as timed
    rows = rungs.of_alert(conn, alert_id)
    fired = {row.rung for row in rows if row.fired_at}
    waiting = {row.rung: row.due_at for row in rows if not row.fired_at}
    wanted = {str(due.rung): due.at for due in clock.rungs if due.rung not in fired}
    return waiting == wanted and alert.due_at == clock.due_at


def _clock(conn: Connection, alert: alerts.Alert, settings: BotSettings) -> Clock | None:
    return clock_of(alert, alerts.transitions_of(conn, alert.id), settings.policies, settings.roster)
