"""Alerts and their transitions. The bot's lifecycle is the only writer (D34); every change is conditional.

The messages that carry an alert are in `deliveries`, whose names are offered here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict, Unpack

from sqlalchemy import Column, Connection, Row, func, insert, or_, select, update

from connector.model import SEEN_UNTIL, AlertKind, LastAlert
from connector.store import tables
from connector.store.deliveries import (
    DIGEST,
    NEWS,
    THE_ALERT,
    Delivery,
    any_waiting,
    carriers,
    claim_delivery,
    count_told,
    deliveries_of,
    mark_failed,
    mark_pending,
    mark_rendered,
    mark_sent,
    mark_unknown,
    plan_delivery,
    shown_at,
    stale_renderings,
    unresolved,
)
from connector.store.statements import insert_into, rows_in

__all__ = [
    "DIGEST",
    "NEWS",
    "THE_ALERT",
    "Alert",
    "Changes",
    "Counts",
    "Delivery",
    "Transition",
    "amend",
    "any_waiting",
    "asleep",
    "carriers",
    "claim_delivery",
    "count_told",
    "counts",
    "deliveries_of",
    "get",
    "last_alert",
    "last_raised",
    "locked",
    "mark_failed",
    "mark_pending",
    "mark_rendered",
    "mark_sent",
    "mark_unknown",
    "of_account",
    "open_alert",
    "plan_delivery",
    "shown_at",
    "stale_renderings",
    "transition",
    "transitions_of",
    "unresolved",
]

OPEN, DISQUALIFIED = "open", "disqualified"

_ALERTS = tables.alerts
_TRANSITIONS = tables.transitions
_AGE = (_ALERTS.c.raised_at, _ALERTS.c.id)


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `version` counts what its messages show, so that those showing an older one can be found.

    `closed_at` is when it was closed, called no fit or converted; `due_at` until when the next thing is to be done.
    `planned_version` is the version its rungs were planned for, None where no clock runs.
    """

    id: int
    account_key: str
    kind: str
    episode: str
    state: str
    raised_at: datetime
    occurred_at: datetime
    owner_email: str | None
    payload: Mapping[str, Any]
    acknowledged_by: str | None
    acknowledged_by_name: str | None
    acknowledged_at: datetime | None
    superseded_at: datetime | None
    version: int
    snoozed_until: datetime | None = None
    contacted_by: str | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None
    close_reason: str | None = None
    disqualified_reason: str | None = None
    escalated_at: datetime | None = None
    due_at: datetime | None = None
    planned_version: int | None = 0


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of an alert: from where to where, who did it, and through what (slack, crm, system).

    `told` is what the states do not say.
    """

    alert_id: int
    from_state: str
    to_state: str
    actor: str
    source: str
    at: datetime
    told: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many alerts and deliveries there are, by state."""

    alerts: Mapping[str, int]
    deliveries: Mapping[str, int]


class Changes(TypedDict, total=False):
    """What a transition may change besides the state."""

    owner_email: str | None
    payload: Mapping[str, Any]
    acknowledged_by: str | None
    acknowledged_by_name: str | None
    acknowledged_at: datetime | None
    superseded_at: datetime | None
    snoozed_until: datetime | None
    contacted_by: str | None
    contacted_at: datetime | None
    closed_at: datetime | None
    close_reason: str | None
    disqualified_reason: str | None
    escalated_at: datetime | None
    planned_version: int


def open_alert(
    conn: Connection,
    *,
    account_key: str,
    kind: str,
    episode: str,
    raised_at: datetime,
    occurred_at: datetime,
    owner_email: str | None,
    payload: Mapping[str, Any],
    state: str = OPEN,
) -> int | None:
    """Open an alert and return its id, or None when this account already had one of this kind in this episode."""
    new = insert_into(conn, _ALERTS).values(
        account_key=account_key,
        kind=kind,
        episode=episode,
        state=state,
        raised_at=raised_at,
        occurred_at=occurred_at,
        owner_email=owner_email,
        payload=dict(payload),
        version=1,
        planned_version=0,
    )
    return conn.execute(new.on_conflict_do_nothing().returning(_ALERTS.c.id)).scalar_one_or_none()


def get(conn: Connection, alert_id: int) -> Alert | None:
    """One alert, or None."""
    row = conn.execute(select(_ALERTS).where(_ALERTS.c.id == alert_id)).one_or_none()
    return None if row is None else _alert(row)


def locked(conn: Connection, alert_id: int) -> Alert | None:
    """As `get`, and nobody else moves it before this transaction ends."""
    row = conn.execute(select(_ALERTS).where(_ALERTS.c.id == alert_id).with_for_update()).one_or_none()
    return None if row is None else _alert(row)


def asleep(conn: Connection, until: datetime) -> list[int]:
    """Alerts that were to sleep until a moment at the latest."""
    awake = (tables.IS_ASLEEP, _ALERTS.c.snoozed_until <= until)
    return list(conn.execute(select(_ALERTS.c.id).where(*awake).order_by(_ALERTS.c.snoozed_until)).scalars())


