"""Block Kit in the Slack stand-in: what it takes at its limits, and what it refuses past them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.slack_world import (
    AE,
    HOT,
    World,
    actions,
    button,
    modal,
    overflow,
    refused,
    section,
    slack_world,
)


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as served:
        yield served


PLAIN = {"type": "plain_text", "text": "t"}
OPTION = {"text": PLAIN, "value": "v"}


def chart(categories: int = 2, label: str = "c", kind: str = "bar") -> dict[str, Any]:
    labels = [f"{label}{n}" for n in range(categories)]
    series = [{"name": "Users", "data": [{"label": each, "value": 1} for each in labels]}]
    body = {"type": kind, "series": series, "axis_config": {"categories": labels}}
    return {"type": "data_visualization", "title": "Funnel", "chart": body}


def table(rows: int = 2, columns: int = 2) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


FINE = {
    "section at 3000": section("x" * 3000),
    "ten fields at 2000": {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 10},
    "header at 150": {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
    "25 buttons": actions(*[button(f"b{n}") for n in range(25)]),
    "button at its limits": actions(button("a" * 255, value="v" * 2000, url="u" * 3000, style="primary")),
    "overflow of five": overflow(5),
    "verbatim context": {"type": "context", "elements": [{"type": "mrkdwn", "text": "x", "verbatim": True}] * 10},
    "chart": chart(20),
    "pie": {
        "type": "data_visualization",
        "title": "Mix",
        "chart": {"type": "pie", "segments": [{"label": "PLG", "value": 2}]},
    },
    "table": table(100, 20),
    "rich text": {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "*raw*"}]}],
    },
    "user select": actions({"type": "users_select", "action_id": "to", "placeholder": PLAIN}),
}


@pytest.mark.parametrize("block", FINE.values(), ids=FINE)
def test_blocks_at_their_limits_are_accepted(world: World, block: dict[str, Any]) -> None:
    """What Block Kit allows, the stand-in takes (B2)."""
    assert world.web.chat_postMessage(channel=HOT, text="t", blocks=[block])["ok"] is True


REFUSED = {
    "section at 3001": (section("x" * 3001), "/blocks/0/text/text"),
    "empty section": (section(""), "/blocks/0/text/text"),
    "section without text": ({"type": "section"}, "/blocks/0"),
    "eleven fields": ({"type": "section", "fields": [PLAIN] * 11}, "/blocks/0/fields"),
    "field at 2001": (
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
        "/blocks/0/fields/0/text",
    ),
    "mrkdwn header": ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type"),
    "header at 151": ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}, "/blocks/0/text/text"),
    "26 buttons": (actions(*[button(f"b{n}") for n in range(26)]), "/blocks/0/elements"),
    "same action twice": (actions(button(), button()), "/blocks/0/elements"),
    "button text at 76": (
        actions({**button(), "text": {"type": "plain_text", "text": "x" * 76}}),
        "/blocks/0/elements/0/text/text",
    ),
    "button value at 2001": (actions(button(value="v" * 2001)), "/blocks/0/elements/0/value"),
    "button url at 3001": (actions(button(url="u" * 3001)), "/blocks/0/elements/0/url"),
    "action id at 256": (actions(button("a" * 256)), "/blocks/0/elements/0/action_id"),
    "block id at 256": ({"type": "divider", "block_id": "b" * 256}, "/blocks/0/block_id"),
    "unknown style": (actions(button(style="green")), "/blocks/0/elements/0/style"),
    "overflow of six": (overflow(6), "/blocks/0/elements/0/options"),
    "overflow of none": (overflow(0), "/blocks/0/elements/0/options"),
    "option value at 151": (overflow(1, value="v" * 151), "/blocks/0/elements/0/options/0/value"),
    "option text at 76": (
        overflow(1, text={"type": "plain_text", "text": "x" * 76}),
        "/blocks/0/elements/0/options/0/text/text",
    ),
    "101 options": (
        actions({"type": "static_select", "action_id": "s", "options": [OPTION] * 101}),
        "/blocks/0/elements/0/options",
    ),
    "eleven in context": ({"type": "context", "elements": [PLAIN] * 11}, "/blocks/0/elements"),
    "confirm title at 101": (
        actions(
            button(
                confirm={
                    "title": {"type": "plain_text", "text": "x" * 101},
                    "text": PLAIN,
                    "confirm": PLAIN,
                    "deny": PLAIN,
                }
            )
        ),
        "/blocks/0/elements/0/confirm/title/text",
    ),
    "unknown type": ({"type": "banner"}, "/blocks/0/type"),
    "unknown key": ({**section("x"), "colour": "red"}, "/blocks/0"),
    "bare text": ({"type": "section", "text": "x"}, "/blocks/0/text"),
    "chart title at 51": ({**chart(), "title": "x" * 51}, "/blocks/0/title"),
    "21 categories": (chart(21), "/blocks/0/chart/axis_config/categories"),
    "label at 21": (chart(1, label="x" * 20), "/blocks/0/chart/axis_config/categories/0"),
    "unknown chart": (chart(kind="radar"), "/blocks/0/chart/type"),
    "101 rows": (table(101), "/blocks/0/rows"),
    "21 columns": (table(1, 21), "/blocks/0/rows/0"),
}


@pytest.mark.parametrize(("block", "pointer"), REFUSED.values(), ids=REFUSED)
def test_blocks_past_a_limit_are_refused_with_the_place(world: World, block: dict[str, Any], pointer: str) -> None:
    """invalid_blocks names the offending place by JSON pointer (B2)."""
    body = refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", blocks=[block]))
    assert body["error"] == "invalid_blocks"
    assert any(message.endswith(f"[json-pointer:{pointer}]") for message in body["response_metadata"]["messages"])


def test_chart_points_belong_to_the_categories(world: World) -> None:
    """A series whose labels differ from the axis is refused."""
    block = chart()
    block["chart"]["axis_config"]["categories"] = ["other", "c1"]
    body = refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", blocks=[block]))
    assert "/blocks/0/chart/series/0/data" in body["errors"][0]


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([{"type": "divider"}] * 50, None),
        ([{"type": "divider"}] * 51, "invalid_blocks"),
        ([chart()] * 2, None),
        ([chart()] * 3, "invalid_blocks"),
        ([{"type": "divider", "block_id": "same"}] * 2, "invalid_blocks"),
        ([section("x" * 2640)] * 5, None),
        ([section("x" * 2641)] * 5, "msg_blocks_too_long"),
    ],
)
def test_a_message_as_a_whole_has_limits(world: World, blocks: list[dict[str, Any]], code: str | None) -> None:
    """50 blocks, two charts, unique block ids, about 13,200 characters (B2)."""
    form = {"channel": HOT, "text": "t", "blocks": json.dumps(blocks)}
    told = world.person.post(
        "/api/chat.postMessage", data=form, headers={"Authorization": "Bearer xoxb-sandbox"}
    ).json()
    assert told.get("error") == code


def test_blocks_that_are_not_json_are_told_apart(world: World) -> None:
    """Unreadable blocks are invalid_blocks_format."""
    assert refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", blocks="[{"))["error"] == (
        "invalid_blocks_format"
    )


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "/view/title/text"),
        ({"blocks": [chart()]}, "/view/blocks/0/type"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"blocks": [{"type": "divider"}] * 101}, "/view/blocks"),
    ],
)
def test_a_view_is_checked_like_a_message(world: World, change: dict[str, Any], pointer: str) -> None:
    """Titles of 24 characters, 100 blocks, no chart in a modal (B2)."""
    trigger = world.team.tickets.trigger(AE)
    body = refused(lambda: world.web.views_open(trigger_id=trigger, view={**modal(), **change}))
    assert (body["error"], pointer in body["errors"][0]) == ("invalid_arguments", True)
