"""When a lane is due: ticks are instants on the clock face, the same for every replica (D33)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def tick_at(now: datetime, minutes: int) -> datetime:
    """The newest tick at or before `now`: multiples of `minutes` since the epoch, without jitter."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    step = timedelta(minutes=minutes)
    return epoch + (now - epoch) // step * step
