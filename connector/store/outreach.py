"""Alerts for which the CRMs are still asked whether somebody reached out (D40)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select

from connector.model import HEARS_MORE, PROOF, AlertKind, Awaited, waits_in_queue
from connector.store import tables

ASKED_FOR = timedelta(days=90)  # since it was raised: nobody reaches out for what is older
DOUBTED_FOR = timedelta(days=7)  # since somebody said so: what they did is in the CRM by then, or never will be

CLOSED = "closed"  # as the bot's lifecycle calls it when somebody is done with an alert

_ALERTS = tables.alerts
_KINDS = (AlertKind.HOT_PQL, AlertKind.EXPANSION)


def awaiting(conn: Connection, now: datetime) -> list[Awaited]:
    """Alerts somebody is to reach out for, or says to have done so, that no CRM's record proves; oldest first.

    Nothing is promised on those that wait in a queue (D18): there may be thousands, and nobody is asked about them.
    """
    said_and_done = and_(_ALERTS.c.state == CLOSED, _ALERTS.c.contacted_at.is_not(None))
    wanted = (
        _ALERTS.c.kind.in_([str(kind) for kind in _KINDS]),
        or_(_ALERTS.c.state.in_(sorted(HEARS_MORE)), said_and_done),
        _ALERTS.c.raised_at >= now - ASKED_FOR,
        or_(_ALERTS.c.contacted_at.is_(None), _ALERTS.c.contacted_at >= now - DOUBTED_FOR),
    )
    columns = (_ALERTS.c.account_key, _ALERTS.c.kind, _ALERTS.c.episode, _ALERTS.c.raised_at, _ALERTS.c.payload)
    rows = conn.execute(select(*columns).where(*wanted).order_by(_ALERTS.c.raised_at, _ALERTS.c.id))
    return [Awaited(*row[:4]) for row in rows if PROOF not in row.payload and not waits_in_queue(row.episode)]
