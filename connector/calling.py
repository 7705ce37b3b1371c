"""One way to call a CRM: patient with what passes, within the day's budget, stopping at what it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connector.budget import Limits, allowed_calls
from connector.errors import QuotaError, RateLimitedError, TransientError
from connector.ports import Destination

T = TypeVar("T")


@dataclass(frozen=True)
class Patience:
    """Retries are capped by attempts and by total seconds; `chance` in [0, 1) spreads them out."""

    sleep: Callable[[float], None]
    chance: Callable[[], float]
    attempts: int = 5
    total_seconds: float = 120.0

    def wait(self, state: RetryCallState) -> float:
        """Seconds before the next attempt: what the CRM asked for, else exponential with full jitter."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, RateLimitedError):
            return error.retry_after
        return float(min(30.0, 2.0 ** (state.attempt_number - 1)) * self.chance())

    def ends(self, state: RetryCallState) -> bool:
        """Whether this was the last attempt: no wait is begun that would outlast the total."""
        gone = max(state.idle_for, state.seconds_since_start or 0.0)
        return state.attempt_number >= self.attempts or gone + state.upcoming_sleep > self.total_seconds


@dataclass
class Caller:
    """Calls to one destination during one run."""

    destination: Destination
    patience: Patience
    limits: Limits
    calls: int = 0
    _allowed: int | None = field(default=None, repr=False)

    def __call__(self, call: Callable[[], T]) -> T:
        """Make one idempotent call, retrying what is transient. Raises QuotaError when the budget is spent."""
        retrying = Retrying(
            stop=self.patience.ends,
            wait=self.patience.wait,
            retry=retry_if_exception_type(TransientError),
            sleep=self.patience.sleep,
            reraise=True,
        )
        answer: T = retrying(self._spend, call)
        return answer

    def _spend(self, call: Callable[[], T]) -> T:
        if self._allowed is not None and self.calls >= self._allowed:
            raise QuotaError(
                f"{self.destination.name}: this run has used its share of today's calls ({self._allowed}); "
                "the rest is deferred to the next run. Raise limits.daily_share to allow more."
            )
        self.calls += 1
        try:
            return call()
        finally:
            self._learn()

    def _learn(self) -> None:
        allowance = self.destination.allowance()
        if self._allowed is None and allowance is not None:
            self._allowed = self.calls + allowed_calls(allowance, self.limits)
