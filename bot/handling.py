"""What people and the clock do to an alert beside taking it: each a step of the lifecycle, False where it may not be.

Who may is asked of `rights`, before; whether it still may be is decided here, by the store.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.lifecycle import REINSTATED_WITHIN, Event
from bot.moves import SYSTEM, By, move
from bot.sla.history import HANDED_FROM, HANDED_TO, UNTIL
from bot.sla.hours import elapsed
from bot.sla.roster import Roster
from connector.store import Store, alerts

REASON, NOTE, ELAPSED = "reason", "note", "elapsed_minutes"
SELF_DECLARED = "self_declared"  # in the record of a step: an outreach of which there is only somebody's word
LONGEST_SLEEP = timedelta(days=90)  # what waits longer is over


def unacknowledge(conn: Connection, alert_id: int, by: By) -> bool:
    """Give it back: anybody may take it now."""
    return move(conn, alert_id, Event.UNACKNOWLEDGE, by)


def snooze(conn: Connection, alert_id: int, until: datetime, by: By) -> bool:
    """Let it sleep until a later moment, not too far away; it comes back to whoever has it."""
    if not by.at < until <= by.at + LONGEST_SLEEP:
        return False
    return move(conn, alert_id, Event.SNOOZE, by, {UNTIL: until.isoformat()}, snoozed_until=until)


def wake(conn: Connection, alert_id: int, by: By) -> bool:
    """End its sleep: with whoever had it, or open for all."""
    return move(conn, alert_id, Event.RESUME, by) or move(conn, alert_id, Event.WAKE, by)


def wake_due(store: Store, now: datetime) -> None:
    """Wake what has slept long enough. Raises StoreError."""
    with store.read() as conn:
        if not alerts.asleep(conn, now):
            return
    with store.write() as conn:
        for alert_id in alerts.asleep(conn, now):
            wake(conn, alert_id, By(SYSTEM, SYSTEM, now))


def reassign(
    conn: Connection, alert_id: int, owner: str | None, roster: Roster, by: By, because: str = "reassigned"
) -> bool:
    """Make it somebody else's, who has not acknowledged it; what the last one let pass stays in the record.

    `because` is what its message says of why it changed hands.
    """
    alert = alerts.locked(conn, alert_id)
    if alert is None:
        return False
    told = {HANDED_FROM: alert.owner_email, HANDED_TO: owner, ELAPSED: _passed(conn, alert, roster, by.at)}
    before = {"owner": alert.owner_email, REASON: because}
    payload: dict[str, Any] = {**alert.payload, "routed_to": owner, "handed_over": before}
    return move(conn, alert_id, Event.REASSIGN, by, told, owner_email=owner, payload=payload)


def contact(conn: Connection, alert_id: int, who: str, by: By) -> bool:
    """Somebody says that they reached out: their own word, until a CRM shows what they did (D40, `proving`)."""
    return move(conn, alert_id, Event.CONTACT, by, {SELF_DECLARED: True}, contacted_by=who, contacted_at=by.at)


def close(conn: Connection, alert_id: int, reason: str, by: By) -> bool:
    """Nothing is to be done about it any more."""
    return move(conn, alert_id, Event.CLOSE, by, {REASON: reason}, closed_at=by.at, close_reason=reason)


def disqualify(conn: Connection, alert_id: int, reason: str, by: By, note: str | None = None) -> bool:
    """Call it no fit, with a reason code (E10) and, where there are any, somebody's words beside it."""
    alert = alerts.locked(conn, alert_id)
    if alert is None or not reason:
        return False
    told = {REASON: reason, **({NOTE: note} if note else {})}
    payload: dict[str, Any] = {**alert.payload, "disqualified": {"by": by.actor, **told}}
    ended: alerts.Changes = {"closed_at": by.at, "disqualified_reason": reason, "payload": payload}
    return move(conn, alert_id, Event.DISQUALIFY, by, told, **ended)


def reinstate(conn: Connection, alert_id: int, by: By) -> bool:
    """Take "not a fit" back, for some days (D42). Its clock goes on where it stood."""
    alert = alerts.locked(conn, alert_id)
    if alert is None or alert.closed_at is None or by.at - alert.closed_at > REINSTATED_WITHIN:
        return False
    return move(conn, alert_id, Event.REINSTATE, by, closed_at=None, disqualified_reason=None, planned_version=0)


def _passed(conn: Connection, alert: alerts.Alert, roster: Roster, at: datetime) -> dict[str, Any]:
    """Minutes since its owner has it, by the clock and in their hours."""
    handed = [step.at for step in alerts.transitions_of(conn, alert.id) if step.told and HANDED_TO in step.told]
    since, minute = max([alert.raised_at, *handed]), timedelta(minutes=1)
    business = elapsed(since, at, roster.hours_of(alert.owner_email))
    return {"clock": (at - since) // minute, "business": business // minute}
