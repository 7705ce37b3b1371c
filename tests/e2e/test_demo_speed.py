"""`plsync demo --speed 240`: an alert is taken in time, another is left alone. Read from Slack's side alone.

Real time passes here when the bot's ticker waits for it and the test lets it: nobody sleeps.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

import httpx
import pytest

from plsync import demo as plsync_demo
from plsync.demo import OFFICE, Demo, MovableClock, last_workday
from sandbox.world import ANY_PORTS

SATURDAY = datetime(2026, 1, 17, 22, 41, 7, tzinfo=UTC)
THURSDAY_NINE = datetime(2026, 1, 15, 14, 0, tzinfo=UTC)  # in New York
SPEED = 240
OWNER, DIRECT, MANAGER, CHANNEL = "U0000000005", "D0000000005", "D0000000011", "C0000000001"
HOUR = timedelta(hours=1)


class Seconds:
    """Real time, a second for every wait of the ticker."""

    def __init__(self) -> None:
        self.at, self.over = SATURDAY, False
        self._waits, self._may_go_on = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self) -> datetime:
        return self.at

    def wait(self, seconds: float) -> bool:
        self._waits.release()
        self._may_go_on.acquire()
        self.at += timedelta(seconds=seconds)
        return self.over

    def let_pass(self, seconds: int) -> None:
        """Return when the ticker has ticked so often and waits again."""
        for _ in range(seconds):
            self._waits.acquire()
            self._may_go_on.release()
        self._waits.acquire()
        self._waits.release()

    def end(self) -> None:
        self.over = True
        self._may_go_on.release()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory, seconds: Seconds) -> Iterator[Demo]:
    """A demo after day two, without its thousands of numbered accounts, its bot connected."""
    with pytest.MonkeyPatch.context() as patch, mock.patch.dict(os.environ):
        patch.setattr(plsync_demo, "FOLDER", tmp_path_factory.mktemp("demo"))
        patch.setattr("sandbox.demo.bulk", lambda *_: [])
        with plsync_demo.demo(1, ANY_PORTS, SPEED, seconds) as running:
            running.baseline()
            running.next_day()
            running.connect(seconds.wait)
            try:
                yield running
            finally:
                seconds.end()


def hot(demo: Demo, owner: str) -> list[dict[str, Any]]:
    """The alerts of an owner in their channel, which names them without a mention (D38), as Slack holds them now."""
    email = next(str(one["email"]) for one in demo.sandbox.team.records("users") if one["id"] == owner)
    return [
        one for one in demo.sandbox.team.records("messages") if _is_alert(one) and f"*Owner:* {email}" in one["text"]
    ]


def _is_alert(message: dict[str, Any]) -> bool:
    stamped = (message["metadata"] or {}).get("event_payload") or {}
    return message["channel"] == CHANNEL and (stamped.get("kind"), stamped.get("purpose")) == ("hot_pql", "alert")


def told(demo: Demo, alert: dict[str, Any]) -> list[tuple[str, str, float]]:
    """What was said beside an alert: purpose, place, and how many hours after the alert, to the half hour."""
    found = []
    for one in demo.sandbox.team.records("messages"):
        stamped = (one["metadata"] or {}).get("event_payload") or {}
        if stamped.get("alert") == number(alert) and stamped["purpose"] != "alert":
            found.append((stamped["purpose"], one["channel"], round((at(one) - at(alert)) / HOUR * 2) / 2))
            assert one["thread_ts"] == (alert["ts"] if one["channel"] == CHANNEL else one["thread_ts"])
    return sorted(found, key=lambda each: (each[2], each[1]))


def number(alert: dict[str, Any]) -> str:
    return str(alert["metadata"]["event_payload"]["alert"])


def at(message: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(int(message["ts"].partition(".")[0]), UTC)


def press(demo: Demo, message: dict[str, Any], user: str) -> None:
    """Press *I'm on it* as a person does on the page."""
    where = {"channel": message["channel"], "ts": message["ts"], "action_id": "acknowledge", "user": user}
    url = demo.sandbox.slack_url.removesuffix("/api/")
    answer = httpx.post(f"{url}/_sandbox/click", json=where, trust_env=False, timeout=20)
    assert answer.raise_for_status().json()["acknowledged"]


def test_one_is_taken_in_time_and_another_goes_to_the_manager(demo: Demo, seconds: Seconds) -> None:
    """Whoever takes one in time is reminded of no taking; left alone it is at risk, late, and the manager's."""
    taken, alone = hot(demo, OWNER)[:2]
    assert at(taken) - THURSDAY_NINE < HOUR / 2
    seconds.let_pass(5)
    press(demo, taken, OWNER)
    seconds.let_pass(118)

    (shown,) = [one for one in hot(demo, OWNER) if one["ts"] == taken["ts"]]
    assert f"<@{OWNER}> is on it" in shown["text"]
    assert "20 minutes" in shown["text"]
    assert "after posting · *SLA met*" in shown["text"]
    promised = [("at_risk", DIRECT, 2.0), ("breach", CHANNEL, 4.0), ("breach", DIRECT, 4.0), ("manager", CHANNEL, 8.0)]
    assert told(demo, taken) == promised
    assert told(demo, alone) == [
        ("acknowledge_at_risk", DIRECT, 0.5),
        ("acknowledge_breach", CHANNEL, 1.0),
        ("acknowledge_breach", DIRECT, 1.0),
        *promised,
    ]

    seconds.at += timedelta(seconds=230)  # most of the night
    seconds.let_pass(10)
    assert told(demo, alone)[-1] == ("manager", MANAGER, 24.0)


@pytest.mark.parametrize(
    ("moment", "began"),
    [
        pytest.param(SATURDAY, THURSDAY_NINE, id="the weekend: Friday is followed by no day of work"),
        pytest.param(datetime(2026, 1, 14, 13, 59, tzinfo=UTC), datetime(2026, 1, 13, 14, 0, tzinfo=UTC), id="early"),
        pytest.param(datetime(2026, 1, 14, 14, 0, tzinfo=UTC), datetime(2026, 1, 14, 14, 0, tzinfo=UTC), id="at nine"),
        pytest.param(datetime(2026, 1, 15, 2, 0, tzinfo=UTC), datetime(2026, 1, 14, 14, 0, tzinfo=UTC), id="late"),
    ],
)
def test_the_day_begins_with_work(moment: datetime, began: datetime) -> None:
    """Whenever somebody tries it, promises in working hours are due within the day."""
    assert last_workday(moment, OFFICE) == began


def test_time_passes_as_fast_as_wanted(seconds: Seconds) -> None:
    """As it does at first, and from a moment on many times faster, without a jump."""
    clock = MovableClock(timedelta(days=1), seconds)
    seconds.at += timedelta(seconds=10)
    assert clock() == SATURDAY + timedelta(seconds=10) - timedelta(days=1)
    clock.hurry(SPEED)
    assert clock() == SATURDAY + timedelta(seconds=10) - timedelta(days=1)
    seconds.at += timedelta(seconds=15)
    assert clock() == SATURDAY + timedelta(seconds=10) - timedelta(days=1) + HOUR
