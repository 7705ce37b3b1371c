"""The org's allowances, of API calls and of Bulk batches: rolling windows of 24 hours (A2, A3)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.salesforce.errors import RestError

WINDOW = timedelta(hours=24)


@dataclass
class Usage:
    """What was used in the last 24 hours, out of `limit`."""

    limit: int
    _calls: deque[datetime] = field(default_factory=deque)

    def used(self, now: datetime) -> int:
        while self._calls and self._calls[0] <= now - WINDOW:
            self._calls.popleft()
        return len(self._calls)

    def left(self, now: datetime) -> int:
        return max(0, self.limit - self.used(now))

    def count(self, now: datetime) -> None:
        self._calls.append(now)

    def spend(self, now: datetime) -> None:
        """Count one call. Raises RestError 403 REQUEST_LIMIT_EXCEEDED when none is left (A3)."""
        if not self.left(now):
            raise RestError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.count(now)

    def header(self, now: datetime) -> str:
        """The value of `Sforce-Limit-Info`."""
        return f"api-usage={self.used(now)}/{self.limit}"
