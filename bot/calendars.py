"""Public holidays as dates: the one place that knows the library for them, loaded once somebody has a country."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from bot.sla.hours import Hours
from bot.sla.roster import Place, Roster

BACK, AHEAD = 1, 2  # years around now: intervals reach back, and a process may see a new year or two


def needed_years(now: datetime) -> range:
    """The years whose holidays anybody asks for."""
    return range(now.year - BACK, now.year + AHEAD + 1)


def countries() -> Collection[str]:
    """ISO codes of the countries whose holidays are known."""
    from holidays.registry import EntityLoader

    return frozenset(EntityLoader.get_country_codes(include_aliases=False))


def subdivisions(country: str) -> Collection[str]:
    """ISO codes of the parts of a known country that have holidays of their own."""
    import holidays

    return frozenset(getattr(holidays, country).subdivisions)


def with_holidays(roster: Roster, years: range) -> Roster:
    """The roster with everybody's public holidays in their hours."""
    return replace(
        roster,
        company=_resting(roster.company, roster.place, years),
        members={
            email: replace(member, hours=_resting(member.hours, member.place, years))
            for email, member in roster.members.items()
        },
    )


def _resting(hours: Hours, place: Place | None, years: range) -> Hours:
    return replace(hours, holidays=_holidays(place, years)) if place else hours


@cache
def _holidays(place: Place, years: range) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(place.country, subdiv=place.subdivision, years=years))
