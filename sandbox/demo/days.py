"""The demo's two days: thirty days of history up to the baseline, and the day that follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.demo.choice import share

HISTORY = timedelta(days=29)
QUIET_START = timedelta(hours=2)  # a period cut a little late must still hold every stage date
QUIET_END = timedelta(minutes=30)  # nothing happens between the last event and the baseline's scoring
LAST_SIGNUP = timedelta(hours=3)  # day two's signups are all in before its scoring


@dataclass(frozen=True)
class Days:
    """Every moment the demo knows, counted from `as_of`, the instant of the baseline (UTC, whole seconds)."""

    as_of: datetime

    @classmethod
    def around(cls, instant: datetime) -> Days:
        """The two days around `instant`, which carries a time zone."""
        return cls(instant.astimezone(UTC).replace(microsecond=0))

    @property
    def opens(self) -> datetime:
        """Start of the thirty days that end with day two."""
        return self.as_of - HISTORY

    @property
    def day_two_at(self) -> datetime:
        """The instant the warehouse stands at after `advance`."""
        return self.as_of + timedelta(days=1)

    @property
    def baseline_scored_at(self) -> datetime:
        return self.as_of - timedelta(minutes=10)

    @property
    def day_two_scored_at(self) -> datetime:
        return self.day_two_at - timedelta(minutes=5)

    def ago(self, days: float) -> datetime:
        """`days` before the baseline."""
        return _whole(self.as_of - timedelta(days=days))

    def before_day_two(self, hours: float) -> datetime:
        """`hours` before the end of day two; less than 24 means that it happens on day two."""
        return _whole(self.day_two_at - timedelta(hours=hours))

    def history(self, key: str, stages: int) -> list[datetime]:
        """`stages` moments of one account within the history, in order, at least a second apart."""
        first = self.opens + QUIET_START
        span = self.as_of - QUIET_END - first
        shares = sorted(share(key, "stage", number) for number in range(stages))
        return [_whole(first + span * part) + timedelta(seconds=place) for place, part in enumerate(shares)]

    def during_day_two(self, key: str) -> datetime:
        """A moment of day two, well before its scoring."""
        span = self.day_two_at - LAST_SIGNUP - self.as_of
        return _whole(self.as_of + span * share(key, "day two"))


def text(moment: datetime) -> str:
    """A moment as the warehouse writes it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
