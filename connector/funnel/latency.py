"""How long news takes from the product to the CRM, and how well accounts are matched: counted in every run (A5, A7)."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

HOUR, DAY = 3_600.0, 86_400.0
GOOD_MATCH, POOR_MATCH = 0.85, 0.70


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Of so many, in seconds: the median, the 95th percentile, and the grade of the latter."""

    n: int
    p50: float
    p95: float
    grade: str


@dataclass
class Latency:
    """Seconds from an event to its arrival, one of each delivered record that brought one: eight bytes each."""

    seconds: array[float] = field(default_factory=lambda: array("d"))

    def add(self, seconds: float) -> None:
        """One more."""
        self.seconds.append(seconds)

    def summary(self) -> Percentiles | None:
        """What was counted; None where nothing was."""
        if not self.seconds:
            return None
        ordered = sorted(self.seconds)
        late = nearest_rank(ordered, 0.95)
        return Percentiles(len(ordered), nearest_rank(ordered, 0.5), late, latency_grade(late))


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of `ordered` does not exceed."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def latency_grade(seconds: float) -> str:
    """Strictly as printed: under an hour is good, more than a day is red, and an hour to the second is neither (A5)."""
    if seconds < HOUR:
        return "good"
    return "red" if seconds > DAY else "warning"


def match_grade(matched: int, known: int) -> str | None:
    """How many accounts have a record: above 85 % is good, below 70 % red (A7). None where there is none to match."""
    if not known:
        return None
    rate = matched / known
    return "good" if rate > GOOD_MATCH else "red" if rate < POOR_MATCH else "warning"
