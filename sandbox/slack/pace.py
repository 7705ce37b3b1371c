"""How fast one channel takes messages: about one a second, with a burst on top (B3)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Pace:
    """A token bucket per channel. `burst` messages at once, then `per_second`."""

    burst: int = 20
    per_second: float = 1.0
    _left: dict[str, tuple[float, datetime]] = field(default_factory=dict)

    def wait(self, channel: str, now: datetime) -> int:
        """Take a token, or say how many whole seconds to come back in. 0 means go."""
        left, since = self._left.get(channel, (float(self.burst), now))
        refilled = max(0.0, (now - since).total_seconds()) * self.per_second
        left = min(float(self.burst), left + refilled)
        if left < 1:
            self._left[channel] = (left, now)
            return max(1, math.ceil((1 - left) / self.per_second))
        self._left[channel] = (left - 1, now)
        return 0
