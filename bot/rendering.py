"""An alert, the people it names looked up, as the message that goes out now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.people import People
from bot.sla.policy import Rung
from bot.views.alert import alert_message
from bot.views.blocks import Message
from bot.views.rung import rung_message
from bot.views.scene import Scene
from connector.store import alerts, memory
from connector.store.alerts import Alert


def current(conn: Connection, alert_id: int) -> Alert | None:
    """An alert as it is now, told whether its account's CRM fields still wait or were refused (D27)."""
    alert = alerts.get(conn, alert_id)
    if alert is None:
        return None
    return replace(alert, payload={**alert.payload, "pending_fields": memory.unsettled(conn, alert.account_key)})


def render(alert: Alert, ts: str | None, environment: str, people: People, now: datetime) -> Message:
    """The message of an alert; `ts` is Slack's name of the posted one. Raises what slack_sdk raises."""
    mentions = people.mentions(_colleagues(alert), now)
    return alert_message(alert, Scene(environment, mentions, posted_at(ts)))


def render_rung(alert: Alert, rung: Rung, environment: str, people: People, now: datetime) -> Message:
    """What is said of a rung that fired. Raises what slack_sdk raises."""
    return rung_message(alert, rung, Scene(environment, people.mentions(_colleagues(alert), now)))


def posted_at(ts: str | None) -> datetime | None:
    """When a message was posted, to the second: what its name begins with."""
    return datetime.fromtimestamp(int(ts.partition(".")[0]), UTC) if ts else None


def _colleagues(alert: Alert) -> Iterator[str]:
    """E-mails the message mentions: the owner, the one before, who else would have got it, and who has it instead."""
    other = alert.payload.get("counterfactual") or {}
    before = alert.payload.get("handed_over") or {}
    instead = alert.payload.get("superseded") or {}
    named = (alert.owner_email, before.get("owner"), other.get("routed_to"), instead.get("owner"))
    return (email for email in named if email and "@" in email)
