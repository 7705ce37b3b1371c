"""Proof of outreach: an activity in a CRM makes an alert contacted, or makes somebody's word more than that (D40).

Whether an activity counts is decided here and not where it was found: who has the alert is a click in Slack, and whom
its owner works with is the bot's to read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.lifecycle import Event, State
from bot.moves import CRM, EMAIL, By, move
from bot.rights import works_for
from bot.sla.roster import Roster
from connector.model import PROOF
from connector.store import alerts
from connector.store.facts import FactRow

MEANT = timedelta(hours=1)  # after somebody's word: what is done later is another outreach, and proves nothing of it
SAID_BY, SAID_AT = "said_by", "said_at"
_PROVING: Mapping[str, Event] = {State.CONTACTED: Event.PROVE, State.CLOSED: Event.PROVE_CLOSED}  # after a word
_SHOWN = ("crm", "activity", "id", "by", "at")


def prove(conn: Connection, fact: FactRow, roster: Roster) -> bool:
    """Take an activity for the outreach of the alert it is told for, if it counts; the first that does stays.

    It happened when the CRM says, not when somebody said so or plsync came to know.
    """
    alert = _alert_of(conn, fact)
    if alert is None or PROOF in alert.payload or not _counts(conn, alert, fact.payload, roster):
        return False
    shown = {name: fact.payload[name] for name in _SHOWN}
    return move(
        conn,
        alert.id,
        _PROVING.get(alert.state, Event.CONTACT),
        By(shown["by"], CRM, fact.at),
        {PROOF: shown, **(_word(alert) if alert.state in _PROVING else {})},
        contacted_by=shown["by"],
        contacted_at=_at(fact.payload),
        payload={**alert.payload, PROOF: shown},
    )


def _alert_of(conn: Connection, fact: FactRow) -> alerts.Alert | None:
    named = (fact.payload["kind"], fact.payload["episode"])
    mine = (one.id for one in alerts.of_account(conn, fact.account_key) if (one.kind, one.episode) == named)
    alert_id = next(mine, None)
    return None if alert_id is None else alerts.locked(conn, alert_id)


def _counts(conn: Connection, alert: alerts.Alert, told: Mapping[str, Any], roster: Roster) -> bool:
    at = _at(told)
    if at < alert.raised_at:
        return False
    if alert.state in _PROVING and (alert.contacted_at is None or at > alert.contacted_at + MEANT):
        return False
    return works_for(told["by"], _holder(conn, alert), alert, roster)


def _holder(conn: Connection, alert: alerts.Alert) -> str | None:
    """The e-mail of whoever has it, as Slack told it when they took it."""
    if alert.acknowledged_by is None:
        return None
    steps = reversed(alerts.transitions_of(conn, alert.id))
    mine = ((step.told or {}).get(EMAIL) for step in steps if step.actor == alert.acknowledged_by)
    return next((email for email in mine if email), None)


def _word(alert: alerts.Alert) -> dict[str, str | None]:
    """What the alert said before: who reached out, and when, by their own word."""
    return {SAID_BY: alert.contacted_by, SAID_AT: alert.contacted_at.isoformat() if alert.contacted_at else None}


def _at(told: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(told["at"])
