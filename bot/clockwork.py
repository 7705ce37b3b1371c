"""The clockwork: rungs fire once when they are due, in any number of replicas.

What a rung does to its alert, and what is to be said of it, is committed with its firing; saying it is the poster's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.audience import audience
from bot.auditor import audit
from bot.handling import wake_due
from bot.lifecycle import UNPROVEN, Event
from bot.moves import SYSTEM, By, move
from bot.planner import MOST, plan_moved
from bot.settings import BotSettings
from bot.sla.policy import Rung
from connector.model import UNREADABLE
from connector.store import Store, alerts, rungs, touching
from connector.store.deliveries import FAILED

FIRING = timedelta(seconds=15)
AUDITING = timedelta(minutes=1)

_NEVER = datetime.min.replace(tzinfo=UTC)
_NEEDS_PROOF = frozenset({Rung.BREACH, Rung.MANAGER})  # they say that nobody has reached out
_OVERTAKEN_BY = {Rung.ACKNOWLEDGE_AT_RISK: Rung.ACKNOWLEDGE_BREACH, Rung.AT_RISK: Rung.BREACH}
_log = logging.getLogger(__name__)


class Clockwork:
    """Used by one thread per process; replicas share the work through the store."""

    def __init__(self, store: Store, settings: BotSettings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._fired_at = self._audited_at = _NEVER

    def tick(self) -> None:
        """Plan what moved and, at their own pace, audit and fire. Raises StoreError."""
        now = self._clock()
        firing = now - self._fired_at >= FIRING
        if firing:
            wake_due(self._store, now)
        plan_moved(self._store, self._settings)
        if now - self._audited_at >= AUDITING:
            self._audited_at = now
            audit(self._store, self._settings, now)
        if firing:
            self._fired_at = now
            self.fire(now)

    def fire(self, now: datetime) -> int:
        """Fire what is due and return how many rungs that were. Raises StoreError."""
        with self._store.read() as conn:
            waiting = rungs.due(conn, now, MOST)
        return sum(self._fire(alert_id, now) for alert_id in waiting)

    def _fire(self, alert_id: int, now: datetime) -> int:
        with self._store.write() as conn:
            alert = alerts.locked(conn, alert_id)
            if alert is None or alert.planned_version != alert.version:
                return 0  # it moved: what was planned may not be due any more
            fired = [rung for rung in Rung if rungs.fire(conn, alert_id, rung, now)]
            if not _NEEDS_PROOF.isdisjoint(fired):
                _mark_unproven(conn, alert)
            for rung in fired:
                self._mark(conn, alert_id, rung, now)
                if _OVERTAKEN_BY.get(rung) not in fired:  # nobody is warned of what has happened
                    self._want_told(conn, alert, rung, now)
        for rung in fired:
            _log.info("alert %d: rung %s", alert_id, rung)
        return len(fired)

    def _mark(self, conn: Connection, alert_id: int, rung: Rung, now: datetime) -> None:
        by = By(SYSTEM, SYSTEM, now)
        if rung is Rung.MANAGER:
            move(conn, alert_id, Event.ESCALATE, by, escalated_at=now)
        if rung is Rung.EXPIRED:
            move(conn, alert_id, Event.EXPIRE, by)

    def _want_told(self, conn: Connection, alert: alerts.Alert, rung: Rung, now: datetime) -> None:
        shown = [each.target for each in alerts.deliveries_of(conn, alert.id) if _shows(each)]
        roster, operations = self._settings.roster, self._settings.ops_channel
        for telling in audience(rung, alert, shown, roster, operations, now):
            alerts.plan_delivery(conn, alert.id, telling.target, rung, telling.not_before)


def _mark_unproven(conn: Connection, alert: alerts.Alert) -> None:
    """Where a CRM's activities cannot be read at this moment, nobody knows that the promise is broken (D40)."""
    hidden = (touching.mark(conn, UNREADABLE) or "").split()
    if hidden and UNPROVEN not in alert.payload:
        alerts.amend(conn, alert.id, {**alert.payload, UNPROVEN: hidden})


def _shows(delivery: alerts.Delivery) -> bool:
    """Whether the alert itself is to be seen there, or will be."""
    return delivery.purpose == alerts.THE_ALERT and delivery.state != FAILED
