"""The storm brake: how many new alerts one tick may bring (D37)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.brake import DEFINITIONS, FLOOD, StormPolicy, daily, most, why

TODAY = date(2026, 3, 16)
SHIPPED = StormPolicy()


def at(days_ago: int, hour: int = 12) -> datetime:
    day = TODAY - timedelta(days=days_ago)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("counts", "allowed"),
    [
        ([], 20),  # the first day: only the floor
        ([0] * 14, 20),
        ([6] * 14, 20),  # 3 × 6 is less than the floor
        ([7] * 14, 21),
        ([30] * 14, 90),
        ([10] * 10 + [0] * 4, 30),  # weekends do not pull the median down
        ([10] * 13 + [500], 30),  # nor does one storm push it up
        ([7, 8], 22),  # 3 × 7.5, and there are no half alerts
    ],
)
def test_a_tick_may_bring_twenty_or_three_median_days(counts: list[int], allowed: int) -> None:
    """max(20, 3 × trailing daily median) of D37."""
    assert most(SHIPPED, counts) == allowed


def test_numbers_are_the_policys() -> None:
    """Each default can be another."""
    assert most(StormPolicy(floor=5, times=1.5), [10, 10, 10]) == 15


def test_days_are_counted_from_the_first_with_an_alert() -> None:
    """Today is not over and does not count; empty days before the first alert say nothing, later ones do."""
    raised = [at(0), at(1), at(1, 23), at(3, 0), at(15)]
    assert daily(raised, TODAY, 14) == [1, 0, 2]
    assert daily([], TODAY, 14) == []
    assert daily([at(14)], TODAY, 14) == [1, *[0] * 13]


@pytest.mark.parametrize(
    ("wanted", "redefined", "reason"),
    [(20, False, None), (21, False, FLOOD), (1, True, DEFINITIONS), (0, True, None), (500, True, DEFINITIONS)],
)
def test_more_than_that_is_held_and_any_after_a_change_of_definitions(
    wanted: int, redefined: bool, reason: str | None
) -> None:
    """Exactly as many as allowed still go out; after a change not even one does."""
    assert why(wanted, 20, redefined) == reason
