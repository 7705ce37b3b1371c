"""The steps of the lifecycle, written to the store: the only writer of alerts (D34). Further ones: `handling`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Unpack

from sqlalchemy import Connection

from bot.lifecycle import MOVES, Event, State, Verdict, verdict
from bot.sla.history import HANDED_FROM, HANDED_TO
from connector.model import AlertKind, waits_in_queue
from connector.store import Store, alerts
from connector.store.facts import FactRow

SLACK, CRM, SYSTEM = "slack", "crm", "system"
REQUEST = "request"  # in the record of a step: what asked for it
EMAIL = "email"  # of whoever took it: a CRM knows them by that, and not by their Slack id
SELF_SERVE = "self-serve"
REPLACED = "replaced by an alert of its own"


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


@dataclass(frozen=True, slots=True)
class By:
    """Who does a step, through what (Slack, the CRM, the system itself), and when.

    `request` names the click or the form that asked for it, so that one delivered twice is done once.
    """

    actor: str
    source: str
    at: datetime
    request: str | None = None


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


def move(
    conn: Connection,
    alert_id: int,
    event: Event,
    by: By,
    told: Mapping[str, Any] | None = None,
    **changes: Unpack[alerts.Changes],
) -> bool:
    """Take one step, if the lifecycle allows it from where the alert stands. False: it does not, or somebody was first.

    `told` goes into the record of the step. Whatever happens to a sleeping alert wakes it; an open one is nobody's.
    """
    step = MOVES[event]
    changes.setdefault("snoozed_until", None)
    if step.to is State.OPEN:
        changes.update({"acknowledged_by": None, "acknowledged_by_name": None, "acknowledged_at": None})
    if by.request:
        told = {**(told or {}), REQUEST: by.request}
    return alerts.transition(
        conn, alert_id, step.allowed_from, step.to, by.actor, by.source, by.at, step.held, told, **changes
    )


def take(conn: Connection, alert_id: int, name: str, by: By, email: str | None = None) -> bool:
    """Give the alert to whoever acts, if nobody has it. Their `email` is what a CRM knows them by (D40)."""
    mine: alerts.Changes = {
        "acknowledged_by": by.actor,
        "acknowledged_by_name": name,
        "acknowledged_at": by.at,
    }
    return move(conn, alert_id, Event.ACKNOWLEDGE, by, {EMAIL: email} if email else None, **mine)


def acknowledge(store: Store, click: Click) -> Ruling:
    """Give the alert to the first who clicks. Durable on return, so call it before answering Slack (B9).

    Raises StoreError.
    """
    with store.write() as conn:
        moved = take(conn, click.alert_id, click.name, By(click.user, SLACK, click.at))
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
    before = {"owner": alert.owner_email, "reason": told["reason"]}
    payload: dict[str, Any] = {**alert.payload, "routed_to": told["owner"], "handed_over": before}
    by, step = By(told["owner"], SYSTEM, fact.at), {HANDED_FROM: alert.owner_email, HANDED_TO: told["owner"]}
    moved = move(conn, alert.id, Event.HAND_OVER, by, step, owner_email=told["owner"], payload=payload)
    return alert.id if moved else None


def convert(conn: Connection, fact: FactRow) -> None:
    """End the alert a fact names, because its account bought by itself (D15)."""
    named = (fact.payload["kind"], fact.payload["episode"])
    for alert in alerts.of_account(conn, fact.account_key):
        if (alert.kind, alert.episode) == named:
            told = {"reason": SELF_SERVE, "paid_at": fact.payload["paid_at"]}
            by = By(SYSTEM, SYSTEM, fact.at)
            move(conn, alert.id, Event.CONVERT, by, told, closed_at=fact.at, close_reason=SELF_SERVE)


def replace_queued(conn: Connection, raised: alerts.Alert, at: datetime) -> None:
    """Close an earlier place of the account in the queue of those that were Hot by no news of theirs."""
    for alert in alerts.of_account(conn, raised.account_key):
        if waits_in_queue(alert.episode) and alert.id != raised.id:
            by = By(SYSTEM, SYSTEM, at)
            move(conn, alert.id, Event.CLOSE, by, {"reason": REPLACED}, closed_at=at, close_reason=REPLACED)


def _end(conn: Connection, alert: alerts.Alert, fact: FactRow) -> bool:
    payload: dict[str, Any] = {**alert.payload, "superseded": dict(fact.payload)}
    by = By(CRM, CRM, fact.at)
    return move(conn, alert.id, Event.SUPERSEDE, by, superseded_at=fact.at, payload=payload)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
