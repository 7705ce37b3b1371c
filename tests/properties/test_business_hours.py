"""Laws of business time, and an independent implementation as the oracle: businesstimedelta.

It counts a day on which clocks change as 24 hours, so hours that are compared with it keep away from the night.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytz
from businesstimedelta import BusinessTimeDelta, HolidayRule, LunchTimeRule, Rules, WorkDayRule
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sla.amounts import Amount, Unit, due
from bot.sla.history import History
from bot.sla.hours import FOREVER, Day, Hours, elapsed, is_open, next_opening
from bot.sla.policy import HOT
from bot.sla.rungs import rungs

law = settings(max_examples=200, deadline=None)
ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "UTC")
FAR = date(2029, 7, 1)  # the oracle looks five years ahead for a holiday and must find one

zones = st.sampled_from(ZONES)
moments = st.integers(0, 3 * 365 * 86_400).map(
    lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
amounts = st.integers(1, 60 * 60).map(lambda minutes: timedelta(minutes=minutes))
dates = st.dates(date(2025, 1, 1), date(2028, 6, 1))


@st.composite
def offices(draw: st.DrawFn) -> tuple[Hours, Rules]:
    """The same office for both: opening hours with or without a break, some days a week, some holidays."""
    opens = draw(st.integers(5 * 60, 12 * 60))
    closes = draw(st.integers(opens + 60, 23 * 60))
    week = draw(st.sets(st.integers(0, 6), min_size=1))
    off = {FAR, *draw(st.sets(dates, max_size=20))}
    zone = draw(zones)
    tz = pytz.timezone(zone)
    rules = [
        WorkDayRule(_time(opens), _time(closes), sorted(week), tz=tz),
        HolidayRule(sorted(off), tz=tz),
    ]
    day: Day = ((opens, closes),)
    if draw(st.booleans()):
        begins = draw(st.integers(opens + 5, closes - 10))
        ends = draw(st.integers(begins + 1, closes - 5))
        rules.append(LunchTimeRule(_time(begins), _time(ends), sorted(week), tz=tz))
        day = ((opens, begins), (ends, closes))
    days = tuple(day if weekday in week else () for weekday in range(7))
    return Hours(ZoneInfo(zone), days, frozenset(off)), Rules(rules)


@st.composite
def any_hours(draw: st.DrawFn) -> Hours:
    """Whatever a week may look like, nights and clock changes included."""
    week = draw(st.lists(days(), min_size=7, max_size=7).filter(any))
    special = draw(st.dictionaries(dates, days(), max_size=10))
    return Hours(ZoneInfo(draw(zones)), tuple(week), draw(st.frozensets(dates, max_size=10)), special)


def days() -> st.SearchStrategy[Day]:
    """Up to three intervals, in order and apart."""
    edges = st.lists(st.integers(0, 24 * 60), max_size=6, unique=True).map(sorted)
    return edges.map(lambda found: tuple(zip(found[::2], found[1::2], strict=False)))


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))


@law
@given(offices(), moments, amounts)
def test_due_is_the_oracles(office: tuple[Hours, Rules], start: datetime, length: timedelta) -> None:
    """The moment an amount is over."""
    ours, theirs = office
    assert due(start, _business(length), ours) == start + BusinessTimeDelta(theirs, timedelta=length)


@law
@given(offices(), moments, st.integers(0, 40 * 86_400))
def test_elapsed_is_the_oracles(office: tuple[Hours, Rules], start: datetime, seconds: int) -> None:
    """The business time between two moments."""
    ours, theirs = office
    end = start + timedelta(seconds=seconds)
    assert elapsed(start, end, ours) == theirs.difference(start, end).timedelta


@law
@given(any_hours(), moments, amounts)
def test_what_is_due_has_elapsed(hours: Hours, start: datetime, length: timedelta) -> None:
    """Through every night and clock change; and a minute more is due later."""
    over = due(start, _business(length), hours)
    assert elapsed(start, over, hours) == length
    assert over < due(start, _business(length + timedelta(minutes=1)), hours)


@law
@given(any_hours(), st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_time_adds_up(hours: Hours, found: list[datetime]) -> None:
    """What elapsed before and after the moment between is what elapsed in all, and no more than the clock says."""
    first, between, last = found
    parts = elapsed(first, between, hours) + elapsed(between, last, hours)
    assert parts == elapsed(first, last, hours) <= last - first


@law
@given(any_hours(), moments)
def test_the_next_opening_is_open(hours: Hours, at: datetime) -> None:
    """It is now or later, somebody is at work then, and nothing elapses before."""
    opens = next_opening(at, hours)
    assert opens >= at
    assert is_open(opens, hours)
    assert elapsed(at, opens, hours) == timedelta()


@law
@given(any_hours(), moments, st.integers(1, 5_000), st.integers(1, 5_000))
def test_sleep_hides_no_rung(hours: Hours, raised: datetime, minutes: int, slept: int) -> None:
    """A snooze moves rungs later or leaves them, drops none, and brings none forward."""
    begins = raised + timedelta(minutes=minutes)
    asleep = History(asleep=((begins, begins + timedelta(minutes=slept)),))
    awake = {one.rung: one.at for one in rungs(HOT, raised, hours)}
    later = {one.rung: one.at for one in rungs(HOT, raised, hours, asleep)}
    assert set(later) == set(awake)
    assert all(later[rung] >= at for rung, at in awake.items())
    assert all(later[rung] == at for rung, at in awake.items() if at <= begins)


@law
@given(any_hours(), moments, st.integers(1, 5_000))
def test_an_acknowledgement_changes_no_outreach(hours: Hours, raised: datetime, minutes: int) -> None:
    """It takes its own two rungs away and leaves the others where they were (D40)."""
    held = History(held=((raised + timedelta(minutes=minutes), FOREVER),))
    before, after = rungs(HOT, raised, hours), rungs(HOT, raised, hours, held)
    assert after == [one for one in before if not one.rung.startswith("acknowledge")]


def _business(length: timedelta) -> Amount:
    return Amount(Decimal(length // timedelta(minutes=1)) / 60, Unit.BUSINESS_HOURS)
