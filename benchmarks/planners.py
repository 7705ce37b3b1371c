"""Contestants for planning, one per process: `python -m benchmarks.planners JOB`.

Action: plan (ours), remember (settle what ours plans, as if a CRM had taken it), stream (bare SQLAlchemy, every row),
antijoin (the database compares, the changed rows are fetched).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import NullPool, create_engine, text

from benchmarks import gauge, ours
from benchmarks.rows import COLUMNS
from connector.model import Outcome, OutcomeKind, Settled
from connector.plan import Planned
from connector.planning import planning
from connector.rules.decide import decide
from plsync.wiring import Plsync, opened

AT = datetime(2026, 6, 1, tzinfo=UTC)
CHUNK = 5_000
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
    """One decision serves for all: planning reads its fingerprint, not what it says."""
    first = decide(chunk[0].record, (), {}, plsync.folder.definitions, AT, AT)
    decided = [(replace(first, account_key=one.record.key), one.decide_fp) for one in chunk]
    plsync.ledger.commit_decisions(run, decided, [])
    for mapping in plsync.mappings:
        rows = [_settled(one, mapping.name) for one in chunk]
        plsync.ledger.settle(mapping.name, run, AT, rows)


def _settled(one: Planned, mapping: str) -> Settled:
    outcome = Outcome(one.record.key, OutcomeKind.UPDATED, f"001{one.record.key}")
    return Settled(outcome, one.wanted_fp[mapping], {}, {}, "key")


if __name__ == "__main__":
    gauge.run(work)
