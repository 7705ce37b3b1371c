"""One Slack team in memory: its people, channels and messages, seen by the one app installed in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.slack.blocks import with_ids
from sandbox.slack.errors import SlackError
from sandbox.slack.line import Line
from sandbox.slack.messages import Blocks, Channel, Message, Stamps
from sandbox.slack.pace import Pace
from sandbox.slack.tickets import Tickets
from sandbox.slack.views import Views

BOT_USER = "U0APP00000"
BOT_ID = "B0APP00000"
APP_ID = "A0APP00000"


class SlackTeam:
    """The state behind the stand-in (a control.World).

    Args:
        seed: "team", "users" and "channels" as plain values, and "usergroups" where there are some.
        clock: gives message timestamps, rate limits and the age of response URLs their time.
        burst: messages one channel takes at once before it answers 429.
        monotonic: seconds that time the three-second windows people feel (acks, triggers).
        wall: seconds since 1970 for signatures, which the app checks against its own clock.
    """

    def __init__(
        self,
        seed: dict[str, Any],
        clock: Callable[[], datetime],
        *,
        bot_token: str = "xoxb-sandbox",
        app_token: str = "xapp-sandbox",
        signing_secret: str = "sandbox-signing-secret",
        burst: int = 20,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.seed = seed
        self.clock = clock
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.burst = burst
        self.monotonic = monotonic
        self.lock = threading.RLock()
        self.stamps = Stamps(clock)
        self.line = Line(signing_secret, monotonic, wall)
        self.reset()

    def reset(self) -> None:
        """Back to the seeded state. Connected apps stay connected, timestamps go on increasing."""
        with self.lock:
            self.info: dict[str, Any] = dict(self.seed["team"])
            self.users = {user["id"]: dict(user) for user in (*self.seed["users"], self._bot())}
            self.usergroups: list[dict[str, Any]] = [dict(group) for group in self.seed.get("usergroups", [])]
            self.channels = {channel["id"]: Channel(**channel) for channel in self.seed["channels"]}
            self.messages: dict[str, dict[str, Message]] = {}
            self.ephemerals: dict[str, Message] = {}
            self.views = Views(self.info["id"], BOT_ID, APP_ID)
            self.tickets = Tickets(self.clock, self.monotonic)
            self.pace = Pace(self.burst)

    @staticmethod
    def _bot() -> dict[str, Any]:
        return {"id": BOT_USER, "name": "plsync", "real_name": "plsync", "email": None, "tz": "UTC", "is_bot": True}

    def user(self, user_id: str) -> dict[str, Any]:
        """A user, deleted ones included. Raises SlackError user_not_found."""
        if user_id not in self.users:
            raise SlackError("user_not_found")
        return self.users[user_id]

    def open_dm(self, user_id: str) -> Channel:
        """The direct conversation with a user, opened when needed. Raises user_not_found or user_disabled."""
        if self.user(user_id).get("deleted"):
            raise SlackError("user_disabled")
        channel_id = f"D{user_id[1:]}"
        name = f"dm-{self.users[user_id]['name']}"
        return self.channels.setdefault(channel_id, Channel(channel_id, name, is_private=True, person=user_id))

    def channel(self, given: str) -> Channel:
        """The conversation with this id or "#name". Raises SlackError channel_not_found."""
        named = next((each for each in self.channels.values() if given == f"#{each.name}"), None)
        found = self.channels.get(given) or named
        if found is None or (found.is_private and not found.bot_member):
            raise SlackError("channel_not_found")
        return found

    def own_channel(self, given: str) -> Channel:
        """As `channel`, and the app is in it. Raises SlackError channel_not_found, not_in_channel."""
        channel = self.channel(given)
        if not channel.bot_member:
            raise SlackError("not_in_channel")
        return channel

    def writable(self, given: str) -> Channel:
        """As `own_channel`, also by user id, and not archived. Raises SlackError is_archived besides."""
        channel = self.open_dm(given) if given in self.users else self.own_channel(given)
        if channel.is_archived:
            raise SlackError("is_archived")
        return channel

    def message(self, channel_id: str, ts: str) -> Message:
        """A message everyone sees. Raises SlackError message_not_found."""
        found = self.messages.get(channel_id, {}).get(ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def post(
        self,
        channel: str,
        text: str,
        blocks: Blocks | None,
        *,
        metadata: dict[str, Any] | None = None,
        thread_ts: str | None = None,
        user: str = BOT_USER,
        only_for: str | None = None,
    ) -> Message:
        """Store a message; with `only_for` it is ephemeral."""
        ts = self.stamps.next()
        shown = with_ids(blocks, ts) if blocks is not None else None
        message = Message(channel, ts, user, text, shown, metadata, thread_ts, only_for=only_for)
        kept = self.ephemerals if only_for else self.messages.setdefault(channel, {})
        kept[ts] = message
        return message

    def change(
        self, message: Message, text: str | None, blocks: Blocks | None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Replace what a message says. Block ids differ from one version to the next."""
        at = self.stamps.next()
        message.change(text, with_ids(blocks, at) if blocks is not None else None, metadata, at)

    def remove(self, message: Message) -> None:
        """Take a message away."""
        kept = self.ephemerals if message.only_for else self.messages[message.channel]
        kept.pop(message.ts, None)

    def in_thread(self, parent: Message) -> list[Message]:
        """The replies under a message, oldest first."""
        return [each for each in self.messages[parent.channel].values() if each.thread_ts == parent.ts]

    def all_messages(self) -> Iterator[Message]:
        """Every message everyone sees, channel by channel, oldest first."""
        for channel in self.messages.values():
            yield from channel.values()

    def edit(self, kind: str, record_id: str, fields: dict[str, Any], by: str) -> dict[str, Any]:  # noqa: ARG002  World
        """Change a user or a channel, as an administrator would. Raises KeyError when it is not there."""
        with self.lock:
            if kind == "users":
                self.users[record_id].update(fields)
                return dict(self.users[record_id])
            if kind != "channels":
                raise KeyError(kind)
            try:
                self.channels[record_id] = replace(self.channels[record_id], **fields)
            except TypeError as unknown:
                raise KeyError(str(unknown)) from unknown
            return self._channel_record(self.channels[record_id])

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Copies of all messages, ephemerals, users, channels or views. Raises KeyError for anything else."""
        with self.lock:
            readers: dict[str, Callable[[], list[dict[str, Any]]]] = {
                "messages": lambda: [message.record() for message in self.all_messages()],
                "ephemerals": lambda: [message.record() for message in self.ephemerals.values()],
                "users": lambda: [dict(user) for user in self.users.values()],
                "channels": lambda: [self._channel_record(channel) for channel in self.channels.values()],
                "views": lambda: [dict(view) for view in self.views.stored.values()],
            }
            return readers[kind]()

    @staticmethod
    def _channel_record(channel: Channel) -> dict[str, Any]:
        return {**channel.body(), "name": channel.name, "bot_member": channel.bot_member}
