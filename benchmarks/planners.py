"""Contestants for planning, one per process: `python -m benchmarks.planners JOB`.

Action: plan (ours), remember (settle what ours plans, as if a CRM had taken it), stream (bare SQLAlchemy, every row),
antijoin (the database compares, the changed rows are fetched).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from benchmarks import gauge, ours
from benchmarks.rows import COLUMNS
from connector.model import OutcomeKind
from connector.plan import Planned
from connector.planning import planning
from connector.store import tables
from connector.store.shapes import Shapes
from connector.store.statements import upsert
from plsync.wiring import Plsync, opened

AT = datetime(2026, 6, 1, tzinfo=UTC)
CHUNK = 1_000
NOWHERE = {
    "salesforce_url": "https://127.0.0.1:1",
    "ca_file": None,
    "environment": {"PLSYNC_SALESFORCE_CONSUMER_KEY": "none", "PLSYNC_SALESFORCE_CONSUMER_SECRET": "none"},
}
ANTIJOIN = """
SELECT accounts.* FROM accounts LEFT JOIN remembered USING (key)
WHERE remembered.digest IS DISTINCT FROM md5(accounts::text)
"""


def work(job: gauge.Job) -> dict[str, Any]:
    """The job's action; `planned` is how many rows it came away with."""
    action = job["action"]
    if action == "plan":
        return ours.work({**job, "crms": ["salesforce"], "place": NOWHERE})
    if action == "remember":
        return _remember(job)
    names = ", ".join(COLUMNS)
    return _fetched(job["warehouse"], ANTIJOIN if action == "antijoin" else f"SELECT {names} FROM accounts")  # noqa: S608


def _fetched(url: str, statement: str) -> dict[str, Any]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        rows = connection.execution_options(yield_per=1_000).execute(text(statement))
        return {"planned": sum(1 for _ in rows)}


def _remember(job: gauge.Job) -> dict[str, Any]:
    with (
        opened(ours.configuration({**job, "crms": ["salesforce"], "place": NOWHERE})) as plsync,
        planning(plsync.warehouse, plsync.ledger, plsync.basis, plsync.clock()) as plan,
    ):
        run = plsync.ledger.start_run("full", AT)
        for chunk in plan.chunks(CHUNK):
            _settle(plsync, run, chunk)
        plsync.ledger.finish_run(run, "done", AT, {}, None)
        return {"planned": plan.planned}


def _settle(plsync: Plsync, run: str, chunk: list[Planned]) -> None:
    """Planning reads fingerprints and links, not what was decided and written: one empty document serves for all."""
    with plsync.store.write() as conn:
        empty = Shapes(conn).pack({})
        decided = [
            {"account_key": one.record.key, "decide_fp": one.decide_fp, "run": run, "document": empty} for one in chunk
        ]
        upsert(conn, tables.decisions, decided, ("decide_fp", "run"))
        for mapping in plsync.mappings:
            settled = [
                {
                    "account_key": one.record.key,
                    "mapping": mapping.name,
                    "record_id": f"001{one.record.key}",
                    "wanted_fp": one.wanted_fp[mapping.name],
                    "written": empty,
                    "outcome": OutcomeKind.UPDATED.value,
                    "run": run,
                    "settled_at": AT,
                }
                for one in chunk
            ]
            upsert(conn, tables.memory, settled, ("wanted_fp", "run", "settled_at"))


if __name__ == "__main__":
    gauge.run(work)
