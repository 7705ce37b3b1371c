"""What the page needs from the stand-ins: to read them, and to act as a person in Slack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

Act = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]
ATTEMPTS = 5


class Readable(Protocol):
    """A stand-in's data (control.World offers more)."""

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Every record of one kind."""


def read(world: Readable, kind: str) -> list[dict[str, Any]]:
    """The records of one kind. Another thread may be writing: a dict that grew under the reader is read again."""
    for _ in range(ATTEMPTS - 1):
        try:
            return world.records(kind)
        except RuntimeError:
            continue
    return world.records(kind)
