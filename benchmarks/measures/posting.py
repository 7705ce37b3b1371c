"""R3: alerts and rungs posted once each, whatever Slack does meanwhile. Counted in the stand-in's messages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.finding import Entry, Finding, Size
from benchmarks.postgres import NoServer, emptied
from benchmarks.proof import crossings
from benchmarks.proof.crossings import Trial, Verdict
from connector.store import migrate

SCHEMA = "plsync_bench_store"
SMALL = 10_000  # below this size everything is small
STORES = ("SQLite", "PostgreSQL")


def posted(size: Size) -> list[Finding]:
    """R3, with the store on SQLite and on PostgreSQL."""
    trial = Trial(12, 8, 16, 4) if size.rows < SMALL else Trial()
    verdicts: dict[str, Verdict] = {}
    missing = ""
    for kind in STORES:
        try:
            with store_on(kind) as url:
                verdicts[kind] = crossings.run(url, trial)
        except NoServer as none:
            missing = str(none)
    judged = _judged(verdicts)
    return [
        Finding(
            "R3",
            "Alerts posted by two replicas that Slack fails and kills",
            f"{trial.crossings} crossings, a third of them taken by clicks that come two or three times or from two "
            f"people at once, the others left alone until all rungs were due; {trial.kills} SIGKILLs and "
            f"{trial.faults} faults at calls of chance's choice; two processes on one store, the time is told",
            "0 lost alerts, 0 duplicate posts, each rung once",
            [Entry(f"plsync, {kind}", _figures(verdict)) for kind, verdict in verdicts.items()],
            None if missing else not any(judged.values()),
            note=missing,
            judged=judged,
        )
    ]


@contextmanager
def store_on(kind: str) -> Iterator[str]:
    """The URL of a migrated store that goes away. Raises NoServer."""
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        if kind == "SQLite":
            url = f"sqlite:///{Path(folder) / 'store.db'}"
            migrate(url)
            yield url
            return
        with emptied(SCHEMA) as url:
            migrate(url)
            yield url


def _judged(verdicts: Mapping[str, Verdict]) -> dict[str, int]:
    every = verdicts.values()
    return {
        "alerts lost": sum(len(each.lost) for each in every),
        "alerts doubled": sum(len(each.doubled) for each in every),
        "rungs lost": sum(len(each.rungs_lost) for each in every),
        "rungs doubled": sum(len(each.rungs_doubled) for each in every),
        "clicks lost": sum(len(each.clicks_lost) for each in every),
        "clicks doubled": sum(len(each.clicks_doubled) for each in every),
        "posts nobody asked for": sum(len(each.strays) for each in every),
    }


def _figures(verdict: Verdict) -> dict[str, object]:
    return {
        "kills": ", ".join(f"{when} {count}" for when, count in sorted(verdict.kills.items())),
        "faults ordered": ", ".join(f"{name} {count}" for name, count in sorted(verdict.faults.items())),
        "clicks": verdict.clicks,
        "redelivered": verdict.redelivered,
        "messages": ", ".join(f"{purpose} {count}" for purpose, count in verdict.told.most_common()),
    }
