"""The rate limits of a private app: a rolling ten-second window and a daily allowance (B2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

WINDOW_SECONDS = 10.0


@dataclass
class RateLimits:
    """Requests allowed per rolling window and per day. `monotonic` gives seconds, `today` the account's date.

    A refused request does not count.
    """

    per_ten_seconds: int
    daily: int
    monotonic: Callable[[], float]
    today: Callable[[], date]
    _recent: deque[float] = field(default_factory=deque)
    _day: date | None = None
    _used_today: int = 0

    def take(self) -> str | None:
        """Count one request; the name of the policy it breaks when it may not pass."""
        self._forget()
        if self._used_today >= self.daily:
            return "DAILY"
        if len(self._recent) >= self.per_ten_seconds:
            return "TEN_SECONDLY_ROLLING"
        self._recent.append(self.monotonic())
        self._used_today += 1
        return None

    def _forget(self) -> None:
        horizon = self.monotonic() - WINDOW_SECONDS
        while self._recent and self._recent[0] <= horizon:
            self._recent.popleft()
        if self._day != self.today():
            self._day, self._used_today = self.today(), 0

    def headers(self) -> dict[str, str]:
        """What every answer says about the limits, except those of the search endpoints (B1)."""
        return {
            "X-HubSpot-RateLimit-Max": str(self.per_ten_seconds),
            "X-HubSpot-RateLimit-Remaining": str(self.per_ten_seconds - len(self._recent)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(WINDOW_SECONDS * 1000)),
            "X-HubSpot-RateLimit-Daily": str(self.daily),
            "X-HubSpot-RateLimit-Daily-Remaining": str(self.daily - self._used_today),
        }


def limit_body(policy: str, correlation_id: str) -> dict[str, str]:
    """The answer to a request over the limit (B1); it carries no category."""
    return {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": correlation_id,
        "policyName": policy,
        "groupName": "publicapi:private-apps",
    }
