"""What is kept for how long (D35): the audit, and decisions and scores that others took the place of since.

Each step is a transaction of at most a thousand rows (D32). Audit rows go from the oldest on and never past one that
stays: what a later row tells is told from the rows after it (`audit`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from sqlalchemy import Connection, bindparam, delete, func, select, tuple_

from connector.model import CALLS
from connector.store import Store, tables
from connector.store.columns import as_number, as_seconds
from connector.store.runs import DONE
from connector.store.statements import run_raw

STEP = 1_000  # rows of one transaction
IDLE = 10  # runs looked at: there is one more each time

_AUDIT, _HISTORY, _RUNS, _SCORES = tables.audit, tables.decision_history, tables.runs, tables.scores
_FORGET = delete(_HISTORY).where(
    _HISTORY.c.account_key == bindparam("key"), _HISTORY.c.run == bindparam("made", type_=_HISTORY.c.run.type)
)

_FORGET_SCORE = delete(_SCORES).where(
    _SCORES.c.account_key == bindparam("key"), _SCORES.c.at == bindparam("noted", type_=_SCORES.c.at.type)
)

Place = tuple[str, str]
Moment = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class Retention:
    """Days the audit is kept, and days a decision or a score is after it was made if another took its place."""

    audit_days: int = 90
    history_days: int = 400


def forget(store: Store, retention: Retention, now: datetime) -> int:
    """Delete what is older than it is to be kept; returns how many rows those were. Raises StoreError."""
    history = now - timedelta(days=retention.history_days)
    with store.read() as conn:
        audited = _last_run_before(conn, now - timedelta(days=retention.audit_days))
        decided = _last_run_before(conn, history)
    scored = _forget_scores(store, history) if decided else 0  # no run, no score: not even a look at all of them
    return _forget_audit(store, audited) + _forget_history(store, decided) + scored


def forget_idle(store: Store, lane: str) -> None:
    """Of a lane that looks every few minutes keep no run that found nothing to do, but for the newest."""
    mine = select(_RUNS.c.id, _RUNS.c.counts).where(_RUNS.c.lane == lane, _RUNS.c.state == DONE)
    with store.write() as conn:
        newest = conn.execute(mine.order_by(_RUNS.c.id.desc()).limit(IDLE)).all()
        idle = [row.id for row in newest[1:] if set(row.counts) <= {CALLS}]
        conn.execute(delete(_RUNS).where(_RUNS.c.id.in_(idle)))


def _last_run_before(conn: Connection, at: datetime) -> str | None:
    run: str | None = conn.execute(select(func.max(_RUNS.c.id)).where(_RUNS.c.started_at < at)).scalar_one()
    return run


def _forget_audit(store: Store, last: str | None) -> int:
    forgotten = 0
    while last is not None:
        with store.write() as conn:
            oldest = conn.execute(select(_AUDIT.c.id, _AUDIT.c.run).order_by(_AUDIT.c.id).limit(STEP)).all()
            old = [row.id for row in takewhile(lambda row: as_number(row.run) <= as_number(last), oldest)]
            if old:
                conn.execute(delete(_AUDIT).where(_AUDIT.c.id <= old[-1]))
        forgotten += len(old)
        if len(old) < STEP:
            break
    return forgotten


def _forget_history(store: Store, last: str | None) -> int:
    """By key, because a table that is searched by account has no order of runs; read in pages outside of writes."""
    forgotten, after = 0, ("", "r-000000")
    while last is not None:
        with store.read() as conn:
            old = _page(conn, last, after)
        if not old:
            break
        with store.write() as conn:
            run_raw(conn, _FORGET, ("key", "made"), [(key, as_number(run)) for key, run in old])
        forgotten, after = forgotten + len(old), old[-1]
    return forgotten


def _page(conn: Connection, last: str, after: Place) -> list[Place]:
    place = tuple_(_HISTORY.c.account_key, _HISTORY.c.run)
    query = select(_HISTORY.c.account_key, _HISTORY.c.run).where(_HISTORY.c.run <= last, place > after)
    return [(row[0], row[1]) for row in conn.execute(query.order_by(*_HISTORY.primary_key).limit(STEP))]


def _forget_scores(store: Store, before: datetime) -> int:
    """What nobody's score was any more even before; what it is stands in the decision."""
    forgotten, after = 0, ("", datetime(1970, 1, 1, tzinfo=UTC))
    while True:
        with store.read() as conn:
            old = _score_page(conn, before, after)
        if not old:
            return forgotten
        with store.write() as conn:
            run_raw(conn, _FORGET_SCORE, ("key", "noted"), [(key, as_seconds(at)) for key, at in old])
        forgotten, after = forgotten + len(old), old[-1]


def _score_page(conn: Connection, before: datetime, after: Moment) -> list[Moment]:
    place = tuple_(_SCORES.c.account_key, _SCORES.c.at)
    query = select(_SCORES.c.account_key, _SCORES.c.at).where(_SCORES.c.at < before, place > after)
    return [(row[0], row[1]) for row in conn.execute(query.order_by(*_SCORES.primary_key).limit(STEP))]
