"""How much anybody is told at once (D37), and when the next digest is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sla.hours import Hours, elapsed, next_opening, openings, spend


@dataclass(frozen=True, slots=True)
class Flood:
    """Hot alerts with a message of their own per person and day of theirs, and business hours between two Warm digests.

    What is beyond goes into digests; it is an alert in the queue all the same, with its clock (D40).
    """

    hot_per_day: int = 8
    warm_digest_hours: int = 2


def next_digest(at: datetime, hours: Hours, every: timedelta) -> datetime:
    """When the next digest is due: every so many working hours of a day, and at its opening for what came before."""
    opens = next_opening(at, hours)
    if opens > at:
        return opens
    begins = _first_opening(at, hours)
    turns = elapsed(begins, at, hours) // every + 1
    return spend(openings(hours, begins), every * turns)


def _first_opening(at: datetime, hours: Hours) -> datetime:
    """When a day of work began."""
    midnight = at.astimezone(hours.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return next_opening(midnight, hours)
