"""When the next digest is due."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sla.flood import next_digest
from tests.unit.bot.sla.weeks import BERLIN, OFFICE, at, week

TWO = timedelta(hours=2)


@pytest.mark.parametrize(
    ("raised", "due"),
    [
        ("01-19 09:00", "01-19 11:00"),
        ("01-19 10:59", "01-19 11:00"),
        ("01-19 11:00", "01-19 13:00"),
        ("01-19 16:59", "01-19 17:00"),
        ("01-19 17:00", "01-20 09:00"),
        ("01-19 03:00", "01-19 09:00"),
        ("01-24 12:00", "01-26 09:00"),
    ],
)
def test_every_two_working_hours_and_at_the_opening(raised: str, due: str) -> None:
    """Counted from when the day began; what comes after hours is told when the next one begins (D37)."""
    assert next_digest(at(raised), OFFICE, TWO) == at(due)


def test_a_break_is_no_working_time() -> None:
    """Three hours before it and one after it are two turns."""
    hours = week("09:00-12:00", "13:00-17:00", zone=BERLIN)
    assert next_digest(at("01-19 11:30", BERLIN), hours, TWO) == at("01-19 14:00", BERLIN)
