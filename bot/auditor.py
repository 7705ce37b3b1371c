"""The auditor: asks whether due rungs really fired, and puts right what is not as the record says (slack A2).

It trusts no row: a rung that was never planned, or for another time, is found by reading the alert's record again.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot.planner import is_as_planned, plan
from bot.settings import BotSettings
from connector.store import Store, rungs

LATE = timedelta(minutes=5)  # a rung that has not fired by then did not fire

_log = logging.getLogger(__name__)


def audit(store: Store, settings: BotSettings, now: datetime) -> None:
    """Say which rungs are overdue, and plan anew what is not as it should be, so that it fires. Raises StoreError."""
    with store.read() as conn:
        missed, timed = rungs.overdue(conn, now - LATE), rungs.timed(conn)
    for row in missed:
        _log.error("alert %d: rung %s was due %s and did not fire", row.alert_id, row.rung, row.due_at.isoformat())
    for alert_id in timed:
        with store.read() as conn:
            as_planned = is_as_planned(conn, alert_id, settings)
        if not as_planned:
            with store.write() as conn:
                plan(conn, alert_id, settings)
            _log.warning("alert %d: its rungs were not as its record and the policies say; planned anew", alert_id)
