"""Amounts of time as people write them, and the moment they are over: "4bh" of business, "48h" of clock, "5bd" days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bot.sla.hours import Hours, closing_after, openings, spend

_HOUR = timedelta(hours=1)
_WRITTEN = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)(bh|h|bd)")


class Unit(StrEnum):
    """What is counted: hours of work, hours of the clock, working days."""

    BUSINESS_HOURS = "bh"
    HOURS = "h"
    BUSINESS_DAYS = "bd"


@dataclass(frozen=True, slots=True)
class Amount:
    """`number` hours, or days, of their unit."""

    number: Decimal
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number.normalize():f}{self.unit}"

    @property
    def length(self) -> timedelta:
        """How long that is, in hours of its unit."""
        if self.unit is Unit.BUSINESS_DAYS:
            raise ValueError("a working day has no length of its own")
        return float(self.number) * _HOUR

    @property
    def half(self) -> Amount:
        """The half of it."""
        return Amount(self.number / 2, self.unit)


def parse(text: str) -> Amount:
    """An amount as it is written. Raises ValueError, with what to write."""
    written = _WRITTEN.fullmatch(text.strip())
    if not written:
        raise ValueError(f'write it as "4bh" (business hours), "48h" (hours) or "5bd" (business days), not "{text}"')
    number, unit = Decimal(written[1]), Unit(written[2])
    if not number or (unit is Unit.BUSINESS_DAYS and number % 1):
        raise ValueError(f'"{text}" is no time to keep; hours are more than 0, days whole')
    return Amount(number, unit)


def due(start: datetime, amount: Amount, hours: Hours) -> datetime:
    """When an amount of time from a moment on is over.

    Business hours begin with the next opening where nobody is at work, and a day's closing still belongs to the day.
    Business days are those after the day of the moment: the last one's closing.
    """
    match amount.unit:
        case Unit.HOURS:
            return start.astimezone(UTC) + amount.length
        case Unit.BUSINESS_HOURS:
            return spend(openings(hours, start), amount.length)
        case Unit.BUSINESS_DAYS:
            return closing_after(start, int(amount.number), hours)
