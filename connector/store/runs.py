"""Runs: which lane ran when, how it ended, and what became of its records in numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from connector.errors import StoreError
from connector.store import tables

RUNNING, DONE, REFUSED, FAILED = "running", "done", "refused", "failed"

_RUNS = tables.runs
_RUN_ID = re.compile(r"r-\d{1,18}")


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of a lane. `finished_at` is None while it runs, and for ever when its process died."""

    id: str
    lane: str
    state: str
    started_at: datetime
    finished_at: datetime | None
    counts: Mapping[str, Any]
    error: str | None


def start(conn: Connection, lane: str, at: datetime) -> str:
    """Begin a run of a lane and return its id: "r-000001", then the next number."""
    row = {"lane": lane, "state": RUNNING, "started_at": at, "counts": {}}
    run_id: str = conn.execute(insert(_RUNS).values(row).returning(_RUNS.c.id)).scalar_one()
    return run_id


def finish(
    conn: Connection, run_id: str, state: str, at: datetime, counts: Mapping[str, Any], error: str | None
) -> None:
    """Record how a run ended. Raises StoreError when there is no such run."""
    ended = {"state": state, "finished_at": at, "counts": dict(counts), "error": error}
    if not conn.execute(update(_RUNS).where(_RUNS.c.id == run_id).values(ended)).rowcount:
        raise StoreError(f"run {run_id} is not in the store: was the store replaced while it ran? Run again")


def note(conn: Connection, run_id: str, name: str, told: Mapping[str, Any]) -> None:
    """Keep one more thing with a run that ended."""
    here = _RUNS.c.id == run_id
    counts = conn.execute(select(_RUNS.c.counts).where(here)).scalar_one()
    conn.execute(update(_RUNS).where(here).values(counts={**counts, name: dict(told)}))


def latest(conn: Connection, limit: int) -> list[RunRow]:
    """The newest runs, newest first."""
    return [_run(row) for row in conn.execute(select(_RUNS).order_by(_RUNS.c.id.desc()).limit(limit))]


def last_done(conn: Connection, lane: str) -> RunRow | None:
    """The lane's newest run that ended well."""
    ended_well = select(_RUNS).where(_RUNS.c.lane == lane, _RUNS.c.state == DONE)
    row = conn.execute(ended_well.order_by(_RUNS.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def last_word(conn: Connection, lane: str) -> RunRow | None:
    """The lane's newest run that ended well or failed: neither refused, nor stopped by a person, nor at work."""
    told = select(_RUNS).where(_RUNS.c.lane == lane, _RUNS.c.state.in_((DONE, FAILED)))
    row = conn.execute(told.order_by(_RUNS.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def refused_since_done(conn: Connection, lane: str) -> list[RunRow]:
    """The lane's refused runs since one ended well, oldest first: their plans wait for a person's word (D25)."""
    done = last_done(conn, lane)
    refused = select(_RUNS).where(_RUNS.c.lane == lane, _RUNS.c.state == REFUSED)
    if done is not None:
        refused = refused.where(_RUNS.c.id > done.id)
    return [_run(row) for row in conn.execute(refused.order_by(_RUNS.c.id))]


def get(conn: Connection, run_id: str) -> RunRow | None:
    """One run, or None when no run has that id."""
    if not _RUN_ID.fullmatch(run_id):
        return None
    row = conn.execute(select(_RUNS).where(_RUNS.c.id == run_id)).one_or_none()
    return None if row is None else _run(row)


def _run(row: Row[Any]) -> RunRow:
    return RunRow(row.id, row.lane, row.state, row.started_at, row.finished_at, row.counts, row.error)
