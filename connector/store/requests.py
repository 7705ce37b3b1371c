"""Requests: work that somebody asked for in Slack. The bot writes them, the scheduler does them and answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from connector.store import tables
from connector.store.statements import insert_new

APPLY_PLAN = "apply_plan"

_REQUESTS = tables.requests


@dataclass(frozen=True, slots=True)
class Request:
    """One piece of work. `asked_by` is a Slack user, `answer` says how it ended."""

    id: int
    kind: str
    about: str
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    answer: str | None


def ask(conn: Connection, kind: str, about: str, by: str, at: datetime) -> bool:
    """Ask for work. False when somebody has, and it is not done yet."""
    return insert_new(conn, _REQUESTS, [{"kind": kind, "about": about, "asked_by": by, "asked_at": at}]) == 1


def waiting(conn: Connection) -> list[Request]:
    """What is to be done, oldest first."""
    query = select(_REQUESTS).where(tables.IS_ASKED).order_by(_REQUESTS.c.id)
    return [Request(*row) for row in conn.execute(query)]


def end(conn: Connection, request_id: int, answer: str, at: datetime) -> bool:
    """It is done, or cannot be. False when somebody said so before."""
    asked = update(_REQUESTS).where(_REQUESTS.c.id == request_id, tables.IS_ASKED)
    return conn.execute(asked.values(ended_at=at, answer=answer)).rowcount == 1


def newest(conn: Connection, kind: str, since: datetime) -> Request | None:
    """The newest request of a kind that was made since a moment, done or not."""
    query = select(_REQUESTS).where(_REQUESTS.c.kind == kind, _REQUESTS.c.asked_at >= since)
    row = conn.execute(query.order_by(_REQUESTS.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else Request(*row)
