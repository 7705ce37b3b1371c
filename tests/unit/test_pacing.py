"""Rolling windows: an exact limit in every interval, never an average; no call later than need be (invariant 13)."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.budget import MARGIN, Limits, next_turns
from connector.errors import RateLimitedError
from connector.model import Turns, Window
from connector.pacing import LONGEST, LocalPace, Turnstile

NOW = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
HUBSPOT = Window(190, 10.0)


@dataclass
class Watch:
    """A clock that goes on only when somebody sleeps or works."""

    now: datetime = NOW
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.work(seconds)


def most_within(instants: Sequence[float], seconds: float) -> int:
    """The most calls in any interval of so many seconds."""
    return max(sum(start <= at < start + seconds for at in instants) for start in instants)


def instants_of(turnstile: Turnstile, watch: Watch, work: Sequence[float]) -> list[float]:
    """When each request left; each took the seconds given."""
    left = []
    for seconds in work:
        turnstile()
        left.append(watch.now.timestamp())
        watch.work(seconds)
    return left


def calls_at(*instants: float) -> list[Turns]:
    """Calls that were made at these moments."""
    return [Turns(at, at, 1) for at in instants]


def test_a_window_with_room_lets_pass_at_once() -> None:
    """The hundred-and-ninetieth call of ten seconds need not wait, the next one waits for the first to be forgotten."""
    assert next_turns(HUBSPOT, calls_at(*[5.0] * 189), 6.0, 1, 0).start == 6.0
    assert next_turns(HUBSPOT, calls_at(*[5.0] * 190), 6.0, 1, 0).start == 15.0 + MARGIN


def test_a_window_is_no_average() -> None:
    """A minute of silence earns nothing: a burst is as small after it as before."""
    turns = next_turns(HUBSPOT, calls_at(0.0), 60.0, 500, 1.0)

    assert (turns.start, turns.calls) == (60.0, 190)


def test_turns_taken_for_later_count_now() -> None:
    """Who comes second does not overtake who waits already."""
    waiting = [Turns(0.0, 0.0, 190), Turns(10.25, 10.25, 190)]

    assert next_turns(HUBSPOT, waiting, 1.0, 1, 0).start == 20.5


def test_our_share_of_a_window() -> None:
    """Half of a window is half of its calls in the same time; nothing of nothing."""
    half = Limits(window_share=0.5)

    assert half.ours(HUBSPOT) == Window(95, 10.0)
    assert half.ours(None) is None
    assert Limits(window_share=0.001).ours(HUBSPOT) == Window(1, 10.0)


@given(
    st.integers(1, 30),
    st.lists(st.floats(0, 3), min_size=1, max_size=150),
)
def test_no_interval_holds_more_than_the_window(calls: int, work: list[float]) -> None:
    """However fast or slow the answers come, no interval of the window's length holds more calls than it allows."""
    watch = Watch()
    turnstile = Turnstile("crm", LocalPace(), watch, watch.sleep, Window(calls, 5.0))

    assert most_within(instants_of(turnstile, watch, work), 5.0) <= calls


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 2), st.floats(0, 3)), min_size=1, max_size=120))
def test_replicas_share_one_window(calls: int, work: list[tuple[int, float]]) -> None:
    """Three processes that take turns from one book together stay within the window."""
    pace, watch = LocalPace(), Watch()
    replicas = [Turnstile("crm", pace, watch, watch.sleep, Window(calls, 5.0)) for _ in range(3)]
    left = [at for who, seconds in work for at in instants_of(replicas[who], watch, [seconds])]

    assert most_within(left, 5.0) <= calls


def test_the_window_is_used_to_the_full() -> None:
    """A thousand quick calls take no longer than the limit demands: five waits of one window each."""
    watch = Watch()
    left = instants_of(Turnstile("hubspot", LocalPace(), watch, watch.sleep, HUBSPOT), watch, [0.001] * 1_000)

    assert left[-1] - left[0] <= 5 * (10.0 + MARGIN) + 1.0
    assert most_within(left, 10.0) == 190


def test_a_slow_client_never_waits() -> None:
    """Who asks less often than he may does not lose by turns he could not use in time."""
    watch = Watch()
    instants_of(Turnstile("hubspot", LocalPace(), watch, watch.sleep, HUBSPOT), watch, [0.4] * 300)

    assert watch.slept == []


def test_without_a_window_nobody_waits() -> None:
    """A CRM that sets no rate is only counted."""
    watch = Watch()
    turnstile = Turnstile("salesforce", LocalPace(), watch, watch.sleep)
    instants_of(turnstile, watch, [0.0] * 500)

    assert (turnstile.calls, watch.slept) == (500, [])


def test_a_429_closes_it_for_all() -> None:
    """Whoever comes next waits as long as the CRM asked, and no longer; the shorter of two words changes nothing."""
    watch = Watch()
    turnstile = Turnstile("hubspot", LocalPace(), watch, watch.sleep, HUBSPOT)
    turnstile.close(7.0)
    turnstile.close(2.0)
    turnstile()
    turnstile()

    assert watch.slept == [7.0]
    assert turnstile.waited == 7.0


def test_a_long_closure_is_not_waited_out() -> None:
    """A CRM that wants to be left alone for an hour is left alone: the caller hears of it at once."""
    watch = Watch()
    turnstile = Turnstile("hubspot", LocalPace(), watch, watch.sleep, HUBSPOT)
    turnstile.close(3_600.0)

    with pytest.raises(RateLimitedError) as caught:
        turnstile()
    assert caught.value.retry_after == 3_600.0 > LONGEST
    assert (turnstile.calls, watch.slept) == (0, [])


def test_threads_share_a_turnstile() -> None:
    """Eight threads at one turnstile are counted once each and together stay within the window."""
    waits: list[float] = []
    turnstile = Turnstile("hubspot", LocalPace(), lambda: NOW, waits.append, Window(100, 10.0))

    def work() -> None:
        for _ in range(50):
            turnstile()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert turnstile.calls == 400
    assert len(waits) == 300
    assert most_within([0.0] * 100 + waits, 10.0) <= 100
