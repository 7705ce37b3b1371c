"""An alert, the people it names looked up, as the message that goes out now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.people import People
from bot.settings import BotSettings
from bot.sla.policy import Rung
from bot.views.alert import alert_message
from bot.views.blocks import Message
from bot.views.links import crm_links, product_links
from bot.views.rung import rung_message
from bot.views.scene import Scene
from connector.store import alerts, memory
from connector.store.alerts import Alert


def current(conn: Connection, alert_id: int) -> Alert | None:
    """An alert as it is now, told which CRM records its account has, and whether their fields still wait (D27)."""
    alert = alerts.get(conn, alert_id)
    if alert is None:
        return None
    now = {
        "pending_fields": memory.unsettled(conn, alert.account_key),
        "records": memory.records_of(conn, alert.account_key),
    }
    return replace(alert, payload={**alert.payload, **now})


def render(alert: Alert, ts: str | None, settings: BotSettings, people: People, now: datetime) -> Message:
    """The message of an alert; `ts` is Slack's name of the posted one. Raises what slack_sdk raises."""
    scene = Scene(
        settings.environment,
        people.mentions(_colleagues(alert), now),
        posted_at(ts),
        now,
        settings.roster.hours_of(alert.owner_email).zone,
        crm_links(settings.links, alert.payload.get("records") or {}),
        product_links(settings.links, alert.account_key),
    )
    return alert_message(alert, scene)


def render_rung(alert: Alert, rung: Rung, environment: str, people: People, now: datetime) -> Message:
    """What is said of a rung that fired. Raises what slack_sdk raises."""
    return rung_message(alert, rung, Scene(environment, people.mentions(_colleagues(alert), now)))


def posted_at(ts: str | None) -> datetime | None:
    """When a message was posted, to the second: what its name begins with."""
    return datetime.fromtimestamp(int(ts.partition(".")[0]), UTC) if ts else None


def _colleagues(alert: Alert) -> Iterator[str]:
    """E-mails the message mentions: the owner, the one before, who else would have had it, has it, or reached out."""
    other = alert.payload.get("counterfactual") or {}
    before = alert.payload.get("handed_over") or {}
    instead = alert.payload.get("superseded") or {}
    named = (alert.owner_email, before.get("owner"), other.get("routed_to"), instead.get("owner"), alert.contacted_by)
    return (email for email in named if email and "@" in email)
