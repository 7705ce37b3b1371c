"""What a conversion is judged against. Sources disagree, so a judgement always names whose band it used (K8)."""

from __future__ import annotations

from dataclasses import dataclass

from connector.funnel.metrics import Step

MINIMUM_COUNT = 30  # D46: a smaller denominator is shown, not graded


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A band of one source for `stage` as a share of `of`: below `low`, above `high`, or between, edges included."""

    profile: str
    of: str
    stage: str
    low: float
    high: float
    below: str
    between: str
    above: str


@dataclass(frozen=True, slots=True)
class Grade:
    """A judgement and whose it is."""

    word: str
    profile: str


def _traffic_light(of: str, stage: str, red_below: float, good_above: float) -> Benchmark:
    return Benchmark("methodology_001", of, stage, red_below, good_above, "red", "warning", "good")


def _healthy(profile: str, of: str, stage: str, low: float, high: float) -> Benchmark:
    return Benchmark(profile, of, stage, low, high, "below", "healthy", "above")


DEFAULT_BENCHMARKS = (
    _traffic_light("signup", "activated", 0.20, 0.35),  # H2, 001
    _healthy("measurement_000", "signup", "activated", 0.25, 0.45),  # H2, 000
    _healthy("measurement_000", "activated", "pql", 0.08, 0.20),  # H3, 000
    Benchmark("article_003", "activated", "pql", 0.20, 0.25, "below median", "median", "above median"),  # H3, 003
    _traffic_light("pql", "opportunity", 0.15, 0.25),  # H4, 001
    _healthy("measurement_000", "pql", "opportunity", 0.15, 0.35),  # H4, 000
    Benchmark("methodology_001", "pql", "paid", 0.15, 0.40, "too loose", "in range", "too tight"),  # H5, 001
    _healthy("measurement_000", "mql", "sql", 0.25, 0.40),  # H9, 000
    _healthy("measurement_000", "sql", "opportunity", 0.60, 0.80),  # H10, 000
)


def grade(step: Step, profile: str, benchmarks: tuple[Benchmark, ...] = DEFAULT_BENCHMARKS) -> Grade | None:
    """How a step stands against one profile's band, strictly: exactly 25 % is not above 25 % (rules, group h).

    None where the profile has no band for it, or fewer than `MINIMUM_COUNT` accounts stand below it (D46).
    """
    if step.conversion is None or (step.denominator or 0) < MINIMUM_COUNT:
        return None
    for band in benchmarks:
        if (band.profile, band.of, band.stage) == (profile, step.of, step.stage):
            return Grade(_word(step.conversion, band), profile)
    return None


def _word(conversion: float, band: Benchmark) -> str:
    if conversion < band.low:
        return band.below
    return band.above if conversion > band.high else band.between
