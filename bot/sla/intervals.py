"""How long it took, in three intervals that are never mixed up, by the clock and in working hours (D40, K2).

From what happened to the message, from the message to the acknowledgement, and from both to the first outreach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.sla.amounts import due
from bot.sla.hours import Hours, elapsed
from bot.sla.policy import SlaPolicy

WINDOW_CLOSED, LATE, COLD = "window closed", "late", "cold"


@dataclass(frozen=True, slots=True)
class Took:
    """One interval: by the clock, which benchmarks count in, and in the owner's hours, which promises count in."""

    clock: timedelta
    business: timedelta


@dataclass(frozen=True, slots=True)
class Intervals:
    """None: one of its ends has not happened."""

    event_to_posted: Took | None
    posted_to_acknowledged: Took | None
    event_to_outreach: Took | None
    posted_to_outreach: Took | None


def intervals(
    occurred_at: datetime,
    posted_at: datetime | None,
    acknowledged_at: datetime | None,
    contacted_at: datetime | None,
    hours: Hours,
) -> Intervals:
    """The intervals of one alert. An acknowledgement is never taken for an outreach."""
    return Intervals(
        event_to_posted=_took(occurred_at, posted_at, hours),
        posted_to_acknowledged=_took(posted_at, acknowledged_at, hours),
        event_to_outreach=_took(occurred_at, contacted_at, hours),
        posted_to_outreach=_took(posted_at, contacted_at, hours),
    )


def age_label(policy: SlaPolicy, since: datetime, at: datetime, hours: Hours) -> str | None:
    """What an outreach at a moment would be called by now; None while the window is open (E5)."""
    ages = ((COLD, policy.cold), (LATE, policy.late), (WINDOW_CLOSED, policy.expired))
    return next((label for label, term in ages if at >= due(since, term.amount, hours)), None)


def _took(start: datetime | None, end: datetime | None, hours: Hours) -> Took | None:
    if start is None or end is None:
        return None
    return Took(max(end - start, timedelta()), elapsed(start, end, hours))
