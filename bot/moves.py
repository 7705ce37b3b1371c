"""The steps of the lifecycle, written to the store: the only writer of alerts (D34)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bot.lifecycle import MOVES, Event, State, Verdict, verdict
from connector.model import AlertKind
from connector.store import Store, alerts
from connector.store.facts import FactRow

SLACK, CRM, SYSTEM = "slack", "crm", "system"


@dataclass(frozen=True, slots=True)
class Click:
    """Who pressed *I'm on it*, where, and when."""

    alert_id: int
    user: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ruling:
    """How a click ended, and the alert as it is now."""

    verdict: Verdict
    alert: alerts.Alert | None


def raise_alert(conn: Connection, fact: FactRow) -> int | None:
    """Open the alert that a fact wants. None when the account already had this one."""
    told = fact.payload
    return alerts.open_alert(
        conn,
        account_key=fact.account_key,
        kind=told["kind"],
        episode=told["episode"],
        raised_at=_instant(told.get("raised_at")) or fact.at,
        occurred_at=_instant(told.get("occurred_at")) or fact.at,
        owner_email=told.get("routed_to"),
        payload=told,
        state=State.OPEN,
    )


def acknowledge(store: Store, click: Click) -> Ruling:
    """Give the alert to the first who clicks. Durable on return, so call it before answering Slack (B9).

    Raises StoreError.
    """
    move = MOVES[Event.ACKNOWLEDGE]
    with store.write() as conn:
        moved = alerts.transition(
            conn,
            click.alert_id,
            move.allowed_from,
            move.to,
            click.user,
            SLACK,
            click.at,
            acknowledged_by=click.user,
            acknowledged_by_name=click.name,
            acknowledged_at=click.at,
        )
        alert = alerts.get(conn, click.alert_id)
    return Ruling(verdict(moved, alert, click.user), alert)


def supersede(conn: Connection, fact: FactRow) -> int:
    """End the account's Hot alerts because the CRM shows an SQL (D3). Returns how many that were."""
    hot = [alert for alert in alerts.of_account(conn, fact.account_key) if alert.kind == AlertKind.HOT_PQL]
    return sum(_end(conn, alert, fact) for alert in hot)


def hand_over(conn: Connection, fact: FactRow) -> int | None:
    """Give the alert a fact names to another owner (D43), and say which it was; the transition says who has it now.

    None where it is theirs, is taken or over, or is not known.
    """
    told = fact.payload
    named = (told["kind"], told["episode"])
    mine = (one for one in alerts.of_account(conn, fact.account_key) if (one.kind, one.episode) == named)
    alert = next((one for one in mine if one.owner_email != told["owner"]), None)
    if alert is None:
        return None
    move, before = MOVES[Event.HAND_OVER], {"owner": alert.owner_email, "reason": told["reason"]}
    payload: dict[str, Any] = {**alert.payload, "routed_to": told["owner"], "handed_over": before}
    step = (move.allowed_from, move.to, told["owner"], SYSTEM, fact.at)
    moved = alerts.transition(conn, alert.id, *step, owner_email=told["owner"], payload=payload)
    return alert.id if moved else None


def _end(conn: Connection, alert: alerts.Alert, fact: FactRow) -> bool:
    move = MOVES[Event.SUPERSEDE]
    payload: dict[str, Any] = {**alert.payload, "superseded": dict(fact.payload)}
    return alerts.transition(
        conn, alert.id, move.allowed_from, move.to, CRM, CRM, fact.at, superseded_at=fact.at, payload=payload
    )


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
