"""Claims: one owner per job and tick, however many replicas wake up (D33)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select, update

from connector.store import tables
from connector.store.statements import insert_new

_CLAIMS = tables.claims


def claim(
    conn: Connection,
    job: str,
    tick: datetime,
    owner: str,
    now: datetime,
    lease_seconds: float,
    is_gone: Callable[[str], bool] = lambda _owner: False,
) -> bool:
    """Claim a job's tick for `lease_seconds`. False when it is done or somebody else's.

    An unfinished claim is taken over when its lease ran out, or at once when `is_gone` says of its owner that it died.
    """
    expires_at = now + timedelta(seconds=lease_seconds)
    row = {"job": job, "tick": tick, "owner": owner, "claimed_at": now, "expires_at": expires_at}
    return insert_new(conn, _CLAIMS, [row]) == 1 or _take_over(conn, job, tick, owner, now, expires_at, is_gone)


def _take_over(
    conn: Connection,
    job: str,
    tick: datetime,
    owner: str,
    now: datetime,
    expires_at: datetime,
    is_gone: Callable[[str], bool],
) -> bool:
    unfinished = (_CLAIMS.c.job == job, _CLAIMS.c.tick == tick, _CLAIMS.c.finished_at.is_(None))
    held = conn.execute(select(_CLAIMS.c.owner, _CLAIMS.c.expires_at).where(*unfinished)).one_or_none()
    if held is None or (held.expires_at > now and not is_gone(held.owner)):
        return False
    unchanged = (_CLAIMS.c.owner == held.owner, _CLAIMS.c.expires_at == held.expires_at)
    mine = update(_CLAIMS).where(*unfinished, *unchanged)
    return conn.execute(mine.values(owner=owner, claimed_at=now, expires_at=expires_at)).rowcount == 1


def renew(conn: Connection, job: str, tick: datetime, owner: str, now: datetime, lease_seconds: float) -> bool:
    """Extend the lease before the next chunk. False when the claim was lost: stop then."""
    still_mine = update(_CLAIMS).where(
        _CLAIMS.c.job == job, _CLAIMS.c.tick == tick, _CLAIMS.c.owner == owner, _CLAIMS.c.finished_at.is_(None)
    )
    return conn.execute(still_mine.values(expires_at=now + timedelta(seconds=lease_seconds))).rowcount == 1


def finish(conn: Connection, job: str, tick: datetime, at: datetime) -> None:
    """The tick's work is done, whoever did it. Whoever else believes to hold it fails to renew and stops."""
    done = update(_CLAIMS).where(_CLAIMS.c.job == job, _CLAIMS.c.tick == tick, _CLAIMS.c.finished_at.is_(None))
    conn.execute(done.values(finished_at=at))


def release(conn: Connection, job: str, tick: datetime, owner: str) -> None:
    """Give a claim back, so that anyone may have it next. Nothing when it was taken over meanwhile."""
    conn.execute(delete(_CLAIMS).where(_CLAIMS.c.job == job, _CLAIMS.c.tick == tick, _CLAIMS.c.owner == owner))


def first(conn: Connection, job: str) -> datetime | None:
    """Since when a job has been claimed at all; None when it never was."""
    since: datetime | None = conn.execute(select(func.min(_CLAIMS.c.claimed_at)).where(_CLAIMS.c.job == job)).scalar()
    return since


def holder(conn: Connection, job: str, tick: datetime) -> str | None:
    """Who holds an unfinished claim."""
    held = select(_CLAIMS.c.owner).where(_CLAIMS.c.job == job, _CLAIMS.c.tick == tick, _CLAIMS.c.finished_at.is_(None))
    return conn.execute(held).scalar_one_or_none()
