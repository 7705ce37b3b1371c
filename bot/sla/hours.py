"""Somebody's working hours, and the time between two moments counted in them.

Sums are made in UTC, so that the night on which clocks change is as long as it is. A time of day that clocks skip is
the moment they skip to; one that comes twice is meant the first time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[int, int]
"""From and to, in minutes since midnight; the end no longer belongs to it."""
Day = tuple[Interval, ...]
"""The intervals of one day, in order and apart."""
Span = tuple[datetime, datetime]
"""From and to, in UTC."""

FOREVER = datetime.max.replace(tzinfo=UTC)
OFFICE: Day = ((9 * 60, 17 * 60),)
OFFICE_WEEK: tuple[Day, ...] = (*([OFFICE] * 5), (), ())

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody works: `week` from Monday to Sunday, in their zone.

    `days` are dates with hours of their own, such as half days; they count before `holidays`. Raises ValueError where
    the week has no hour at all: nothing would ever be due.
    """

    zone: ZoneInfo
    week: tuple[Day, ...] = OFFICE_WEEK
    holidays: frozenset[date] = frozenset()
    days: Mapping[date, Day] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.week) != len(OFFICE_WEEK) or not any(self.week):
            raise ValueError("a week has seven days and an hour of work")

    def on(self, day: date) -> Day:
        """The intervals of a date."""
        if day in self.days:
            return self.days[day]
        return () if day in self.holidays else self.week[day.weekday()]


def is_open(at: datetime, hours: Hours) -> bool:
    """Whether somebody is at work."""
    return next_opening(at, hours) == at


def next_opening(at: datetime, hours: Hours) -> datetime:
    """When somebody is at work again: at once if they are."""
    return next(openings(hours, at))[0]


def opening_after_today(at: datetime, hours: Hours) -> datetime:
    """When somebody is at work again on a later day than this one of theirs."""
    midnight = datetime.combine(at.astimezone(hours.zone).date() + _DAY, time(), hours.zone)
    return next_opening(midnight.astimezone(UTC), hours)


def waits_until(at: datetime, hours: Hours) -> datetime | None:
    """Until when a direct message waits, so that nobody is rung outside their hours (D37); None: it may go now."""
    opens = next_opening(at, hours)
    return None if opens == at else opens


def elapsed(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """How much of the time between two moments lies in somebody's hours."""
    total = timedelta()
    for opens, closes in openings(hours, start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def openings(hours: Hours, since: datetime) -> Iterator[Span]:
    """The spans of work from a moment on, in order. Endless."""
    last, day = since.astimezone(UTC), since.astimezone(hours.zone).date()
    while True:
        for interval in hours.on(day):
            opens, closes = (_instant(day, minute, hours.zone) for minute in interval)
            if closes > last:
                yield max(opens, last), closes
                last = closes
        day += _DAY


def spend(spans: Iterable[Span], length: timedelta) -> datetime:
    """When so much time of the spans is over. The end of a span still belongs to it: eight hours from nine are five."""
    for opens, closes in spans:
        if length <= closes - opens:
            return opens + length
        length -= closes - opens
    raise ValueError("the spans end before so much time is over")


def without(spans: Iterable[Span], gaps: Sequence[Span]) -> Iterator[Span]:
    """What is left of the spans beside the gaps, which are in order and apart."""
    for opens, closes in spans:
        left = opens
        for begins, ends in gaps:
            if left < begins < closes:
                yield left, begins
            if begins < closes:
                left = max(left, ends)
        if left < closes:
            yield left, closes


def closing_after(start: datetime, days: int, hours: Hours) -> datetime:
    """When the last of so many working days closes, counted from the day after a moment."""
    day = start.astimezone(hours.zone).date()
    while days:
        day += _DAY
        days -= bool(hours.on(day))
    return _instant(day, hours.on(day)[-1][1], hours.zone)


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    return (datetime.combine(day, time(), zone) + timedelta(minutes=minute)).astimezone(UTC)
