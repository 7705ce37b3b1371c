"""The storm brake: when one tick brings more new alerts than anybody can mean, a person decides (D37). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median

FLOOD, DEFINITIONS = "flood", "definitions"


@dataclass(frozen=True, slots=True)
class StormPolicy:
    """One tick may bring `floor` new alerts, or `times` those of the median day of the last `days` (D37)."""

    floor: int = 20
    times: float = 3.0
    days: int = 14


def daily(raised: Iterable[datetime], today: date, days: int) -> list[int]:
    """Alerts of each of the `days` before today (UTC); those before the first that had any say nothing."""
    counted = Counter(at.date() for at in raised)
    past = [counted[today - timedelta(days=back)] for back in range(days, 0, -1)]
    first = next((place for place, count in enumerate(past) if count), len(past))
    return past[first:]


def most(policy: StormPolicy, counts: Sequence[int]) -> int:
    """How many new alerts one tick may bring after days with so many."""
    return max(policy.floor, int(policy.times * median(counts))) if counts else policy.floor


def why(wanted: int, allowed: int, redefined: bool) -> str | None:
    """Why a tick that wants so many alerts is held, or None. After a change of definitions any is."""
    if wanted and redefined:
        return DEFINITIONS
    return FLOOD if wanted > allowed else None
