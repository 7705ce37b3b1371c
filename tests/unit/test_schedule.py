"""Ticks: instants on the clock face (D33)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.schedule import tick_at

moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))  # noqa: DTZ001  made aware at once


@pytest.mark.parametrize(
    ("minutes", "tick"),
    [(60, (15, 0)), (5, (15, 25)), (15, (15, 15)), (1, (15, 27))],
)
def test_ticks_are_round_times(minutes: int, tick: tuple[int, int]) -> None:
    """An hourly lane ticks on the hour, a five-minute lane at every fifth minute."""
    now = datetime(2026, 3, 18, 15, 27, 41, tzinfo=UTC)

    assert tick_at(now, minutes) == datetime(2026, 3, 18, *tick, tzinfo=UTC)


def test_a_tick_is_its_own() -> None:
    """At the very instant of a tick it is that one, not the one before."""
    now = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)

    assert tick_at(now, 60) == now


@given(moments, st.integers(1, 24 * 60), st.integers(-12, 12))
def test_replicas_agree(now: datetime, minutes: int, hours: int) -> None:
    """Two replicas in whatever zones name the same tick, at most one step ago."""
    elsewhere = now.astimezone(timezone(timedelta(hours=hours)))
    tick = tick_at(now, minutes)

    assert tick_at(elsewhere, minutes) == tick
    assert timedelta() <= now - tick < timedelta(minutes=minutes)
    assert tick_at(tick, minutes) == tick
