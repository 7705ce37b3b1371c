"""What else happens while an alert's episode goes on: told once under it, wherever it is shown, and in it (D17)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.settings import BotSettings
from bot.sla.hours import waits_until
from bot.targets import is_shared
from connector.model import HEARS_MORE
from connector.store import alerts
from connector.store.deliveries import FAILED, PENDING
from connector.store.facts import FactRow

MOST_SIGNALS = 8


def hear(conn: Connection, fact: FactRow, settings: BotSettings, now: datetime) -> None:
    """Add to the alert a fact names, and plan a reply under each message of it; those to come will show it anyway."""
    named = (fact.payload["kind"], fact.payload["episode"])
    found = next((one for one in alerts.of_account(conn, fact.account_key) if (one.kind, one.episode) == named), None)
    alert = alerts.locked(conn, found.id) if found else None
    if alert is None or alert.state not in HEARS_MORE:
        return
    alerts.amend(conn, alert.id, grown(alert.payload, fact.payload))
    quiet = waits_until(now, settings.roster.hours_of(alert.owner_email))
    for shown in alerts.carriers(conn, alert.id):
        if shown.state not in (PENDING, FAILED):
            not_before = None if is_shared(shown.target) else quiet
            alerts.plan_delivery(conn, alert.id, shown.target, f"{alerts.NEWS}{fact.id}", not_before)


def grown(told: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """The payload with the newest sentence, and its signals with the new ones, newest first, each kind once."""
    listed = [*(told.get("signals") or []), *(news.get("signals") or []), news["signal"]]
    by_kind = {signal["kind"]: signal for signal in sorted(listed, key=_when)}
    signals = sorted(by_kind.values(), key=_when, reverse=True)[:MOST_SIGNALS]
    return {**told, "sentence": news.get("sentence") or told.get("sentence"), "signals": signals}


def _when(signal: Mapping[str, Any]) -> str:
    return str(signal.get("occurred_at") or "")
