"""Cursors: long lists a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError

Item = TypeVar("Item")


def page(items: Sequence[Item], call: Arguments, *, default: int, most: int) -> tuple[Sequence[Item], str]:
    """The page asked for, and the cursor of the next one ("" at the end). Raises SlackError invalid_cursor."""
    start = _start(call.maybe("cursor"))
    end = start + call.count("limit", default, most)
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], cursor


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None
