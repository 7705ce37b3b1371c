"""Latency and match rate (A5, A7)."""

from __future__ import annotations

import pytest

from connector.funnel.latency import Latency, latency_grade, match_grade, nearest_rank


@pytest.mark.parametrize(
    ("seconds", "grade"),
    [(0, "good"), (3_599.9, "good"), (3_600, "warning"), (86_400, "warning"), (86_400.1, "red")],
)
def test_latency_is_graded_strictly(seconds: float, grade: str) -> None:
    """Under one hour is good and over a day red; exactly one hour and exactly one day are neither (rules, group h)."""
    assert latency_grade(seconds) == grade


@pytest.mark.parametrize(
    ("matched", "known", "grade"),
    [(0, 0, None), (86, 100, "good"), (85, 100, "warning"), (70, 100, "warning"), (69, 100, "red")],
)
def test_match_rate_is_graded_strictly(matched: int, known: int, grade: str | None) -> None:
    """Above 85 % is good, below 70 % red, the edges are neither; without accounts there is no rate."""
    assert match_grade(matched, known) == grade


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 5), (0.51, 6), (0.95, 10), (1.0, 10)])
def test_nearest_rank(share: float, value: float) -> None:
    """Of the numbers 1 to 10 half do not exceed 5, and all but none exceed 10."""
    assert nearest_rank(range(1, 11), share) == value


def test_nothing_counted_is_no_figure() -> None:
    """No news is not news after zero seconds (D45)."""
    assert Latency().summary() is None
