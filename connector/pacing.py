"""When the next request to a CRM may leave: counted, paced by its rolling window, and stopped when it says 429.

One turnstile stands before each CRM. The CRM's client passes through it with every request, from any thread, so that
what is counted and paced is what goes over the wire. Turns are taken a few at a time from a `Pace` that lanes and
replicas share (D33); those not used are given back with the next ones.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from connector.budget import next_turns, still_counting
from connector.errors import RateLimitedError
from connector.model import Purpose, Turns, Window
from connector.ports import Pace, Returned

BLOCK = 10  # requests whose turns are taken together
LASTING = 1.0  # seconds within which they are made or given back
LONGEST = 120.0  # seconds nobody stands at a closed turnstile for


@dataclass
class LocalPace:
    """The turns of one process, which shares its CRM with no other."""

    _taken: dict[str, list[Turns]] = field(default_factory=dict)

    def take(self, name: str, window: Window, now: float, wanted: int, lasting: float, back: Returned | None) -> Turns:
        """The earliest turns, as `ports.Pace` says."""
        turns, self._taken[name] = booked(window, self._taken.get(name, ()), now, wanted, lasting, back)
        return turns


def booked(
    window: Window,
    taken: Sequence[Turns],
    now: float,
    wanted: int,
    lasting: float,
    back: Returned | None,
) -> tuple[Turns, list[Turns]]:
    """The next turns, and the book with them in it and with what came back corrected."""
    book = list(taken)
    if back and back.turns in book:
        book[book.index(back.turns)] = back.used
    book = still_counting(window, book, now)
    turns = next_turns(window, book, now, wanted, lasting)
    return turns, [*book, turns]


@dataclass
class Turnstile:
    """Every request to one CRM passes here. Safe to share between threads. `clock` and `sleep` as the world has them.

    `counted` counts requests by what they were for. `window` is what the CRM allows us; None where it sets no rate.
    """

    name: str
    pace: Pace
    clock: Callable[[], datetime]
    sleep: Callable[[float], None]
    window: Window | None = None
    counted: Counter[Purpose] = field(default_factory=Counter)
    _turns: Turns | None = None
    _used: int = 0
    _last: float = 0.0
    _closed_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _mine: threading.local = field(default_factory=threading.local, repr=False)

    def __call__(self) -> None:
        """Count one request and wait for its turn. Raises RateLimitedError when the CRM has closed for too long."""
        with self._lock:
            now = self._now()
            if self._closed_until - now > LONGEST:
                raise RateLimitedError(f"{self.name} takes no requests for now", self._closed_until - now)
            self.counted[self._purpose] += 1
            start = self._turn(max(now, self._closed_until))
        if start > now:
            self._mine.waited = self.waited + start - now
            self.sleep(start - now)

    @property
    def calls(self) -> int:
        """Requests made, for whatever purpose."""
        return self.counted.total()

    @contextmanager
    def meant_for(self, purpose: Purpose) -> Iterator[None]:
        """What the calling thread's requests are for, until it leaves. Otherwise they are reads."""
        before, self._mine.purpose = self._purpose, purpose
        try:
            yield
        finally:
            self._mine.purpose = before

    def sign_in(self) -> None:
        """Pass with a request that asks for a token, whatever that is needed for."""
        with self.meant_for(Purpose.SETUP):
            self()

    def close(self, seconds: float) -> None:
        """Let nobody of this process pass for `seconds`: the CRM said 429."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._now() + seconds)

    @property
    def waited(self) -> float:
        """Seconds the calling thread has stood here in all."""
        seconds: float = getattr(self._mine, "waited", 0.0)
        return seconds

    @property
    def _purpose(self) -> Purpose:
        purpose: Purpose = getattr(self._mine, "purpose", Purpose.READ)
        return purpose

    def _turn(self, earliest: float) -> float:
        """The moment of the next request, `earliest` or later."""
        if self.window is None:
            return earliest
        if self._turns is None or self._used == self._turns.calls or earliest > self._turns.end:
            back = Returned(self._turns, Turns(self._turns.start, self._last, self._used)) if self._turns else None
            self._turns = self.pace.take(self.name, self.window, earliest, BLOCK, LASTING, back)
            self._used = 0
        self._used += 1
        self._last = max(earliest, self._turns.start)
        return self._last

    def _now(self) -> float:
        return self.clock().timestamp()
