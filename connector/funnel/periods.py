"""Periods in the words people use, and the equal one before each: what a change is a change against (D46).

    7d  2w                       so many days or weeks until now
    2026-10  2026-q3  2026       a month, a quarter, a year
    this week | month | quarter | year     what has passed of it; the same part of the one before it to compare with
    last week | month | quarter | year     all of it

Weeks begin on Monday, days in UTC; quarters and years with the fiscal year, which is named after the one it begins in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

RECENT = timedelta(days=30)
_LONGEST = timedelta(days=3_660)
_ROLLING = re.compile(r"([1-9]\d{0,3})([dw])")
_NAMED = re.compile(r"((?:19[789]|20\d|21\d)\d)(?:-(?:q([1-4])|(0[1-9]|1[0-2])))?")
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
SPANS = ("this", "last")
UNITS = ("week", *_MONTHS)


@dataclass(frozen=True, slots=True)
class Period:
    """since <= time < until, and the equal period before it: before <= time < before_until."""

    since: datetime
    until: datetime
    before: datetime
    before_until: datetime


def period(words: str, now: datetime, year_start: int = 1) -> Period | None:
    """What the words mean at a moment; None where they mean no period, or one that has not begun.

    `year_start` is the month the fiscal year begins in.
    """
    said = " ".join(words.casefold().split())
    if rolling := _ROLLING.fullmatch(said):
        return _rolling(int(rolling[1]) * (7 if rolling[2] == "w" else 1), now)
    if named := _NAMED.fullmatch(said):
        return _begun(_named(int(named[1]), named[2], named[3], year_start), now)
    which, _, unit = said.partition(" ")
    if which not in SPANS or unit not in UNITS:
        return None
    since, before = _around(unit, now, year_start)
    if which == "this":
        return Period(since, now, before, min(before + (now - since), since))
    earlier, _ = _around(unit, before - timedelta(days=1), year_start)
    return Period(before, since, earlier, before)


def recent(now: datetime) -> Period:
    """The period where nobody names one: the last 30 days."""
    return Period(now - RECENT, now, now - 2 * RECENT, now - RECENT)


def _rolling(days: int, now: datetime) -> Period | None:
    length = timedelta(days=days)
    return Period(now - length, now, now - 2 * length, now - length) if length <= _LONGEST else None


def _named(year: int, quarter: str | None, month: str | None, year_start: int) -> Period:
    """A month of the calendar, or a quarter or all of a fiscal year."""
    if month:
        first, months = _month(year, int(month)), 1
    elif quarter:
        first, months = _month(year, year_start + 3 * (int(quarter) - 1)), 3
    else:
        first, months = _month(year, year_start), 12
    return Period(first, _later(first, months), _later(first, -months), first)


def _begun(one: Period, now: datetime) -> Period | None:
    """As far as it has passed; the one before is cut at the same place."""
    if one.until <= now:
        return one
    return (
        Period(one.since, now, one.before, min(one.before + (now - one.since), one.since)) if one.since < now else None
    )


def _around(unit: str, now: datetime, year_start: int) -> tuple[datetime, datetime]:
    """When the unit that `now` is in began, and the one before it."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday - timedelta(days=7)
    months = _MONTHS[unit]
    first = day.replace(day=1)
    began = _later(first, -((first.month - year_start) % 12 % months if unit != "month" else 0))
    return began, _later(began, -months)


def _later(first: datetime, months: int) -> datetime:
    return _month(first.year, first.month + months)


def _month(year: int, month: int) -> datetime:
    """The beginning of a month, counted on from January of a year."""
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)
