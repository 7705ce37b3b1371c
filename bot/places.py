"""From a target to the conversation it means: channels by name, people by e-mail. Both are remembered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from bot.people import People
from bot.refusals import Unreachable
from bot.targets import PERSON, USER

LISTED_FOR = timedelta(hours=1)
MISSED_FOR = timedelta(minutes=1)
SHARED = "channel_is_shared"  # with another organisation, which gets no account data (D42)
_ID = re.compile(r"[CGD][A-Z0-9]{8,}")


class Places:
    """Conversations by target. Used by one thread."""

    def __init__(self, client: WebClient, people: People) -> None:
        self._client = client
        self._people = people
        self._channels: dict[str, str] = {}
        self._listed_at: datetime | None = None
        self._direct: dict[str, str] = {}

    def find(self, target: str, now: datetime) -> str:
        """The id of the conversation. Raises Unreachable when there is none, and what slack_sdk raises."""
        kind, _, name = target.partition(":")
        if kind == USER:
            return self._direct_with(name)
        return self._direct_with_email(name, now) if kind == PERSON else self._channel(name.removeprefix("#"), now)

    def _direct_with_email(self, email: str, now: datetime) -> str:
        user = self._people.find(email, now)
        if user is None:
            raise Unreachable("users_not_found")
        return self._direct_with(user)

    def _direct_with(self, user: str) -> str:
        if user not in self._direct:
            self._direct[user] = str(self._client.conversations_open(users=user)["channel"]["id"])
        return self._direct[user]

    def _channel(self, name: str, now: datetime) -> str:
        if _ID.fullmatch(name):
            return name
        if self._is_due(name, now):
            self._channels, self._listed_at = self._list(), now
        if name not in self._channels:
            raise Unreachable("channel_not_found")
        if self._channels[name] == SHARED:
            raise Unreachable(SHARED)
        return self._channels[name]

    def _is_due(self, name: str, now: datetime) -> bool:
        """A missing channel is looked for again sooner: somebody may just have created it."""
        if self._listed_at is None:
            return True
        return now - self._listed_at >= (LISTED_FOR if name in self._channels else MISSED_FOR)

    def _list(self) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = ""
        while True:
            page = self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=1000, cursor=cursor or None
            )
            found |= {str(channel["name"]): _usable(channel) for channel in page["channels"]}
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return found


def _usable(channel: Mapping[str, Any]) -> str:
    """A channel's id, or that it may not be used."""
    shared = channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")
    return SHARED if shared else str(channel["id"])
