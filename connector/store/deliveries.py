"""Deliveries: the messages about an alert, one per target and purpose, posted once even across crashes (slack B9).

pending → sending (committed before the post) → sent | failed | pending again. A process that died while sending
leaves `sending` or `unknown`: look for the message before posting again.

The purpose of most is the alert itself, whose message follows it; that of some is a digest, which lists several.
Others tell once that a rung of its ladder fired, or what else happened: where the alert is shown to the same target, as
a reply to it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, and_, cast, func, literal, or_, select, update

from connector.store import tables
from connector.store.statements import insert_new

PENDING, SENDING, SENT, UNKNOWN, FAILED = "pending", "sending", "sent", "unknown", "failed"
THE_ALERT = "alert"  # the purpose of a message that carries the alert itself
DIGEST, NEWS = "digest:", "signal:"  # beginnings of purposes: of a digest, and of what else happened

_ALERTS = tables.alerts
_DELIVERIES = tables.deliveries
_DIGESTS, _LINES = tables.digests, tables.digest_lines
_IS_DIGEST = and_(
    _DIGESTS.c.alert_id == _DELIVERIES.c.alert_id, _DELIVERIES.c.purpose == literal(DIGEST) + cast(_DIGESTS.c.id, Text)
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message of one alert. `ts` is Slack's name of the message; `rendered_version` the alert version it shows.

    `purpose` is what it tells: the alert itself, a digest, a rung that fired, or what else happened.
    """

    id: int
    alert_id: int
    target: str
    state: str
    channel: str | None
    ts: str | None
    attempt: int
    started_at: datetime | None
    not_before: datetime | None
    rendered_version: int | None
    error: str | None
    purpose: str


def plan_delivery(
    conn: Connection, alert_id: int, target: str, purpose: str = THE_ALERT, not_before: datetime | None = None
) -> bool:
    """Want an alert, or what else there is to tell of it, delivered to a target, from `not_before` on.

    False when it already is, or is going to be.
    """
    row = {"alert_id": alert_id, "target": target, "purpose": purpose, "state": PENDING, "attempt": 0}
    return insert_new(conn, _DELIVERIES, [{**row, "not_before": not_before}]) == 1


def claim_delivery(conn: Connection, now: datetime, purposes: Collection[str] = (THE_ALERT,)) -> Delivery | None:
    """The oldest delivery for one of these purposes that may go now, marked as sending, or None.

    Commit before posting. Whoever posts names the purposes they have words for, those ending in ":" by their
    beginning; the others wait for somebody who has.
    """
    query = select(_DELIVERIES.c.id).where(_waits(purposes), _due(now)).order_by(_DELIVERIES.c.id)
    found = conn.execute(query.limit(1).with_for_update(skip_locked=True)).scalar_one_or_none()
    if found is None:
        return None
    mine = update(_DELIVERIES).where(_DELIVERIES.c.id == found, _DELIVERIES.c.state == PENDING)
    claimed = mine.values(state=SENDING, attempt=_DELIVERIES.c.attempt + 1, started_at=now, not_before=None)
    row = conn.execute(claimed.returning(*_DELIVERIES.c)).one_or_none()
    return None if row is None else Delivery(*row)


def any_waiting(conn: Connection, purposes: Collection[str] = (THE_ALERT,), until: datetime | None = None) -> bool:
    """Whether a delivery for one of these purposes is still to go, at all or up to a moment."""
    waiting = _waits(purposes) if until is None else _waits(purposes) & _due(until)
    return conn.execute(select(_DELIVERIES.c.id).where(waiting).limit(1)).first() is not None


def count_told(conn: Connection, target: str, since: datetime, until: datetime) -> int:
    """Alerts with a message of their own to a target that was begun in a span of time, or is to be."""
    begun = func.coalesce(_DELIVERIES.c.started_at, _DELIVERIES.c.not_before)
    mine = (_DELIVERIES.c.target == target, _DELIVERIES.c.purpose == THE_ALERT, _DELIVERIES.c.state != FAILED)
    within = or_(begun.is_(None), and_(begun >= since, begun < until))  # one that may go at any time goes now
    return conn.execute(select(func.count()).where(*mine, within)).scalar_one()


def mark_sent(conn: Connection, delivery_id: int, channel: str, ts: str, version: int) -> None:
    """The message was posted, showing this version of the alert; true whatever the row said before."""
    sent = {"state": SENT, "channel": channel, "ts": ts, "rendered_version": version, "error": None}
    conn.execute(update(_DELIVERIES).where(_DELIVERIES.c.id == delivery_id).values(sent))


def mark_pending(conn: Connection, delivery: Delivery, not_before: datetime) -> bool:
    """The message was certainly not posted: try again from `not_before`. False when it was settled meanwhile."""
    return _settle(conn, delivery, state=PENDING, not_before=not_before)


