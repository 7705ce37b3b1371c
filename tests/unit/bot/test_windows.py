"""What windows ask and how their answers are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.sla.hours import Hours, opening_after_today
from bot.views.reasons import REASONS
from bot.views.windows import answers_of, no_fit_problems, no_fit_window, snooze_window, wake_time
from tests.unit.bot.told import alert, payload

BERLIN = Hours(ZoneInfo("Europe/Berlin"), holidays=frozenset({date(2026, 1, 13)}))


def berlin(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of January 2026 in Berlin, as UTC."""
    return datetime(2026, 1, day, hour, minute, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (berlin(14, 10), berlin(15, 9)),  # at work
        (berlin(14, 7), berlin(15, 9)),  # before work: tomorrow is not today
        (berlin(14, 23, 59), berlin(15, 9)),
        (berlin(15, 0, 30), berlin(16, 9)),  # after midnight it is another today
        (berlin(16, 16), berlin(19, 9)),  # Friday
        (berlin(12, 10), berlin(14, 9)),  # a holiday in between
    ],
)
def test_tomorrow_is_the_next_later_day_of_work(at: datetime, opens: datetime) -> None:
    """In the owner's zone and hours."""
    assert opening_after_today(at, BERLIN) == opens


def test_the_window_says_when_tomorrow_is() -> None:
    """By day and hour in the owner's zone, so that nobody has to reckon."""
    view = snooze_window(alert(payload()), BERLIN, berlin(16, 16))
    choices = [option["text"]["text"] for option in view["blocks"][1]["element"]["options"]]
    assert choices == ["For an hour", "Until Monday 09:00 (Europe/Berlin)", "Until the time below"]


def test_the_reason_codes_are_those_of_the_taxonomy() -> None:
    """Twelve, the last of them with words of one's own (E15)."""
    assert list(REASONS) == [
        *("no_budget", "no_authority", "no_need", "no_timeline", "not_icp", "student_personal", "competitor"),
        *("already_in_opportunity", "self_serving_happily", "duplicate", "bad_data", "other"),
    ]
    options = no_fit_window(alert(payload()))["blocks"][1]["element"]["options"]
    assert [option["value"] for option in options] == list(REASONS)


@pytest.mark.parametrize("code", REASONS)
def test_every_code_will_do(code: str) -> None:
    """Alone, but for "other"."""
    assert no_fit_problems({"reason": code, "note": "words"}) == {}
    assert list(no_fit_problems({"reason": code})) == (["note"] if code == "other" else [])


@pytest.mark.parametrize(
    ("answers", "until"),
    [
        ({"for": "hour", "until": 0}, timedelta(hours=1)),
        ({"for": "until", "until": int(berlin(14, 12).timestamp())}, timedelta(hours=2)),
        ({"for": "until"}, None),
        ({"for": "until", "until": 10**20}, None),
        ({"for": "until", "until": "1768208400"}, None),
        ({"for": "ever"}, None),
        ({}, None),
    ],
)
def test_until_when_to_sleep(answers: dict[str, Any], until: timedelta | None) -> None:
    """What the form says, and None where it says nothing that is a time."""
    now = berlin(14, 10)
    assert wake_time(answers, BERLIN, now) == (until and now + until)


@pytest.mark.parametrize(
    ("values", "answers"),
    [
        ({"a": {"a": {"type": "static_select", "selected_option": {"value": "x"}}}}, {"a": "x"}),
        ({"a": {"a": {"type": "static_select", "selected_option": None}}}, {"a": None}),
        ({"a": {"a": {"type": "users_select", "selected_user": "U1"}}}, {"a": "U1"}),
        ({"a": {"a": {"type": "plain_text_input", "value": "words"}}}, {"a": "words"}),
        ({"a": {"a": {"type": "datetimepicker", "selected_date_time": 5}}}, {"a": 5}),
        ({"a": {"b": {"value": "another action"}}}, {"a": None}),
        ({"a": None}, {}),
        (None, {}),
    ],
)
def test_answers_are_read_whatever_comes(values: Any, answers: dict[str, Any]) -> None:
    """Every kind of input of ours, and payloads that are not as we sent them."""
    assert answers_of({"state": {"values": values}}) == answers
    assert answers_of({}) == {}
