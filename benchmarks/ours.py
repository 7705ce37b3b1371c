"""plsync as a contestant: one sync, or one plan, in a process of its own. `python -m benchmarks.ours JOB`.

Job: warehouse (URL), store (URL), mappings (folder), crms (names), place (of the stand-ins), action (sync | plan |
retry), profile (say where the time went: cpu | wall), settings (by section of the configuration), columns (of the
accounts, where they are not the benchmark's).
"""

from __future__ import annotations

import cProfile
import os
import pstats
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import connector.destinations.hubspot
import connector.destinations.salesforce  # noqa: F401 - imported before the clock starts, as the peers are
from benchmarks import gauge
from benchmarks.rows import COLUMNS
from connector.planning import planning
from plsync import config as cfg
from plsync.commands import retry
from plsync.running import sync_once
from plsync.wiring import Plsync, opened

ROOT = Path(__file__).parents[1]
FRAMES = 3
Stats = dict[tuple[str, int, str], tuple[int, int, float, float, Any]]
# Functions whose whole time is a step's, by the end of their file's path.
STEPS = {
    "compare": (("connector/planning.py", "_moved"),),
    "warehouse": (("warehouse/reading.py", "records"),),
    "read": (("connector/reading.py", "read_live"),),
    "decide": (("connector/prepare.py", "_decide"),),
    "merge": (("connector/merging.py", "merge_record"),),
    "send": (("salesforce/writing.py", "send"), ("hubspot/writing.py", "send")),
    "remember": (
        ("store/ledger.py", "memories"),
        ("store/ledger.py", "commit_decisions"),
        ("store/ledger.py", "intend"),
        ("store/ledger.py", "settle"),
    ),
}


def work(job: gauge.Job) -> dict[str, Any]:
    """What the job asks for, and with `profile` the three frames that took most of it."""
    if not job.get("profile"):
        return _act(job)
    profile = cProfile.Profile(time.process_time if job["profile"] == "cpu" else time.perf_counter)
    told = profile.runcall(_act, job)
    return {**told, **where_time_went(profile)}


def _act(job: gauge.Job) -> dict[str, Any]:
    with opened(configuration(job)) as plsync:
        return _ACTIONS[job["action"]](plsync)


def _synced(plsync: Plsync) -> dict[str, Any]:
    run = sync_once(plsync)
    return {"planned": run.planned, "rejects": run.rejects, "counts": run.counts()}


def _planned(plsync: Plsync) -> dict[str, Any]:
    with planning(plsync.warehouse, plsync.ledger, plsync.basis, plsync.clock()) as plan:
        return {"planned": plan.planned, "compared": plan.compared}


def _retried(plsync: Plsync) -> dict[str, Any]:
    return {"code": retry.run(plsync, [], everything=True, as_json=True)}


_ACTIONS = {"sync": _synced, "plan": _planned, "retry": _retried}


def configuration(job: gauge.Job) -> cfg.Config:
    """The benchmark's configuration."""
    return cfg.parse(document_of(job), "benchmark")


def document_of(job: gauge.Job) -> dict[str, Any]:
    """The configuration as a document: whole daily share, so that no budget is in the way."""
    place = job.get("place") or {}
    os.environ.update(place.get("environment", {}))
    document: dict[str, Any] = {
        "environment": "benchmark",
        "warehouse": {
            "url": job["warehouse"],
            "accounts": {"relation": "accounts", "columns": job.get("columns", COLUMNS)},
        },
        "store": {"url": job["store"]},
        "mappings": {"folder": job["mappings"]},
        "limits": {"daily_share": 1.0},
    }
    for crm in job["crms"]:
        document[crm] = _section(crm, place)
    for section, values in job.get("settings", {}).items():
        document[section] = {**document.get(section, {}), **values}
    return document


def _section(crm: str, place: dict[str, Any]) -> dict[str, Any]:
    if crm == "hubspot":
        return {"access_token": "env:PLSYNC_HUBSPOT_TOKEN", "base_url": place["hubspot_url"]}
    return {
        "instance_url": place["salesforce_url"],
        "consumer_key": "env:PLSYNC_SALESFORCE_CONSUMER_KEY",
        "consumer_secret": "env:PLSYNC_SALESFORCE_CONSUMER_SECRET",
        "ca_bundle": place["ca_file"],
    }


def where_time_went(profile: cProfile.Profile) -> dict[str, Any]:
    """`frames`: the three functions with most time of their own. `split`: the share of each step of a sync."""
    stats: Stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    total = sum(own for _, _, own, _, _ in stats.values())
    heaviest = sorted(stats.items(), key=lambda item: -item[1][2])[:FRAMES]
    return {
        "frames": [f"{_place(where)} {row[2] / total:.0%} of its own ({row[0]:,} calls)" for where, row in heaviest],
        "split": {step: _spent(stats, functions) / total for step, functions in STEPS.items()},
    }


def _spent(stats: Stats, functions: Sequence[tuple[str, str]]) -> float:
    return sum(
        row[3]
        for (path, _, name), row in stats.items()
        if any(name == wanted and path.endswith(file) for file, wanted in functions)
    )


def _place(where: tuple[str, int, str]) -> str:
    path, line, name = where
    if path == "~":
        return name
    parts = Path(path).parts
    short = "/".join(parts[parts.index("site-packages") + 1 :]) if "site-packages" in parts else "/".join(parts[-2:])
    return f"{short}:{line} {name}"


if __name__ == "__main__":
    gauge.run(work)
