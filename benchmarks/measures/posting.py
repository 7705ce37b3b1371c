"""R3, P10, P11: what people in Slack see of it: everything once, soon, and an answer to every click.

Counted and timed on Slack's side.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.clients import Sample
from benchmarks.finding import Entry, Finding, Size
from benchmarks.postgres import NoServer, emptied
from benchmarks.proof import clicks, crossings, freshness
from benchmarks.proof.crossings import Trial, Verdict
from connector.store import migrate

SCHEMA = "plsync_bench_store"
SMALL = 10_000  # below this size everything is small
SLACK_SECONDS = 2.0  # beside the polling interval
ACKNOWLEDGED_MS, TOO_LATE_MS = 300.0, 3_000.0
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


def fresh(size: Size) -> list[Finding]:
    """P10, on SQLite."""
    trial = freshness.Trial(400, 6, 2) if size.rows < SMALL else freshness.Trial()
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        found = freshness.run(Path(folder), trial)
    most = freshness.POLL.total_seconds() + SLACK_SECONDS
    latest = percentile(found.seconds, 95)
    met = latest <= most and not found.lost and not found.doubled
    return [
        Finding(
            "P10",
            "From a row that turns Hot to its message",
            f"{trial.rows:,} accounts, {trial.turning} turning Hot by chance over {trial.polls} polls a minute apart, "
            f"into {len(freshness.HOT_CHANNELS)} channels; shipped rules, one CRM, no daily most for a person. "
            "Between polls nothing is at work, and that time is skipped; "
            "everything else is real. Messages carry whole seconds, which are rounded up",
            f"p95 ≤ polling interval + {SLACK_SECONDS:.0f} s",
            [Entry("plsync", _soon(found), [{"seconds": found.seconds, "polled": found.polled}])],
            met,
            judged={"p95 in s": latest, "lost": len(found.lost), "doubled": len(found.doubled)},
        )
    ]


def _soon(found: freshness.Verdict) -> dict[str, object]:
    return {
        "p50 in s": percentile(found.seconds, 50),
        "p95 in s": percentile(found.seconds, 95),
        "most in s": max(found.seconds, default=0.0),
        "a poll in s": percentile(found.polled, 50),
        "longest poll in s": max(found.polled, default=0.0),
        "channels": found.channels,
    }


def clicked(size: Size) -> list[Finding]:
    """P11, with the store on SQLite and on PostgreSQL."""
    trial = clicks.Trial(60, 20, 4_000) if size.rows < SMALL else clicks.Trial()
    tolls: dict[str, clicks.Toll] = {}
    missing = ""
    for kind in STORES:
        try:
            with store_on(kind) as url, tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
                tolls[kind] = clicks.run(Path(folder), url, trial)
        except NoServer as none:
            missing = str(none)
    every = tolls.values()
    judged = {
        "p99 in ms": max(percentile(toll.milliseconds, 99) for toll in every),
        "unanswered within 3 s": sum(toll.unanswered for toll in every),
        "not durable": sum(toll.undurable for toll in every),
        "counted twice": sum(toll.twice for toll in every),
    }
    met = judged["p99 in ms"] <= ACKNOWLEDGED_MS and not any(list(judged.values())[1:])
    return [
        Finding(
            "P11",
            "From a click to its acknowledgement, beside a sync",
            f"{trial.clicks:,} clicks, {trial.per_second} a second, each on an alert of its own, while a first sync of "
            f"{trial.rows:,} accounts with the shipped rules writes the same store",
            f"p99 ≤ {ACKNOWLEDGED_MS:.0f} ms, none lost, none over {TOO_LATE_MS / 1000:.0f} s",
            [Entry(f"plsync, {kind}", _answered(toll), [_sampled(toll)]) for kind, toll in tolls.items()],
            None if missing else met,
            note=missing,
            judged=judged,
        )
    ]


def _sampled(toll: clicks.Toll) -> Sample:
    return {"milliseconds": toll.milliseconds, "seconds": toll.seconds, "synced": toll.synced}


def _answered(toll: clicks.Toll) -> dict[str, object]:
    return {
        **{f"p{share} in ms": percentile(toll.milliseconds, share) for share in (50, 90, 99)},
        "most in ms": max(toll.milliseconds, default=0.0),
        "unanswered": toll.unanswered,
        "not durable": toll.undurable,
        "sync at work": f"{toll.synced:.0f} of {toll.seconds:.0f} s",
    }


def percentile(values: Sequence[float], share: int) -> float:
    """The value that so many in a hundred do not exceed; infinite where there is none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] if ordered else math.inf
