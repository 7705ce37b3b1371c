"""P6, P7, P8: planning a million rows of twenty columns, one in a hundred changed, and the memory it takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import clients, rows
from benchmarks.clients import Sample
from benchmarks.finding import Entry, Finding, Size, middle, spread
from benchmarks.postgres import ONE_PERCENT, SCHEMA, NoServer, accounts
from benchmarks.scene import FIELDS_ONLY
from connector.store import migrate

IDS = ("P6", "P7", "P8")
RATIO, RATIO_ELSEWHERE = 1.5, 3.0
MOST_MB = {"warehouse": 120, "stream": 250, "first load": 250}
FLAT = 1.25  # how much more a tenfold warehouse may take and still be called flat
MIRRORED = {"settings": {"warehouse": {"strategy": "warehouse", "fingerprint_schema": SCHEMA}}}


@dataclass(frozen=True)
class Planned:
    """Samples of every contestant at one size. `rebuilt` and `lagging` bring the mirror up before they compare."""

    count: int
    first: Sample
    rebuilt: Sample
    lagging: Sample
    mirrored: Sequence[Sample]
    antijoin: Sequence[Sample]
    ours: Sequence[Sample]
    stream: Sequence[Sample]
    profiled: Sample
    profiled_mirror: Sample


@dataclass(frozen=True)
class Elsewhere:
    """The same on SQLite, which has no hash of its own."""

    count: int
    ours: Sequence[Sample]
    stream: Sequence[Sample]
    profiled: Sample


def findings(size: Size) -> list[Finding]:
    """At a tenth of the size for the memory, then at the size itself."""
    try:
        small, large = (_measured(count, size) for count in (size.planned // 10, size.planned))
    except NoServer as none:
        return [Finding(name, "Planning on PostgreSQL", "", "", [], None, note=str(none)) for name in IDS]
    elsewhere = _elsewhere(size.planned // 10, size)
    setting = f"{size.planned:,} rows × 20 columns, 1 % changed, PostgreSQL, runs {len(large.ours)}"
    return [_p6(large, setting), _p7(large, elsewhere, setting), _p8(small, large)]


def _measured(count: int, size: Size) -> Planned:
    with accounts(count) as warehouse, _store() as store:
        first = _run("plan", warehouse.url, store)
        _run("remember", warehouse.url, store)
        rebuilt = _run("plan", warehouse.url, store, **MIRRORED)
        warehouse.run(ONE_PERCENT)
        _run("remember", warehouse.url, store)
        warehouse.run(ONE_PERCENT)
        lagging = _run("plan", warehouse.url, store, **MIRRORED)
        # Turn by turn, so that whatever else the machine does falls on all alike.
        turns = [
            (
                _run("plan", warehouse.url, store, **MIRRORED),
                _run("antijoin", warehouse.url, store),
                _run("plan", warehouse.url, store),
                _run("stream", warehouse.url, store),
            )
            for _ in range(max(size.slow_repeats, min(size.repeats, 3)))
        ]
        mirrored, antijoin, ours, stream = (list(samples) for samples in zip(*turns, strict=True))
        profiled = _run("plan", warehouse.url, store, profile="cpu")
        profiled_mirror = _run("plan", warehouse.url, store, profile="wall", **MIRRORED)
        return Planned(count, first, rebuilt, lagging, mirrored, antijoin, ours, stream, profiled, profiled_mirror)


def _elsewhere(count: int, size: Size) -> Elsewhere:
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder, _store() as store:
        path = Path(folder) / "warehouse.db"
        rows.write(path, count)
        url = f"sqlite:///{path}"
        _run("remember", url, store)
        rows.change(path, 1, count // 100)
        turns = [(_run("plan", url, store), _run("stream", url, store)) for _ in range(min(size.repeats, 3))]
        ours, stream = (list(samples) for samples in zip(*turns, strict=True))
        return Elsewhere(count, ours, stream, _run("plan", url, store, profile="cpu"))


@contextmanager
def _store() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        migrate(url)
        yield url


def _run(action: str, warehouse: str, store: str, **options: Any) -> Sample:
    job = {"action": action, "warehouse": warehouse, "store": store, "mappings": str(FIELDS_ONLY), **options}
    return clients.run("benchmarks.planners", job)


def _p6(large: Planned, setting: str) -> Finding:
    ours, bare = middle(large.mirrored, "seconds"), middle(large.antijoin, "seconds")
    met = ours <= RATIO * bare
    return Finding(
        "P6",
        "Planning with the `warehouse` strategy",
        setting,
        f"≤ {RATIO} × the bare anti-join that fetches the same rows",
        [
            _entry("plsync warehouse", large.mirrored),
            _entry("bare anti-join", large.antijoin),
            _entry("plsync warehouse, 1 % of its mirror brought up first", [large.lagging]),
            _entry("plsync warehouse, its mirror rebuilt first", [large.rebuilt]),
        ],
        met,
        frames=() if met else large.profiled_mirror["frames"],
        judged={"ours": ours, "bare": bare, "ratio": ours / bare},
    )


def _p7(large: Planned, elsewhere: Elsewhere, setting: str) -> Finding:
    ours, bare = middle(large.ours, "seconds"), middle(large.stream, "seconds")
    ratio_elsewhere = middle(elsewhere.ours, "seconds") / middle(elsewhere.stream, "seconds")
    met, met_elsewhere = ours <= RATIO * bare, ratio_elsewhere <= RATIO_ELSEWHERE
    frames = [*(() if met else large.profiled["frames"]), *(() if met_elsewhere else elsewhere.profiled["frames"])]
    return Finding(
        "P7",
        "Planning with the `stream` strategy",
        f"{setting}; SQLite with {elsewhere.count:,} rows",
        f"≤ {RATIO} × the bare SQLAlchemy stream on PostgreSQL, ≤ {RATIO_ELSEWHERE} × on SQLite",
        [
            _entry("plsync stream, PostgreSQL", large.ours),
            _entry("bare SQLAlchemy stream, PostgreSQL", large.stream),
            _entry("plsync stream, SQLite", elsewhere.ours),
            _entry("bare SQLAlchemy stream, SQLite", elsewhere.stream),
        ],
        met and met_elsewhere,
        frames=frames,
        judged={"ours": ours, "bare": bare, "ratio": ours / bare, "ratio on SQLite": ratio_elsewhere},
    )


def _p8(small: Planned, large: Planned) -> Finding:
    peaks = {
        "warehouse": _peaks(small.mirrored, large.mirrored),
        "stream": _peaks(small.ours, large.ours),
        "first load": _peaks([small.first], [large.first]),
    }
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
        ", ".join(f"{name} ≤ {most} MB" for name, most in MOST_MB.items()) + ", flat as rows grow tenfold",
        entries,
        met,
        frames=() if met else large.profiled["frames"],
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
