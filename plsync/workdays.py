"""Who works when, read from people.toml: `[company]`, and what people have of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from bot import calendars
from bot.sla.hours import OFFICE_WEEK, Day, Hours, Interval
from bot.sla.roster import Member, Place, Roster
from connector.rules.reading import Problems, Table, nearest

WHERE = "mappings/people.toml"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFF = "off"

_KEYS = {"zone", "hours", "days", "country", "subdivision"}
_INTERVAL = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*[-–]\s*([0-9]{1,2}):([0-9]{2})")
_MIDNIGHT = 24 * 60
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class _Given:
    """What a table says itself; None: nothing, so the company's counts."""

    zone: ZoneInfo | None
    week: tuple[Day, ...] | None
    days: Mapping[date, Day]
    place: Place | None


def read_roster(document: Table, problems: Problems) -> Roster:
    """Everybody's hours, without holidays. Notes unknown zones and countries, and hours that cannot be worked."""
    where = f"{WHERE} [company]"
    table = problems.table(where, document.get("company"))
    problems.only(where, table, _KEYS)
    company = _given(where, table, None, problems)
    people = document.get("people")
    members = {
        email.lower(): _member(email.lower(), row, company, problems)
        for email, row in (people if isinstance(people, Mapping) else {}).items()
        if isinstance(row, Mapping)  # what is none is said by who reads people for their accounts
    }
    return Roster(_hours(company, company), company.place, members)


def _member(email: str, row: Table, company: _Given, problems: Problems) -> Member:
    given = _given(f'{WHERE} [people."{email}"]', row, company.place, problems)
    return Member(
        email=email,
        hours=_hours(given, company),
        place=given.place or company.place,
        role=str(row.get("role", "")),
        team=_text(row, "team"),
        manager=manager.lower() if (manager := _text(row, "manager")) else None,
        zoned=given.zone is not None or row.get("active") is False,
    )


def _hours(given: _Given, company: _Given) -> Hours:
    zone, week = given.zone or company.zone or _UTC, given.week or company.week or OFFICE_WEEK
    return Hours(zone, week, days={**company.days, **given.days})


def _given(where: str, table: Table, usual: Place | None, problems: Problems) -> _Given:
    return _Given(
        zone=_zone(where, table, problems),
        week=_week(where, table["hours"], problems) if "hours" in table else None,
        days=_days(where, table, problems),
        place=_place(where, table, usual, problems),
    )


def _zone(where: str, table: Table, problems: Problems) -> ZoneInfo | None:
    name = problems.text(where, table, "zone") if "zone" in table else ""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what it raises depends on what the name looks like
        problems.add(where, f'unknown zone "{name}"; {nearest(name, available_timezones())}')
        return None


def _place(where: str, table: Table, usual: Place | None, problems: Problems) -> Place | None:
    """The country with its part; a part alone is one of the company's country."""
    if "country" not in table and "subdivision" not in table:
        return None
    country = problems.text(where, table, "country", usual.country if usual else None).upper()
    if problems.choice(where, "country", country, known := calendars.countries()) not in known:
        return None
    part = problems.text(where, table, "subdivision") if "subdivision" in table else None
    if part and part not in calendars.subdivisions(country):
        problems.unknown(where, f"subdivision of {country}", part, calendars.subdivisions(country))
        return None
    return Place(country, part or None)


def _week(where: str, value: object, problems: Problems) -> tuple[Day, ...] | None:
    """The same from Monday to Friday where it is a text, else day by day."""
    if isinstance(value, str):
        week = (*[_day(where, "hours", value, problems)] * 5, (), ())
    else:
        table = problems.table(f"{where} hours", value)
        problems.only(f"{where} hours", table, WEEKDAYS)
        week = tuple(_day(where, f"hours.{day}", table.get(day, OFF), problems) for day in WEEKDAYS)
    if any(week):
        return week
    problems.add(where, '"hours" has no hour of work; write it as in "09:00-12:30, 13:30-17:00"')
    return None


def _days(where: str, table: Table, problems: Problems) -> dict[date, Day]:
    """Dates with hours of their own."""
    found = {}
    for written, value in problems.table(f"{where} days", table.get("days")).items():
        try:
            day = date.fromisoformat(written)
        except ValueError:
            problems.add(f"{where} days", f'"{written}" is no date such as 2030-12-24')
            continue
        found[day] = _day(where, f"days.{written}", value, problems)
    return found


def _day(where: str, key: str, value: object, problems: Problems) -> Day:
    if value == OFF:
        return ()
    if not isinstance(value, str):
        problems.add(where, f'"{key}" must be "{OFF}" or hours such as "09:00-12:30, 13:30-17:00", not {value!r}')
        return ()
    intervals = [_interval(where, key, part.strip(), problems) for part in value.split(",")]
    day = tuple(sorted(interval for interval in intervals if interval))
    for (_, ends), (begins, _) in pairwise(day):
        if begins < ends:
            problems.add(where, f'"{key}" has intervals that overlap: "{value}"')
            return ()
    return day


def _interval(where: str, key: str, written: str, problems: Problems) -> Interval | None:
    found = _INTERVAL.fullmatch(written)
    begins, ends = (_minute(*found.groups()[:2]), _minute(*found.groups()[2:])) if found else (None, None)
    if begins is None or ends is None:
        problems.add(where, f'"{key}": "{written}" is no interval of a day such as 09:00-17:00')
        return None
    if ends <= begins:
        problems.add(where, f'"{key}": "{written}" ends before it begins; what goes past midnight is two intervals')
        return None
    return begins, ends


def _minute(hour: str, minute: str) -> int | None:
    total = int(hour) * 60 + int(minute)
    return total if int(minute) < 60 and total <= _MIDNIGHT else None


def _text(table: Table, key: str) -> str | None:
    value = table.get(key)
    return value if isinstance(value, str) and value else None
