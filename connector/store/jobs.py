"""Bulk jobs under way, and what their records will have become (A2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from connector.model import BulkJob, Load, OpenJob
from connector.store import tables
from connector.store.statements import IN_LIST, rows_in

_JOBS, _INTENTS = tables.jobs, tables.intents


def begin(conn: Connection, opened: OpenJob) -> None:
    """Remember a job."""
    job = opened.job
    row = {"id": job.id, "destination": opened.destination, "mapping": opened.mapping, "run": opened.run_id}
    conn.execute(insert(_JOBS).values({**row, "object": job.object, "match_field": job.match_field}))


def put(conn: Connection, mapping: str, job_id: str, keys: Sequence[str]) -> None:
    """Records in flight go with a job. Those sent otherwise meanwhile do not."""
    mine = (_INTENTS.c.mapping == mapping) & _INTENTS.c.load.is_not(None)
    for start in range(0, len(keys), IN_LIST):
        some = _INTENTS.c.account_key.in_(keys[start : start + IN_LIST])
        conn.execute(update(_INTENTS).where(mine, some).values(job=job_id))


def under_way(conn: Connection) -> list[OpenJob]:
    """Jobs whose outcomes are not all remembered, oldest first."""
    rows = conn.execute(select(_JOBS).order_by(_JOBS.c.run, _JOBS.c.id))
    return [
        OpenJob(BulkJob(row.id, row.object, row.match_field), row.destination, row.mapping, row.run) for row in rows
    ]


def records(conn: Connection, mapping: str, job: BulkJob) -> dict[str, str]:
    """Account keys of the job's records in flight, by the name the job knows each by."""
    query = select(_INTENTS.c.account_key, _INTENTS.c.record_id)
    rows = conn.execute(query.where(_INTENTS.c.job == job.id, _INTENTS.c.mapping == mapping))
    return {row.account_key if job.match_field else row.record_id: row.account_key for row in rows}


def loads(conn: Connection, mapping: str, keys: Sequence[str]) -> dict[str, Load]:
    """What the records in flight will have become, of those that go with jobs."""
    query = select(_INTENTS.c.account_key, _INTENTS.c.load)
    mine = query.where(_INTENTS.c.mapping == mapping, _INTENTS.c.load.is_not(None))
    return {row.account_key: _unpacked(row.load) for row in rows_in(conn, mine, _INTENTS.c.account_key, keys)}


def end(conn: Connection, job_id: str) -> None:
    """Forget a job. Records still in flight with it are due again."""
    conn.execute(update(_INTENTS).where(_INTENTS.c.job == job_id).values(job=None))
    conn.execute(delete(_JOBS).where(_JOBS.c.id == job_id))


def packed(load: Load) -> dict[str, Any]:
    """As JSON."""
    changes = {name: list(pair) for name, pair in load.changes.items()}
    dated = {"signalled_at": load.signalled_at, "scored_at": load.scored_at}
    news = {name: at.isoformat() for name, at in dated.items() if at}
    told = {"restored": load.restored} if load.restored else {}
    return {"fp": load.wanted_fp, "changes": changes, "links": load.links, "held": load.held, **told, **news}


def _unpacked(row: dict[str, Any]) -> Load:
    changes = {name: (before, after) for name, (before, after) in row["changes"].items()}
    signalled, scored = (row.get(name) for name in ("signalled_at", "scored_at"))
    return Load(
        row["fp"],
        changes,
        row["links"],
        row["held"],
        datetime.fromisoformat(signalled) if signalled else None,
        datetime.fromisoformat(scored) if scored else None,
        row.get("restored", ""),
    )
