"""What people ask the store in Slack: whose alerts wait, how promises were kept, how many accounts have which tier."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from connector.store import tables
from connector.store.alerts import Alert
from connector.store.shapes import Shapes
from connector.store.statements import rows_in

MOST = 200  # alerts of one person
PAGE = 1_000

_ALERTS, _RUNGS, _DECISIONS = tables.alerts, tables.rungs, tables.decisions


class Group(NamedTuple):
    """What accounts with a decision are counted by."""

    tier: str
    segment: str | None
    routed_to: str | None


def waiting_for(conn: Connection, user: str, email: str | None, states: Collection[str]) -> list[Alert]:
    """Alerts in one of the states that somebody has, or that are theirs and nobody has; the next one due first."""
    theirs = and_(_ALERTS.c.acknowledged_by.is_(None), func.lower(_ALERTS.c.owner_email) == (email or "").lower())
    mine = or_(_ALERTS.c.acknowledged_by == user, theirs) if email else _ALERTS.c.acknowledged_by == user
    due_first = (_ALERTS.c.due_at.is_(None), _ALERTS.c.due_at, _ALERTS.c.id)
    query = select(_ALERTS).where(_ALERTS.c.state.in_(states), mine).order_by(*due_first).limit(MOST)
    return [Alert(**row._mapping) for row in conn.execute(query)]


def raised(conn: Connection, kinds: Collection[str], since: datetime, until: datetime) -> list[Alert]:
    """Alerts of some kinds that were raised in since <= time < until."""
    then = (_ALERTS.c.kind.in_(kinds), _ALERTS.c.raised_at >= since, _ALERTS.c.raised_at < until)
    return [Alert(**row._mapping) for row in conn.execute(select(_ALERTS).where(*then).order_by(_ALERTS.c.id))]


def fired(conn: Connection, alert_ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """The rungs of each alert that fired, and when they were due; nothing is in it for alerts without one."""
    found: dict[int, dict[str, datetime]] = defaultdict(dict)
    query = select(_RUNGS.c.alert_id, _RUNGS.c.rung, _RUNGS.c.due_at).where(_RUNGS.c.fired_at.is_not(None))
    for row in rows_in(conn, query, _RUNGS.c.alert_id, alert_ids):
        found[row.alert_id][row.rung] = row.due_at
    return found


def decided(conn: Connection) -> Counter[Group]:
    """How many accounts are decided, by tier, segment and whom they are routed to. Looks through all of them."""
    counted: Counter[Group] = Counter()
    shapes, after = Shapes(conn), ""
    while True:
        query = select(_DECISIONS.c.account_key, _DECISIONS.c.document).where(_DECISIONS.c.account_key > after)
        page = conn.execute(query.order_by(_DECISIONS.c.account_key).limit(PAGE)).all()
        for row in page:
            document = shapes.unpack(row.document)
            counted[Group(document["tier"], document["segment"], document["routed_to"])] += 1
        if len(page) < PAGE:
            return counted
        after = page[-1].account_key
