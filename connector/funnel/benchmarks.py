"""What a conversion is judged against. Sources disagree, so a judgement always names whose band it used (K8)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from connector.funnel.metrics import Step

MINIMUM_COUNT = 30  # D46: a smaller denominator is shown, not graded


PROFILES = ("methodology_001", "measurement_000")
"""Those to judge by: the first is the default, and each stands in where the chosen one has no band."""


class Light(StrEnum):
    """A judgement at a glance."""

    GOOD = "good"
    WARNING = "warning"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A band of one source for `stage` as a share of `of`: below `low`, above `high`, or between, edges included.

    Below `floor` it is not merely low, and called `under`.
    """

    profile: str
    of: str
    stage: str
    low: float
    high: float
    below: str
    between: str
    above: str
    floor: float = 0.0
    under: str = ""


@dataclass(frozen=True, slots=True)
class Grade:
    """A judgement and whose it is."""

    word: str
    profile: str

    @property
    def light(self) -> Light:
        """What the word amounts to: whatever is neither as it should be nor broken is a warning."""
        return _LIGHTS.get(self.word, Light.WARNING)


_BROKEN, _STRICT, _LOOSE = "broken", "too strict", "far too loose"
_LIGHTS = {
    **dict.fromkeys(("good", "healthy", "in range", "median", "above median"), Light.GOOD),
    **dict.fromkeys(("red", _BROKEN, _STRICT, _LOOSE), Light.RED),
}


def _traffic_light(of: str, stage: str, red_below: float, good_above: float) -> Benchmark:
    return Benchmark("methodology_001", of, stage, red_below, good_above, "red", "warning", "good")


def _healthy(of: str, stage: str, low: float, high: float, floor: float = 0.0, under: str = "") -> Benchmark:
    return Benchmark("measurement_000", of, stage, low, high, "below", "healthy", "above", floor, under)


DEFAULT_BENCHMARKS = (
    _traffic_light("signup", "activated", 0.20, 0.35),  # H2, 001
    _healthy("signup", "activated", 0.25, 0.45),  # H2, 000
    _healthy("activated", "pql", 0.08, 0.20, 0.05, _STRICT),  # H3, 000 with the floor of 001 (I8, K7)
    Benchmark("article_003", "activated", "pql", 0.20, 0.25, "below median", "median", "above median"),  # H3, 003
    _traffic_light("pql", "opportunity", 0.15, 0.25),  # H4, 001
    _healthy("pql", "opportunity", 0.15, 0.35, 0.10, _BROKEN),  # H4, 000
    Benchmark("methodology_001", "pql", "paid", 0.15, 0.40, "too loose", "in range", "too tight"),  # H5, 001
    _healthy("mql", "sql", 0.25, 0.40, 0.20, _LOOSE),  # H9, 000
    _healthy("sql", "opportunity", 0.60, 0.80),  # H10, 000
)


def grade(step: Step, profile: str, benchmarks: tuple[Benchmark, ...] = DEFAULT_BENCHMARKS) -> Grade | None:
    """How a step stands against one profile's band, strictly: exactly 25 % is not above 25 % (rules, group h).

    None where the profile has no band for it, or fewer than `MINIMUM_COUNT` accounts stand below it (D46).
    """
    if step.conversion is None or is_small(step):
        return None
    for band in benchmarks:
        if (band.profile, band.of, band.stage) == (profile, step.of, step.stage):
            return Grade(_word(step.conversion, band), profile)
    return None


def judge(step: Step, profile: str) -> Grade | None:
    """As `grade`, by the chosen profile or else by another that has a band: the grade says by which."""
    found = (grade(step, one) for one in (profile, *PROFILES))
    return next((one for one in found if one), None)


def is_small(step: Step) -> bool:
    """Whether a share is of too few accounts to be graded by anybody (D46)."""
    return step.conversion is not None and (step.denominator or 0) < MINIMUM_COUNT


def _word(conversion: float, band: Benchmark) -> str:
    if conversion < band.floor:
        return band.under
    if conversion < band.low:
        return band.below
    return band.above if conversion > band.high else band.between
