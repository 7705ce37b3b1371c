"""Short-lived rights the team hands to its app: response URLs, triggers and socket tickets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.slack.errors import SlackError

RESPONSE_USES = 5
RESPONSE_AGE = timedelta(minutes=30)
TRIGGER_SECONDS = 3.0


@dataclass
class Reply:
    """Where a response URL leads: the conversation, the person, and the message acted upon."""

    channel: str
    user: str
    made_at: datetime
    ts: str | None = None
    uses: int = 0


@dataclass
class Tickets:
    """Every right given out, and whether it still holds: a trigger once in 3 s, a URL 5 times in 30 min (B2)."""

    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    replies: dict[str, Reply] = field(default_factory=dict)
    triggers: dict[str, tuple[str, float]] = field(default_factory=dict)
    sockets: set[str] = field(default_factory=set)
    _given: int = 0

    def _next(self, prefix: str) -> str:
        self._given += 1
        return f"{prefix}{self._given:06d}"

    def reply(self, channel: str, user: str, ts: str | None = None) -> str:
        """The id of a new response URL."""
        ticket = self._next("R")
        self.replies[ticket] = Reply(channel, user, self.clock(), ts)
        return ticket

    def use_reply(self, ticket: str) -> Reply:
        """Use a response URL once. Raises SlackError (404) when it is unknown, too old or used up."""
        reply = self.replies.get(ticket)
        if reply is None or self.clock() - reply.made_at > RESPONSE_AGE:
            raise SlackError("expired_url", status=404)
        if reply.uses >= RESPONSE_USES:
            raise SlackError("used_url", status=404)
        reply.uses += 1
        return reply

    def trigger(self, user: str) -> str:
        """A new trigger id of the person who acted."""
        ticket = self._next("T")
        self.triggers[ticket] = (user, self.monotonic())
        return ticket

    def use_trigger(self, ticket: str) -> str:
        """Whose trigger it is; it is then used. Raises SlackError invalid_trigger_id or expired_trigger_id."""
        if ticket not in self.triggers:
            raise SlackError("invalid_trigger_id")
        user, made_at = self.triggers.pop(ticket)
        if self.monotonic() - made_at > TRIGGER_SECONDS:
            raise SlackError("expired_trigger_id")
        return user

    def socket(self) -> str:
        """A new ticket for one websocket."""
        ticket = self._next("S")
        self.sockets.add(ticket)
        return ticket

    def use_socket(self, ticket: str) -> bool:
        """Whether the ticket was valid; it is then used."""
        valid = ticket in self.sockets
        self.sockets.discard(ticket)
        return valid
