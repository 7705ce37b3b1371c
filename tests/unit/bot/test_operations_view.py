"""What RevOps is told, in every state, against the stand-in's own Block Kit checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.views.blocks import Message
from bot.views.operations import decided_before, notice_message
from sandbox.slack.blocks import parse_blocks
from tests.unit.bot.told import HOSTILE

AT = datetime(2026, 1, 12, 9, 0, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """A notice."""

    kind: str
    told: Mapping[str, Any]
    opened_at: datetime = AT
    over_at: datetime | None = None


STORM = Told("storm", {"storm": 7, "why": "flood", "held": 1_500, "most": 20})
PLAN = Told("plan", {"hash": "0a1b2c", "why": "up to 60 records would be created, more than 50"})
SYNC = Told("sync", {"lane": "full", "error": "the store is busy"})
SLACK = Told("slack", {"target": "channel:plg-hot", "code": "is_archived", "advice": "unarchive it", "instead": None})
EVERY = (STORM, PLAN, SYNC, SLACK, Told("alarm", PLAN.told), Told("over", PLAN.told), Told("over", SYNC.told))


def shown(notice: Told, environment: str = "production") -> Message:
    """The message, which Slack would take."""
    message = notice_message(notice, environment)
    assert parse_blocks(list(message.blocks)) == list(message.blocks)
    assert 0 < len(message.text) <= 40_000
    return message


def buttons(message: Message) -> list[dict[str, Any]]:
    return [one for block in message.blocks if block["type"] == "actions" for one in block["elements"]]


def test_a_storm_asks_three_questions_and_each_asks_once_more() -> None:
    """Every button says in its dialog what it does; its value is the storm."""
    message = shown(STORM)
    assert "*1,500* new alerts wait" in message.text
    assert [one["text"]["text"] for one in buttons(message)] == ["Release", "Baseline", "Discard"]
    assert {one["value"] for one in buttons(message)} == {"7"}
    asked = [one["confirm"]["text"]["text"] for one in buttons(message)]
    assert ["posted now" in asked[0], "nobody gets a message" in asked[1], "are closed" in asked[2]] == [True] * 3


@pytest.mark.parametrize(
    ("decision", "word"),
    [("release", "released as alerts"), ("baseline", "without messages"), ("discard", "discarded")],
)
def test_a_decided_storm_says_who_what_and_when(decision: str, word: str) -> None:
    """And has no button left."""
    told = {**STORM.told, "decided": decision, "by": "U8", "at": AT.isoformat()}
    message = shown(replace(STORM, told=told, over_at=AT))
    assert "<@U8> decided <!date^1768208400^" in message.text
    assert word in message.text
    assert buttons(message) == []
    assert word in decided_before(decision, "U8", AT)


def test_a_plan_names_its_guards_and_hash() -> None:
    """The button carries the hash; asked for, it is gone; answered with a no, it is back with the reason."""
    message = shown(PLAN)
    assert "more than 50" in message.text
    assert [one["value"] for one in buttons(message)] == ["0a1b2c"]
    asked = {**PLAN.told, "asked_by": "U8", "asked_at": AT.isoformat(), "answer": None}
    assert buttons(shown(replace(PLAN, told=asked))) == []
    moved = shown(replace(PLAN, told={**asked, "answer": "the plan has moved"}))
    assert "the plan has moved" in moved.text
    assert len(buttons(moved)) == 1
    assert "<@U8> had it applied" in shown(replace(PLAN, told=asked, over_at=AT)).text


@pytest.mark.parametrize("notice", [PLAN, SYNC, SLACK], ids=lambda notice: str(notice.kind))
def test_what_is_over_says_so(notice: Told) -> None:
    """Since when, and nothing to press."""
    message = shown(replace(notice, over_at=AT))
    assert "✅" in message.text
    assert buttons(message) == []


@pytest.mark.parametrize("notice", EVERY, ids=lambda notice: str(notice.kind))
def test_hostile_texts_stay_texts(notice: Told) -> None:
    """Ten thousand characters of mentions, links and bidi controls in every value fit, escaped."""
    hostile = {name: told if name in ("storm", "hash") else HOSTILE for name, told in notice.told.items()}
    for over_at in (None, AT):
        text = shown(replace(notice, told=hostile, over_at=over_at), HOSTILE).text
        assert "<!channel>" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize("notice", [*EVERY, Told("of a later version", {})], ids=lambda notice: str(notice.kind))
def test_whatever_is_missing_is_no_error(notice: Told) -> None:
    """A notice without anything told is still a message."""
    message = notice_message(replace(notice, told={}), "demo")
    assert "demo" in message.text
