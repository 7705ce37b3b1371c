"""Periods in people's words, each with the equal one before it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.funnel.periods import SPANS, UNITS, Period, period, recent

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday


def dates(one: Period | None) -> tuple[str, ...]:
    """Its four ends."""
    assert one is not None
    return tuple(f"{at:%Y-%m-%d}" for at in (one.since, one.until, one.before, one.before_until))


@pytest.mark.parametrize(
    ("words", "year_start", "ends"),
    [
        ("7d", 1, ("2026-11-18", "2026-11-25", "2026-11-11", "2026-11-18")),
        ("2w", 1, ("2026-11-11", "2026-11-25", "2026-10-28", "2026-11-11")),
        ("2026-10", 1, ("2026-10-01", "2026-11-01", "2026-09-01", "2026-10-01")),
        ("2026-01", 1, ("2026-01-01", "2026-02-01", "2025-12-01", "2026-01-01")),
        ("2026-Q3", 1, ("2026-07-01", "2026-10-01", "2026-04-01", "2026-07-01")),
        ("2026-q3", 2, ("2026-08-01", "2026-11-01", "2026-05-01", "2026-08-01")),
        ("2025", 1, ("2025-01-01", "2026-01-01", "2024-01-01", "2025-01-01")),
        ("2025", 2, ("2025-02-01", "2026-02-01", "2024-02-01", "2025-02-01")),
        ("last week", 1, ("2026-11-16", "2026-11-23", "2026-11-09", "2026-11-16")),
        ("last  Month", 1, ("2026-10-01", "2026-11-01", "2026-09-01", "2026-10-01")),
        ("last quarter", 1, ("2026-07-01", "2026-10-01", "2026-04-01", "2026-07-01")),
        ("last quarter", 2, ("2026-08-01", "2026-11-01", "2026-05-01", "2026-08-01")),
        ("last year", 1, ("2025-01-01", "2026-01-01", "2024-01-01", "2025-01-01")),
        ("last year", 2, ("2025-02-01", "2026-02-01", "2024-02-01", "2025-02-01")),
        ("this week", 1, ("2026-11-23", "2026-11-25", "2026-11-16", "2026-11-18")),
        ("this month", 1, ("2026-11-01", "2026-11-25", "2026-10-01", "2026-10-25")),
        ("this quarter", 1, ("2026-10-01", "2026-11-25", "2026-07-01", "2026-08-25")),
        ("this year", 12, ("2025-12-01", "2026-11-25", "2024-12-01", "2025-11-25")),
        ("2026-11", 1, ("2026-11-01", "2026-11-25", "2026-10-01", "2026-10-25")),
    ],
)
def test_words_mean_a_period(words: str, year_start: int, ends: tuple[str, ...]) -> None:
    """Whole ones against the whole one before; one that still runs against the same part of it."""
    assert dates(period(words, NOW, year_start)) == ends


@pytest.mark.parametrize(
    "words",
    ["", "0d", "3661d", "9999w", "7", "d", "2026-13", "2026-00", "2026-q5", "2026-12", "2027", "0000", "next week"],
)
def test_other_words_mean_none(words: str) -> None:
    """Nor does what has not begun."""
    assert period(words, NOW) is None


def test_the_last_day_of_a_long_month_has_an_equal_before() -> None:
    """31 March against February: no further than February goes."""
    march = datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert dates(period("this month", march)) == ("2026-03-01", "2026-03-31", "2026-02-01", "2026-03-01")


@given(
    st.sampled_from([*(f"{span} {unit}" for span in SPANS for unit in UNITS), "1d", "52w", "2026", "2026-q1"]),
    st.integers(0, 20_000).map(lambda hours: NOW + timedelta(days=100, hours=31 * hours)),
    st.integers(1, 12),
)
def test_a_period_follows_the_one_before(words: str, now: datetime, year_start: int) -> None:
    """They never overlap, and nothing is counted that has not happened."""
    one = period(words, now, year_start)
    assert one is not None
    assert one.before <= one.before_until <= one.since <= one.until <= now


def test_without_words_it_is_the_last_thirty_days() -> None:
    """And the thirty before."""
    assert recent(NOW) == period("30d", NOW)
