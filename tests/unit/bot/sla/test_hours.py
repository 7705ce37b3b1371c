"""Business time, as tables: the cases of rules (j) and of spec/slack D, DST, holidays, half days, breaks, zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.sla.amounts import Amount, Unit, due, parse
from bot.sla.hours import Hours, elapsed, is_open, next_opening, waits_until
from tests.unit.bot.sla.weeks import BERLIN, KOLKATA, LONDON, NEW_YORK, OFFICE, always, at, day, week

LEAD_ANGEL = week("10:00-18:00")
LUNCH = week("09:00-12:30", "13:30-17:00")
THANKSGIVING = week("09:00-17:00", off=(date(2026, 11, 26),))
HALF_DAYS = week(
    "09:00-17:00", off=(date(2026, 12, 25),), days={date(2026, 12, 24): day("09:00-13:00"), date(2026, 12, 31): ()}
)
SHIFTS = Hours(NEW_YORK, (day("22:00-24:00"), *[day("00:00-06:00", "22:00-24:00")] * 4, day("00:00-06:00"), ()))
SHORT_FRIDAY = Hours(NEW_YORK, (*[day("09:00-17:00")] * 4, day("09:00-13:00"), (), ()))

# 2026: January 16 is a Friday, March 8 and November 1 change the clocks of New York, March 29 and October 25 those of
# Berlin.
CASES = [
    # rules (j), SLA calendar, Monday to Friday 09:00-17:00
    pytest.param(OFFICE, "01-16 16:30", "1bh", "01-19 09:30", id="Friday 16:30, one hour: Monday 09:30"),
    pytest.param(OFFICE, "01-16 16:30", "4bh", "01-19 12:30", id="Friday 16:30, four hours: Monday 12:30"),
    pytest.param(OFFICE, "01-16 16:30", "8bh", "01-19 16:30", id="Friday 16:30, eight hours: Monday 16:30"),
    pytest.param(OFFICE, "01-17 11:00", "4bh", "01-19 13:00", id="Saturday 11:00: Monday 13:00"),
    pytest.param(OFFICE, "01-19 13:00", "4bh", "01-19 17:00", id="Monday 13:00: the end of the day belongs to it"),
    pytest.param(OFFICE, "01-19 13:01", "4bh", "01-20 09:01", id="Monday 13:01: Tuesday 09:01"),
    pytest.param(OFFICE, "01-19 08:00", "4bh", "01-19 13:00", id="before opening"),
    pytest.param(OFFICE, "01-19 17:00", "4bh", "01-20 13:00", id="at closing"),
    pytest.param(OFFICE, "01-19 09:00", "40bh", "01-23 17:00", id="a whole week"),
    pytest.param(OFFICE, "01-19 09:00", "0.5bh", "01-19 09:30", id="half an hour"),
    # published cases (spec/slack D)
    pytest.param(LEAD_ANGEL, "01-14 15:00", "10bh", "01-15 17:00", id="LeadAngel, Wednesday 15:00"),
    pytest.param(LEAD_ANGEL, "01-14 20:00", "10bh", "01-16 12:00", id="LeadAngel, Wednesday 20:00"),
    pytest.param(THANKSGIVING, "11-25 16:00", "2bh", "11-27 10:00", id="over Thanksgiving"),
    # holidays and half days
    pytest.param(THANKSGIVING, "11-26 10:00", "2bh", "11-27 11:00", id="on a holiday"),
    pytest.param(HALF_DAYS, "12-24 12:00", "2bh", "12-28 10:00", id="a half day, Christmas, a weekend"),
    pytest.param(HALF_DAYS, "12-24 09:00", "4bh", "12-24 13:00", id="the end of a half day belongs to it"),
    pytest.param(HALF_DAYS, "12-30 16:00", "2bh", "01-01 10:00", id="a day off that no calendar knows"),
    pytest.param(SHORT_FRIDAY, "01-16 12:00", "2bh", "01-19 10:00", id="every Friday is a half day"),
    # several intervals a day
    pytest.param(LUNCH, "01-19 11:30", "2bh", "01-19 14:30", id="over lunch"),
    pytest.param(LUNCH, "01-19 13:00", "1bh", "01-19 14:30", id="during lunch"),
    pytest.param(LUNCH, "01-19 09:00", "3.5bh", "01-19 12:30", id="the end of the morning belongs to it"),
    pytest.param(LUNCH, "01-19 16:00", "7bh", "01-20 16:00", id="a day with a break has seven hours"),
    pytest.param(SHIFTS, "01-19 23:00", "2bh", "01-20 01:00", id="past midnight, in two intervals that meet"),
    pytest.param(SHIFTS, "01-17 06:00", "1bh", "01-19 23:00", id="after the last shift of the week"),
    # clocks change
    pytest.param(always(), "03-08 00:30", "4bh", "03-08 05:30", id="the night of 23 hours"),
    pytest.param(always(), "11-01 00:30", "4bh", "11-01 03:30", id="the night of 25 hours"),
    pytest.param(OFFICE, "03-06 16:00", "2bh", "03-09 10:00", id="a weekend with a change, outside the hours"),
    pytest.param(week("09:00-17:00", zone=LONDON), "03-27 16:00", "2bh", "03-30 10:00", id="London, the same"),
    pytest.param(Hours(NEW_YORK, (day("01:00-04:00"),) * 7), "03-08 01:00", "2bh", "03-08 04:00", id="a gap inside"),
    pytest.param(Hours(NEW_YORK, (day("01:00-04:00"),) * 7), "11-01 01:00", "4bh", "11-01 04:00", id="an hour twice"),
    # clock hours and business days
    pytest.param(OFFICE, "01-16 16:30", "48h", "01-18 16:30", id="48 hours end on a Sunday"),
    pytest.param(always(), "03-07 12:00", "24h", "03-08 13:00", id="24 hours over a short night"),
    pytest.param(OFFICE, "01-19 10:00", "5bd", "01-26 17:00", id="five working days after a Monday"),
    pytest.param(OFFICE, "01-17 10:00", "1bd", "01-19 17:00", id="one after a Saturday"),
    pytest.param(THANKSGIVING, "11-25 10:00", "1bd", "11-27 17:00", id="a holiday is no working day"),
    pytest.param(HALF_DAYS, "12-23 10:00", "1bd", "12-24 13:00", id="a half day is one"),
]


def zoned(written: str, hours: Hours, after: datetime | None = None) -> datetime:
    """A moment in somebody's zone; in the next year where it would come before `after`."""
    moment = at(written, hours.zone)
    return moment if after is None or moment >= after else moment.replace(year=moment.year + 1)


