"""The few Block Kit blocks we use, and messages made of them (slack B2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.views.text import escape, plain

HEADER_CHARACTERS = 150
SECTION_CHARACTERS = 3_000
LABEL_CHARACTERS = 20

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: blocks, and the same in full as text, for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


def message(blocks: Iterable[Block]) -> Message:
    """A message whose text says everything its blocks do."""
    listed = tuple(blocks)
    return Message("\n".join(line for block in listed for line in _spoken(block)), listed)


def header(text: str) -> Block:
    """A title. Colons stay colons: names of accounts are not emoji."""
    return {"type": "header", "text": plain_text(text, HEADER_CHARACTERS)}


def section(mrkdwn: str) -> Block:
    """A paragraph of escaped mrkdwn."""
    return {"type": "section", "text": _mrkdwn(mrkdwn)}


def context(*mrkdwn: str) -> Block:
    """Small print of escaped mrkdwn."""
    return {"type": "context", "elements": [_mrkdwn(text) for text in mrkdwn]}


def actions(*elements: Block) -> Block:
    """A row of things to press."""
    return {"type": "actions", "elements": list(elements)}


def button(label: str, action_id: str, value: str, style: str | None = None) -> Block:
    """A button; in a style of "primary" or "danger" it stands out."""
    shown = {"style": style} if style else {}
    return {"type": "button", "action_id": action_id, "value": value, **shown, "text": plain_text(label, 75)}


def overflow(action_id: str, options: Iterable[Block]) -> Block:
    """The menu behind three dots, of one to five options."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def option(label: str, value: str, url: str | None = None) -> Block:
    """A choice, in a menu or a form; where it has a URL, choosing it in a menu opens that."""
    return {"text": plain_text(label, 75), "value": value, **({"url": url} if url else {})}


def bar_chart(title: str, series: str, points: Sequence[tuple[str, int]]) -> Block:
    """A native bar chart of up to twenty points with distinct labels."""
    data = [{"label": plain(label, LABEL_CHARACTERS), "value": value} for label, value in points]
    chart = {
        "type": "bar",
        "series": [{"name": series, "data": data}],
        "axis_config": {"categories": [point["label"] for point in data]},
    }
    return {"type": "data_visualization", "title": plain(title, 50), "chart": chart}


def without_charts(sent: Message) -> Message:
    """The same message for a workspace that has no charts yet (slack B2: drop the block and send again)."""
    return Message(sent.text, tuple(block for block in sent.blocks if block["type"] != "data_visualization"))


def _spoken(block: Block) -> list[str]:
    match block["type"]:
        case "header":
            return [escape(block["text"]["text"], SECTION_CHARACTERS)]
        case "section":
            return [block["text"]["text"]]
        case "context":
            return [element["text"] for element in block["elements"]]
        case _:
            return []


def plain_text(text: str, limit: int) -> Block:
    """A text in which nothing is special."""
    return {"type": "plain_text", "text": plain(text, limit), "emoji": False}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}
