"""One way to call a CRM: patient with what passes, within the day's budget, stopping at what it does not know."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type

from connector.budget import Limits, allowed_calls, unreserved_calls
from connector.errors import QuotaError, RateLimitedError, TransientError
from connector.model import Purpose
from connector.pacing import Turnstile
from connector.ports import Destination

T = TypeVar("T")
Told = Callable[[float], None]


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
    """Calls to one destination during one run, `connections` of them at a time. Safe to share between threads.

    The destination passes `turnstile` with every request, so that the budget is spent by what went over the wire.
    """

    destination: Destination
    patience: Patience
    limits: Limits
    turnstile: Turnstile
    connections: int = 1
    _allowed: int | None = field(default=None, repr=False)
    _begun: int = field(default=0, repr=False)  # calls under way
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self._before = self.turnstile.calls

    @property
    def requests(self) -> int:
        """Requests made since this caller was made."""
        return self.turnstile.calls - self._before

    @property
    def left(self) -> int | None:
        """Requests this run may still make; None while the CRM has not said."""
        return None if self._allowed is None else max(0, self._allowed - self.requests)

    def __call__(self, call: Callable[[], T], told: Told | None = None, purpose: Purpose = Purpose.READ) -> T:
        """Make one idempotent call, retrying what is transient. Raises QuotaError when the budget is spent.

        Its requests are counted as what they are for. `told` hears how many seconds each attempt took, waiting for
        its turn aside.
        """
        retrying = Retrying(
            stop=self.patience.ends,
            wait=self.patience.wait,
            retry=retry_if_exception_type(TransientError),
            sleep=self.patience.sleep,
            reraise=True,
        )
        answer: T = retrying(self._spend, call, told, purpose)
        return answer

    def each(self, jobs: Iterable[Callable[[], T]]) -> Iterator[T]:
        """What the jobs return, as it arrives, with `connections` of them under way. Jobs are taken as they begin.

        When one raises no more are begun; what the others return still arrives, then the error is raised.
        """
        if self.connections == 1:
            yield from (job() for job in jobs)
            return
        with ThreadPoolExecutor(self.connections, thread_name_prefix=self.destination.name) as pool:
            yield from _arriving(pool, iter(jobs), self.connections)

    def all(self, jobs: Iterable[Callable[[], T]]) -> list[T]:
        """What all jobs return, in their order, made as `each` makes them."""
        numbered = (partial(_numbered, number, job) for number, job in enumerate(jobs))
        return [answer for _, answer in sorted(self.each(numbered), key=lambda pair: pair[0])]

    def _spend(self, call: Callable[[], T], told: Told | None, purpose: Purpose) -> T:
        self._begin()
        began, stood = self.turnstile.clock(), self.turnstile.waited
        try:
            with self.turnstile.meant_for(purpose):
                return call()
        except RateLimitedError as error:
            self.turnstile.close(error.retry_after)
            raise
        finally:
            self._end()
            if told:
                told((self.turnstile.clock() - began).total_seconds() - (self.turnstile.waited - stood))

    def _begin(self) -> None:
        with self._lock:
            # A call under way may have made its requests already: then it counts twice, on the safe side.
            if self._allowed is not None and self.requests + self._begun >= self._allowed:
                raise QuotaError(
                    f"{self.destination.name}: this run has used its share of today's calls ({self._allowed}); "
                    "the rest is deferred to the next run. Raise limits.daily_share to allow more."
                )
            self._begun += 1
            self.turnstile.window = self.limits.ours(self.destination.window())

    def _end(self) -> None:
        """Learn what is left of the day, after refusals too. What others use up meanwhile is not ours to spend."""
        with self._lock:
            self._begun -= 1
            allowance = self.destination.allowance()
            if allowance is None:
                return
            if self._allowed is None:
                self._allowed = self.requests + allowed_calls(allowance, self.limits)
            self._allowed = min(self._allowed, self.requests + unreserved_calls(allowance, self.limits))


def _numbered(number: int, job: Callable[[], T]) -> tuple[int, T]:
    return number, job()


def _arriving(pool: ThreadPoolExecutor, jobs: Iterator[Callable[[], T]], most: int) -> Iterator[T]:
    running: set[Future[T]] = {pool.submit(job) for job in islice(jobs, most)}
    failed: BaseException | None = None
    while running:
        done, running = wait(running, return_when=FIRST_COMPLETED)
        failed = failed or next((error for future in done if (error := future.exception())), None)
        if failed is None:
            running |= {pool.submit(job) for job in islice(jobs, len(done))}
        yield from (future.result() for future in done if future.exception() is None)
    if failed is not None:
        raise failed