@pytest.mark.parametrize(("hours", "start", "amount", "expected"), CASES)
def test_when_an_amount_is_over(hours: Hours, start: str, amount: str, expected: str) -> None:
    """Business hours begin with the next opening and end with the closing they fill; clock hours just pass."""
    begins = zoned(start, hours)
    assert due(begins, parse(amount), hours) == zoned(expected, hours, begins)


@pytest.mark.parametrize(("hours", "start", "amount", "expected"), CASES)
def test_elapsed_is_the_way_back(hours: Hours, start: str, amount: str, expected: str) -> None:
    """What was due after so many business hours has them behind it."""
    begins, wanted = zoned(start, hours), parse(amount)
    if wanted.unit is Unit.BUSINESS_HOURS:
        assert elapsed(begins, zoned(expected, hours, begins), hours) == wanted.length


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        pytest.param("01-16 16:30", "01-19 09:30", 60, id="over a weekend"),
        pytest.param("01-17 10:00", "01-18 22:00", 0, id="within a weekend"),
        pytest.param("01-19 10:00", "01-19 10:00", 0, id="no time at all"),
        pytest.param("01-19 11:00", "01-19 10:00", 0, id="backwards"),
        pytest.param("01-19 08:00", "01-19 18:00", 480, id="longer than a day"),
    ],
)
def test_elapsed(start: str, end: str, minutes: int) -> None:
    """Only what lies in the hours counts."""
    assert elapsed(at(start), at(end), OFFICE) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        pytest.param("01-19 09:00", "01-19 09:00", id="at opening"),
        pytest.param("01-19 12:00", "01-19 12:00", id="in the middle"),
        pytest.param("01-19 17:00", "01-20 09:00", id="at closing"),
        pytest.param("01-16 18:00", "01-19 09:00", id="on Friday evening"),
        pytest.param("01-19 03:00", "01-19 09:00", id="in the night"),
    ],
)
def test_the_next_opening(moment: str, opens: str) -> None:
    """A day begins with its first minute and is over at its last; a direct message waits for the opening (D37)."""
    assert next_opening(at(moment), OFFICE) == at(opens)
    assert is_open(at(moment), OFFICE) is (moment == opens)
    assert waits_until(at(moment), OFFICE) == (None if moment == opens else at(opens))


