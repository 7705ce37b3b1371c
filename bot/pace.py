"""How fast one conversation is written to: a few messages at once, then about one a second (slack B3).

Nobody waits here: a delivery is given a turn to come back for.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SPACING = timedelta(seconds=1)
BURST = 5 * SPACING


class Pace:
    """Turns per conversation. Who was given a turn keeps it, so that nobody starves behind newcomers."""

    def __init__(self) -> None:
        self._used_up_to: dict[str, datetime] = {}
        self._turns: dict[int, datetime] = {}

    def turn(self, channel: str, delivery_id: int, now: datetime) -> datetime:
        """When this delivery may go: `now`, or the turn it is given and should come back for."""
        given = self._turns.pop(delivery_id, None)
        if given is not None and given <= now:
            return now
        used = max(now, self._used_up_to.get(channel, now)) + SPACING
        self._used_up_to[channel] = used
        at = max(now, used - BURST)
        if at > now:
            self._turns[delivery_id] = at
        return at

    def hold(self, channel: str, until: datetime) -> None:
        """Slack asked for a pause here: no new turn is before `until`."""
        self._used_up_to[channel] = max(until + BURST - SPACING, self._used_up_to.get(channel, until))
