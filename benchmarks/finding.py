"""What a measure found: contestants side by side, the bar, and whether it was met."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.clients import ClientFailed, Sample
from benchmarks.environments import PeerMissing

Figures = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much to measure: `repeats` runs of what is timed, `rows` records, `many` where the bar asks for more."""

    repeats: int = 5
    rows: int = 10_000
    many: int = 100_000
    planned: int = 1_000_000
    slow_repeats: int = 1  # of what takes minutes


QUICK = Size(repeats=1, rows=1_000, many=2_000, planned=10_000)


@dataclass(frozen=True)
class Entry:
    """One contestant: figures for the table, raw samples for the JSON file."""

    contestant: str
    figures: Figures
    samples: Sequence[Sample] = ()
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """One bar. `met` is None where it cannot be judged, and `note` says why."""

    id: str
    title: str
    setting: str
    bar: str
    entries: Sequence[Entry]
    met: bool | None
    frames: Sequence[str] = ()
    note: str = ""
    judged: Figures = field(default_factory=dict)


def repeated(run: Callable[[], Sample], repeats: int) -> list[Sample]:
    """Several runs of the same, one after another."""
    return [run() for _ in range(repeats)]


def attempted(contestant: str, measure: Callable[[], Entry]) -> Entry:
    """A contestant's entry; one that is missing or fails says so in the table instead of ending the run."""
    try:
        return measure()
    except (PeerMissing, ClientFailed) as error:
        return Entry(contestant, {}, note=str(error)[-300:])


def middle(samples: Sequence[Sample], name: str) -> float:
    """The median of one figure."""
    return statistics.median(float(sample[name]) for sample in samples)


def spread(samples: Sequence[Sample], name: str, scale: float = 1.0, digits: int = 2) -> str:
    """`median (lowest to highest)`, or the one value there is."""
    values = sorted(float(sample[name]) * scale for sample in samples)
    said = f"{statistics.median(values):,.{digits}f}"
    return said if len(values) == 1 else f"{said} ({values[0]:,.{digits}f} to {values[-1]:,.{digits}f})"


def figure(entries: Sequence[Entry], contestant: str, name: str) -> float | None:
    """The median of a contestant's samples, or None when it did not run."""
    found = next((entry for entry in entries if entry.contestant == contestant), None)
    return middle(found.samples, name) if found and found.samples else None


NOT_CALLS = ("total", "429", "connections", "at_once")


def kinds(counts: Mapping[str, int]) -> str:
    """Calls by kind, as `read 5, write 10`."""
    return ", ".join(f"{kind} {count}" for kind, count in counts.items() if kind not in NOT_CALLS)