def test_hours_are_those_of_a_zone() -> None:
    """The same moment is work in Berlin, lunch in nobody's zone, evening in Kolkata, and too early in New York."""
    moment = datetime(2026, 1, 19, 13, 30, tzinfo=UTC)
    asked = {zone.key: is_open(moment, week("09:00-17:00", zone=zone)) for zone in (BERLIN, KOLKATA, NEW_YORK)}
    assert asked == {"Europe/Berlin": True, "Asia/Kolkata": False, "America/New_York": False}


def test_answers_are_in_utc_whatever_was_asked_in() -> None:
    """A moment in any zone gives the same answer."""
    moment = datetime(2026, 1, 16, 22, 30, tzinfo=BERLIN)
    answers = {due(asked, parse("1bh"), OFFICE) for asked in (moment, moment.astimezone(UTC))}
    assert answers == {at("01-19 09:30")}
    assert {answer.tzinfo for answer in answers} == {UTC}


def test_times_that_clocks_skip_are_the_moment_they_skip_to() -> None:
    """Work that would begin in the missing hour begins after it, and nothing overlaps."""
    skipped = Hours(NEW_YORK, (day("01:00-02:30", "03:00-04:00"),) * 7)
    assert elapsed(at("03-08 00:00"), at("03-08 12:00"), skipped) == timedelta(hours=2)


def test_a_week_without_work_is_refused() -> None:
    """Nothing would ever be due."""
    with pytest.raises(ValueError, match="an hour of work"):
        Hours(NEW_YORK, ((),) * 7)


@pytest.mark.parametrize("written", ["4bh", "0.5bh", "48h", "5bd", "1.25h", "120h"])
def test_amounts_are_written_as_they_are_read(written: str) -> None:
    """What a file says is what a message shows."""
    assert str(parse(written)) == written


@pytest.mark.parametrize(
    "written", ["", "4", "bh", "4 bh", "-1bh", "0bh", "4hb", "0.5bd", "4b", "1e3h", "٤bh", "4bh4h"]
)
def test_what_is_no_amount(written: str) -> None:
    """Anything else is refused with what to write."""
    with pytest.raises(ValueError, match=r"write it as|hours are more than 0"):
        parse(written)


def test_half_an_amount() -> None:
    """An alert is at risk at half of its time (D40)."""
    assert [str(parse(written).half) for written in ("4bh", "1bh", "24h")] == ["2bh", "0.5bh", "12h"]


def test_days_have_no_length() -> None:
    """Half a working day, or its hours, depend on whose day it is."""
    with pytest.raises(ValueError, match="no length"):
        _ = Amount(parse("5bd").number, Unit.BUSINESS_DAYS).length