def mark_unknown(conn: Connection, delivery: Delivery) -> bool:
    """Nobody can say whether the message was posted. False when it was settled meanwhile."""
    return _settle(conn, delivery, state=UNKNOWN)


def mark_failed(conn: Connection, delivery: Delivery, error: str) -> bool:
    """The target refuses for good, in Slack's own words. False when it was settled meanwhile."""
    return _settle(conn, delivery, state=FAILED, error=error)


def unresolved(conn: Connection, before: datetime) -> list[Delivery]:
    """Deliveries nobody knows the end of: unknown, or sending since before `before`. Oldest first."""
    stuck = (_DELIVERIES.c.state == SENDING) & (_DELIVERIES.c.started_at < before)
    return _listed(conn, or_(_DELIVERIES.c.state == UNKNOWN, stuck))


def stale_renderings(conn: Connection) -> list[Delivery]:
    """Posted messages of alerts, and digests, that show an older version. Oldest first.

    What told of a rung, or of what else happened, stays as it is.
    """
    newer = select(_ALERTS.c.id).where(
        _ALERTS.c.id == _DELIVERIES.c.alert_id, _ALERTS.c.version > _DELIVERIES.c.rendered_version
    )
    carries = (_DELIVERIES.c.state == SENT) & (_DELIVERIES.c.purpose == THE_ALERT)
    return [*_listed(conn, carries & newer.exists()), *_stale_digests(conn)]


def _stale_digests(conn: Connection) -> list[Delivery]:
    """Posted digests of which anything moved, or which somebody joined."""
    listed = select(func.sum(_ALERTS.c.version)).join(_LINES, _LINES.c.alert_id == _ALERTS.c.id)
    version = listed.where(_LINES.c.digest_id == _DIGESTS.c.id).correlate(_DIGESTS).scalar_subquery()
    query = select(_DELIVERIES).join(_DIGESTS, _IS_DIGEST)
    stale = (_DELIVERIES.c.state == SENT, version > _DELIVERIES.c.rendered_version)
    return [Delivery(*row) for row in conn.execute(query.where(*stale).order_by(_DELIVERIES.c.id))]


def mark_rendered(conn: Connection, delivery_id: int, version: int) -> None:
    """The message now shows this version of the alert. Never goes back to an older one."""
    older = update(_DELIVERIES).where(_DELIVERIES.c.id == delivery_id, _DELIVERIES.c.rendered_version < version)
    conn.execute(older.values(rendered_version=version))


def deliveries_of(conn: Connection, alert_id: int) -> list[Delivery]:
    """An alert's messages, oldest first."""
    return _listed(conn, _DELIVERIES.c.alert_id == alert_id)


def carriers(conn: Connection, alert_id: int) -> list[Delivery]:
    """The messages that show an alert, posted or not: its own, oldest first, then the digests that list it."""
    own = _listed(conn, (_DELIVERIES.c.alert_id == alert_id) & (_DELIVERIES.c.purpose == THE_ALERT))
    query = select(_DELIVERIES).join(_DIGESTS, _IS_DIGEST).join(_LINES, _LINES.c.digest_id == _DIGESTS.c.id)
    listing = query.where(_LINES.c.alert_id == alert_id).order_by(_DELIVERIES.c.id)
    return [*own, *(Delivery(*row) for row in conn.execute(listing))]


def shown_at(conn: Connection, alert_id: int, target: str) -> Delivery | None:
    """The message that shows an alert to a target, once it is posted: its own, else a digest."""
    posted = (each for each in carriers(conn, alert_id) if each.target == target and each.state == SENT)
    return next(posted, None)


def _waits(purposes: Collection[str]) -> ColumnElement[bool]:
    purpose = _DELIVERIES.c.purpose
    begins = (purpose.startswith(each, autoescape=True) for each in purposes if each.endswith(":"))
    return (_DELIVERIES.c.state == PENDING) & or_(purpose.in_(purposes), *begins)


def _due(now: datetime) -> ColumnElement[bool]:
    return or_(_DELIVERIES.c.not_before.is_(None), _DELIVERIES.c.not_before <= now)


def _settle(conn: Connection, delivery: Delivery, **values: Any) -> bool:
    """Only the attempt that is in the air may end: another replica may have found the message, or be posting it anew.

    What an earlier attempt learns late would hand a message out again that somebody is just posting.
    """
    mine = (_DELIVERIES.c.id == delivery.id, _DELIVERIES.c.attempt == delivery.attempt)
    in_the_air = update(_DELIVERIES).where(*mine, _DELIVERIES.c.state.in_((SENDING, UNKNOWN)))
    return conn.execute(in_the_air.values(**values)).rowcount == 1


def _listed(conn: Connection, condition: ColumnElement[bool]) -> list[Delivery]:
    return [Delivery(*row) for row in conn.execute(select(_DELIVERIES).where(condition).order_by(_DELIVERIES.c.id))]
