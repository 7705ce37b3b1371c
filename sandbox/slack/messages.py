"""Messages and the places they are posted to, with the stamps that order them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Blocks = list[dict[str, Any]]
STEP = 100
PER_SECOND = 1_000_000


class Stamps:
    """Message timestamps: the clock's second plus a counter, unique and increasing as text."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._second = 0
        self._count = 0

    def next(self) -> str:
        """A stamp such as "1700000000.000100", above every earlier one even when the clock stands still."""
        second = int(self._clock().timestamp())
        self._count += STEP
        if second > self._second:
            self._second, self._count = second, STEP
        elif self._count >= PER_SECOND:
            self._second, self._count = self._second + 1, STEP
        return f"{self._second}.{self._count:06d}"


@dataclass
class Channel:
    """A channel or, with `person` set, the direct conversation between the app and one user."""

    id: str
    name: str
    is_private: bool = False
    bot_member: bool = True
    is_archived: bool = False
    is_ext_shared: bool = False
    person: str | None = None

    def body(self) -> dict[str, Any]:
        """The channel as the Web API shows it."""
        shown = {
            "id": self.id,
            "is_im": self.person is not None,
            "is_archived": self.is_archived,
            "is_private": self.is_private,
            "is_ext_shared": self.is_ext_shared,
            "is_member": self.bot_member,
        }
        if self.person is not None:
            return {**shown, "user": self.person}
        return {**shown, "name": self.name, "is_channel": not self.is_private, "is_group": self.is_private}


@dataclass
class Message:
    """One message. `only_for` names the single user who sees an ephemeral one."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: Blocks | None = None
    metadata: dict[str, Any] | None = None
    thread_ts: str | None = None
    edited: bool = False
    only_for: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)

    def change(self, text: str | None, blocks: Blocks | None, metadata: dict[str, Any] | None, at: str) -> None:
        """Replace what is given, remembering the version before. A text alone drops the blocks (B6)."""
        self.history.append({"text": self.text, "blocks": self.blocks, "changed_at": at})
        if text is not None:
            self.text, self.edited = text, blocks is None
        if text is not None or blocks is not None:
            self.blocks = blocks
        if metadata is not None:
            self.metadata = metadata

    def body(self, *, with_metadata: bool = False) -> dict[str, Any]:
        """The message as the Web API shows it."""
        shown: dict[str, Any] = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        if self.blocks is not None:
            shown["blocks"] = self.blocks
        if self.thread_ts is not None:
            shown["thread_ts"] = self.thread_ts
        if self.edited:
            shown["edited"] = {"user": self.user, "ts": self.history[-1]["changed_at"]}
        if with_metadata and self.metadata is not None:
            shown["metadata"] = self.metadata
        return shown

    def record(self) -> dict[str, Any]:
        """Everything about the message, for the control side and the page."""
        return {
            "channel": self.channel,
            "ts": self.ts,
            "thread_ts": self.thread_ts,
            "user": self.user,
            "text": self.text,
            "blocks": self.blocks,
            "metadata": self.metadata,
            "edited": self.edited,
            "only_for": self.only_for,
            "history": list(self.history),
        }
