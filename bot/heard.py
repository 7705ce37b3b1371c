"""What has been heard already: Slack or somebody in between may deliver a command twice (slack B1)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

REMEMBERED = timedelta(minutes=30)  # as long as a response URL lives


class Heard:
    """Remembers for a while, in this process. Safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._until: dict[str, datetime] = {}
        self._one_at_a_time = threading.Lock()

    def is_new(self, what: str) -> bool:
        """Whether this is the first time. What has no name is always new."""
        if not what:
            return True
        now = self._clock()
        with self._one_at_a_time:
            self._until = {each: until for each, until in self._until.items() if until > now}
            new = what not in self._until
            self._until.setdefault(what, now + REMEMBERED)
        return new