def of_account(conn: Connection, key: str) -> list[Alert]:
    """An account's alerts, oldest first."""
    return [_alert(row) for row in conn.execute(select(_ALERTS).where(_ALERTS.c.account_key == key).order_by(*_AGE))]


def last_raised(conn: Connection, keys: Sequence[str]) -> dict[str, LastAlert]:
    """The newest alert of each account that ever had one."""
    listed = (_ALERTS.c.kind, _ALERTS.c.episode, _ALERTS.c.state, _ALERTS.c.raised_at, _ALERTS.c.payload)
    query = select(_ALERTS.c.account_key, *listed).order_by(*_AGE)
    newest: dict[str, LastAlert] = {}
    for row in rows_in(conn, query, _ALERTS.c.account_key, keys):
        before = newest.get(row.account_key)
        newest[row.account_key] = last_alert(row.kind, row.episode, row.state, row.raised_at, row.payload, before)
    return newest


def last_alert(
    kind: str, episode: str, state: str, raised_at: datetime, told: Mapping[str, Any], before: LastAlert | None
) -> LastAlert:
    """An alert as the next decision needs it; `told` is its payload, `before` the account's last one before it."""
    seen = told.get(SEEN_UNTIL)
    own = {episode.partition(":")[0]: raised_at} if kind == AlertKind.EXPANSION else {}
    expanded = {**(before.expanded if before else {}), **own}
    seen_until = datetime.fromisoformat(seen) if seen else None
    reason = told[DISQUALIFIED]["reason"] if state == DISQUALIFIED and DISQUALIFIED in told else None
    return LastAlert(kind, episode, state, raised_at, told.get("tier"), seen_until, expanded, reason)


def judged(conn: Connection, since: datetime, until: datetime) -> list[str]:
    """Accounts with an alert that somebody called no fit, or took that back, at since <= time < until."""
    moved = or_(_TRANSITIONS.c.to_state == DISQUALIFIED, _TRANSITIONS.c.from_state == DISQUALIFIED)
    then = (_TRANSITIONS.c.at >= since, _TRANSITIONS.c.at < until)
    query = select(_ALERTS.c.account_key).join(_TRANSITIONS, _TRANSITIONS.c.alert_id == _ALERTS.c.id)
    return list(conn.execute(query.where(moved, *then).distinct()).scalars())


def amend(conn: Connection, alert_id: int, payload: Mapping[str, Any]) -> None:
    """Tell more of an alert: its messages are behind from now on. Lock it first."""
    newer = {"payload": dict(payload), "version": _ALERTS.c.version + 1}
    conn.execute(update(_ALERTS).where(_ALERTS.c.id == alert_id).values(newer))


def transition(
    conn: Connection,
    alert_id: int,
    allowed_from: Sequence[str],
    to: str,
    actor: str,
    source: str,
    at: datetime,
    held: bool | None = None,
    told: Mapping[str, Any] | None = None,
    **changes: Unpack[Changes],
) -> bool:
    """Move an alert on if it is in one of the states `allowed_from`, and record who did. False: somebody was first.

    `held` asks that somebody has acknowledged it, or that nobody has. The row lock makes the recorded state the one
    that was left; the conditional update decides the race (B9).
    """
    left = conn.execute(select(_ALERTS.c.state).where(_ALERTS.c.id == alert_id).with_for_update()).scalar_one_or_none()
    move = update(_ALERTS).where(_ALERTS.c.id == alert_id, _ALERTS.c.state.in_(allowed_from))
    if held is not None:
        move = move.where(_ALERTS.c.acknowledged_by.is_not(None) if held else _ALERTS.c.acknowledged_by.is_(None))
    moved = conn.execute(move.values(state=to, version=_ALERTS.c.version + 1, **changes))
    if moved.rowcount != 1:
        return False
    step = {"alert_id": alert_id, "from_state": left, "to_state": to, "actor": actor, "source": source, "at": at}
    conn.execute(insert(_TRANSITIONS).values({**step, "told": told}))
    return True


def transitions_of(conn: Connection, alert_id: int) -> list[Transition]:
    """An alert's steps, oldest first."""
    query = select(_TRANSITIONS).where(_TRANSITIONS.c.alert_id == alert_id).order_by(_TRANSITIONS.c.id)
    return [Transition(*row[1:]) for row in conn.execute(query)]


def counts(conn: Connection) -> Counts:
    """How many alerts and deliveries there are in each state that occurs."""
    return Counts(_by_state(conn, _ALERTS.c.state), _by_state(conn, tables.deliveries.c.state))


def _by_state(conn: Connection, state: Column[str]) -> dict[str, int]:
    query = select(state, func.count().label("number")).group_by(state).order_by(state)
    return {row.state: row.number for row in conn.execute(query)}


def _alert(row: Row[Any]) -> Alert:
    return Alert(**row._mapping)
