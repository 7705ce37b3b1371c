"""P6, P7, P8: planning a million rows of twenty columns, one in a hundred changed, and the memory it takes."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import clients
from benchmarks.clients import Sample
from benchmarks.finding import Entry, Finding, Size, middle, repeated, spread
from benchmarks.postgres import ONE_PERCENT, Accounts, NoServer, accounts
from benchmarks.scene import FIELDS_ONLY
from connector.store import migrate

IDS = ("P6", "P7", "P8")
RATIO = 1.5
MOST_MB = {"stream": 250, "first load": 250}
FLAT = 1.25  # how much more a tenfold warehouse may take and still be called flat


@dataclass(frozen=True)
class Planned:
    """Samples of every contestant at one size."""

    count: int
    first: Sample
    ours: Sequence[Sample]
    stream: Sequence[Sample]
    antijoin: Sequence[Sample]
    profiled: Sample


def findings(size: Size) -> list[Finding]:
    """At a tenth of the size for the memory, then at the size itself."""
    try:
        small, large = (_measured(count, size) for count in (size.planned // 10, size.planned))
    except NoServer as none:
        return [Finding(name, "Planning on PostgreSQL", "", "", [], None, note=str(none)) for name in IDS]
    setting = f"{size.planned:,} rows × 20 columns, 1 % changed, PostgreSQL, runs {len(large.ours)}"
    return [_p6(large, setting), _p7(large, setting), _p8(small, large)]


def _measured(count: int, size: Size) -> Planned:
    with accounts(count) as warehouse, tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        store = f"sqlite:///{Path(folder) / 'store.db'}"
        migrate(store)
        first = _run("plan", warehouse, store)
        _run("remember", warehouse, store)
        warehouse.run(ONE_PERCENT)
        return Planned(
            count,
            first,
            repeated(lambda: _run("plan", warehouse, store), size.slow_repeats),
            repeated(lambda: _run("stream", warehouse, store), size.slow_repeats),
            repeated(lambda: _run("antijoin", warehouse, store), size.repeats),
            _run("plan", warehouse, store, profile="cpu"),
        )


def _run(action: str, warehouse: Accounts, store: str, **options: Any) -> Sample:
    job = {"action": action, "warehouse": warehouse.url, "store": store, "mappings": str(FIELDS_ONLY), **options}
    return clients.run("benchmarks.planners", job)


def _p6(large: Planned, setting: str) -> Finding:
    return Finding(
        "P6",
        "Planning with the `warehouse` strategy",
        setting,
        f"≤ {RATIO} × the bare anti-join that fetches the same rows",
        [_entry("bare anti-join", large.antijoin)],
        None,
        note="Not judged: the `warehouse` strategy is not there yet.",
        judged={"antijoin": middle(large.antijoin, "seconds")},
    )


def _p7(large: Planned, setting: str) -> Finding:
    ours, bare = middle(large.ours, "seconds"), middle(large.stream, "seconds")
    met = ours <= RATIO * bare
    return Finding(
        "P7",
        "Planning with the `stream` strategy",
        setting,
        f"≤ {RATIO} × the bare SQLAlchemy stream",
        [_entry("plsync stream", large.ours), _entry("bare SQLAlchemy stream", large.stream)],
        met,
        frames=() if met else large.profiled["frames"],
        judged={"ours": ours, "bare": bare, "ratio": ours / bare},
    )


def _p8(small: Planned, large: Planned) -> Finding:
    peaks = {"stream": _peaks(small.ours, large.ours), "first load": _peaks([small.first], [large.first])}
    entries = [
        Entry(
            f"plsync, {name}", {f"peak MB, {small.count:,}": f"{low:.0f}", f"peak MB, {large.count:,}": f"{high:.0f}"}
        )
        for name, (low, high) in peaks.items()
    ]
    met = all(high <= MOST_MB[name] and high <= FLAT * low for name, (low, high) in peaks.items())
    return Finding(
        "P8",
        "Peak memory of a plan",
        f"{small.count:,} and {large.count:,} rows × 20 columns; the first load is planned, not sent",
        "warehouse ≤ 120 MB, stream ≤ 250 MB, first load ≤ 250 MB, flat as rows grow tenfold",
        entries,
        met,
        note="The `warehouse` strategy is not there yet.",
        judged={name: high for name, (_, high) in peaks.items()},
    )


def _peaks(small: Sequence[Sample], large: Sequence[Sample]) -> tuple[float, float]:
    return middle(small, "peak_mb"), middle(large, "peak_mb")


def _entry(name: str, samples: Sequence[Sample]) -> Entry:
    figures = {
        "wall s": spread(samples, "seconds", digits=1),
        "CPU s": spread(samples, "cpu_seconds", digits=1),
        "rows fetched or planned": f"{samples[-1]['planned']:,}",
        "peak MB": spread(samples, "peak_mb", digits=0),
    }
    return Entry(name, figures, samples)
