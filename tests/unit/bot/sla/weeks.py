"""Working hours and moments for tests of clocks, written as people say them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from bot.sla.hours import Day, Hours

NEW_YORK, BERLIN, KOLKATA = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
LONDON = ZoneInfo("Europe/London")


def day(*written: str) -> Day:
    """Intervals such as "09:00-17:00"."""
    return tuple((_minute(part.partition("-")[0]), _minute(part.partition("-")[2])) for part in written)


def _minute(written: str) -> int:
    hour, _, minute = written.partition(":")
    return int(hour) * 60 + int(minute)


def week(*written: str, zone: ZoneInfo = NEW_YORK, off: tuple[date, ...] = (), days: Mapping[date, Day] = {}) -> Hours:
    """The same hours from Monday to Friday."""
    return Hours(zone, (*[day(*written)] * 5, (), ()), frozenset(off), days)


def always(zone: ZoneInfo = NEW_YORK) -> Hours:
    """Round the clock, every day."""
    return Hours(zone, (day("00:00-24:00"),) * 7)


def at(written: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """A moment of 2026 such as "01-16 16:30", in UTC; the first one where it comes twice."""
    return datetime.strptime(f"2026-{written}", "%Y-%m-%d %H:%M").replace(tzinfo=zone).astimezone(UTC)


OFFICE = week("09:00-17:00")
