"""Storms: new alerts of a tick that wait for a person's word (D37). Their facts stay in the outbox and are held there.

One storm at a time is undecided; ticks that trip the brake meanwhile join it. Facts of a run that was held and come
late go where the first ones went.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from connector.model import ALERT_WANTED
from connector.store import tables
from connector.store.facts import COLUMNS, IS_PLACE, FactRow, row_of
from connector.store.statements import insert_new, rows_in

RELEASE, BASELINE, DISCARD = "release", "baseline", "discard"
DECISIONS = (RELEASE, BASELINE, DISCARD)

_FACTS, _STORMS, _RUNS, _ALERTS = tables.facts, tables.storms, tables.storm_runs, tables.alerts


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm: why it is held, how many alerts one tick might have brought, how many are held, and who decided what."""

    id: int
    opened_at: datetime
    why: str
    most: int
    held: int
    decided: str | None
    decided_by: str | None
    decided_at: datetime | None


def of_run(conn: Connection, run: str) -> Storm | None:
    """The storm that a run's alerts went into."""
    query = select(_STORMS).join(_RUNS, _RUNS.c.storm == _STORMS.c.id).where(_RUNS.c.run == run)
    row = conn.execute(query).one_or_none()
    return None if row is None else _storm(row)


def join(conn: Connection, run: str, why: str, most: int, now: datetime) -> Storm:
    """Hold a run's alerts: with those that wait already, or in a storm of its own."""
    new = {"opened_at": now, "why": why, "most": most, "held": 0, "undecided": 1}
    row = None
    while row is None:  # somebody may decide on the one that waits just now
        insert_new(conn, _STORMS, [new])
        row = conn.execute(select(_STORMS).where(_STORMS.c.undecided == 1).with_for_update()).one_or_none()
    storm = _storm(row)
    insert_new(conn, _RUNS, [{"run": run, "storm": storm.id}])
    return of_run(conn, run) or storm


def hold(conn: Connection, storm_id: int, fact_ids: Collection[int]) -> Storm:
    """Keep facts that nobody took yet from being acted on, at most a thousand of them."""
    free = (_FACTS.c.id.in_(fact_ids), tables.IS_UNTAKEN, _FACTS.c.storm.is_(None))
    kinds = conn.execute(update(_FACTS).where(*free).values(storm=storm_id).returning(_FACTS.c.kind)).scalars()
    more = sum(kind == ALERT_WANTED for kind in kinds)
    here = update(_STORMS).where(_STORMS.c.id == storm_id).values(held=_STORMS.c.held + more)
    return _storm(conn.execute(here.returning(*_STORMS.c)).one())


def held_accounts(conn: Connection, keys: Sequence[str]) -> Mapping[str, int]:
    """The storms that hold something of these accounts, by account."""
    query = select(_FACTS.c.account_key, _FACTS.c.storm).where(tables.IS_UNTAKEN, _FACTS.c.storm.is_not(None))
    return {row.account_key: row.storm for row in rows_in(conn, query, _FACTS.c.account_key, keys)}


def decide(conn: Connection, storm_id: int, decision: str, by: str, at: datetime) -> Storm | None:
    """Take a person's word. None when somebody was first, or there is no such storm."""
    undecided = update(_STORMS).where(_STORMS.c.id == storm_id, _STORMS.c.undecided == 1)
    word = undecided.values(undecided=None, decided=decision, decided_by=by, decided_at=at)
    row = conn.execute(word.returning(*_STORMS.c)).one_or_none()
    return None if row is None else _storm(row)


def get(conn: Connection, storm_id: int) -> Storm | None:
    """One storm, or None."""
    row = conn.execute(select(_STORMS).where(_STORMS.c.id == storm_id)).one_or_none()
    return None if row is None else _storm(row)


def any_held(conn: Connection) -> bool:
    """Whether anything is held at all."""
    query = select(_FACTS.c.id).where(tables.IS_UNTAKEN, _FACTS.c.storm.is_not(None))
    return conn.execute(query.limit(1)).first() is not None


def to_carry_out(conn: Connection) -> list[Storm]:
    """Storms that somebody decided on and that still hold something."""
    holds = select(_FACTS.c.id).where(tables.IS_UNTAKEN, _FACTS.c.storm == _STORMS.c.id).exists()
    query = select(_STORMS).where(_STORMS.c.undecided.is_(None), holds).order_by(_STORMS.c.id)
    return [_storm(row) for row in conn.execute(query)]


def held(conn: Connection, storm_id: int, limit: int) -> list[FactRow]:
    """The oldest alerts that a storm holds, oldest first."""
    mine = (tables.IS_UNTAKEN, _FACTS.c.storm == storm_id, _FACTS.c.kind == ALERT_WANTED)
    return [row_of(row) for row in conn.execute(select(*COLUMNS).where(*mine).order_by(_FACTS.c.id).limit(limit))]


def let_go(conn: Connection, storm_id: int, limit: int) -> int:
    """Let the oldest facts of a storm be acted on as if nothing had held them; returns how many."""
    mine = select(_FACTS.c.id).where(tables.IS_UNTAKEN, _FACTS.c.storm == storm_id).order_by(_FACTS.c.id).limit(limit)
    freed = update(_FACTS).where(_FACTS.c.id.in_(mine), tables.IS_UNTAKEN).values(storm=None)
    return conn.execute(freed).rowcount


def wanted_by(conn: Connection, run: str) -> int:
    """How many alerts a run wants, those that were raised already among them.

    Not places in queues: they are lines of a digest, however many there are (D18).
    """
    query = select(func.count()).where(_FACTS.c.run == run, _FACTS.c.kind == ALERT_WANTED, ~IS_PLACE)
    return int(conn.execute(query).scalar_one())


def raised_since(conn: Connection, since: datetime) -> list[datetime]:
    """When each alert was raised, from a moment on."""
    return list(conn.execute(select(_ALERTS.c.raised_at).where(_ALERTS.c.raised_at >= since)).scalars())


def _storm(row: Row[Any]) -> Storm:
    return Storm(*(getattr(row, name) for name in Storm.__slots__))
