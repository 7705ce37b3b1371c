"""chat.*: posting, updating, and messages only one person sees."""

from __future__ import annotations

import json
import re
from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.blocks import parse_blocks
from sandbox.slack.errors import SlackError, rate_limited
from sandbox.slack.messages import Blocks, Channel, Message
from sandbox.slack.team import BOT_ID, BOT_USER, SlackTeam

TEXT_CHARACTERS = 40_000
STAMP = re.compile(r"\d{10}\.\d{6}")


def post_message(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """chat.postMessage. There is no idempotency key: the same call twice posts twice (B5)."""
    channel = team.writable(call.text("channel"))
    text, blocks = content(call.maybe("text"), call.raw("blocks"))
    metadata = _metadata(call.raw("metadata"))
    thread_ts = _thread(team, channel, call.maybe("thread_ts"))
    seconds = team.pace.wait(channel.id, team.clock())
    if seconds:
        raise rate_limited(seconds)
    message = team.post(channel.id, text or "", blocks, metadata=metadata, thread_ts=thread_ts)
    return _stored(message)


def update(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """chat.update, by conversation id and only of the app's own messages (B6)."""
    channel = team.own_channel(call.text("channel"))
    message = team.message(channel.id, call.text("ts"))
    if message.user != BOT_USER:
        raise SlackError("cant_update_message")
    metadata = _metadata(call.raw("metadata"))
    text, blocks = call.maybe("text"), call.raw("blocks")
    if metadata is None or text or blocks:
        text, blocks = content(text, blocks)
    team.change(message, text, blocks, metadata)
    return {**_stored(message), "text": message.text}


def post_ephemeral(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """chat.postEphemeral: seen by one person, gone from every history."""
    channel = team.own_channel(call.text("channel"))
    person = call.text("user")
    if person not in team.users or channel.person not in (None, person):
        raise SlackError("user_not_in_channel")
    text, blocks = content(call.maybe("text"), call.raw("blocks"))
    thread_ts = _thread(team, channel, call.maybe("thread_ts"))
    message = team.post(channel.id, text or "", blocks, thread_ts=thread_ts, only_for=person)
    return {"message_ts": message.ts}


def permalink(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """chat.getPermalink."""
    channel = team.channel(call.text("channel"))
    message = team.message(channel.id, call.text("message_ts"))
    address = f"{team_url(team)}archives/{channel.id}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    return {"channel": channel.id, "permalink": address + thread}


def team_url(team: SlackTeam) -> str:
    """The team's address, under a domain that leads nowhere."""
    return f"https://{team.info.get('domain', 'workspace')}.slack.example/"


def content(text: str | None, blocks: Any) -> tuple[str | None, Blocks | None]:
    """Checked text and blocks. Raises SlackError no_text, msg_too_long or what `parse_blocks` raises."""
    checked = parse_blocks(blocks)
    if not text and not checked:
        raise SlackError("no_text")
    if text is not None and len(text) > TEXT_CHARACTERS:
        raise SlackError("msg_too_long")
    return text, checked


def _stored(message: Message) -> dict[str, Any]:
    body = {**message.body(with_metadata=True), "bot_id": BOT_ID}
    return {"channel": message.channel, "ts": message.ts, "message": body}


def _thread(team: SlackTeam, channel: Channel, thread_ts: str | None) -> str | None:
    if thread_ts is None:
        return None
    if not STAMP.fullmatch(thread_ts):
        raise SlackError("invalid_thread_ts", [f"{thread_ts} is not a valid thread_ts"])
    parent = team.messages.get(channel.id, {}).get(thread_ts)
    if parent is None:
        raise SlackError("thread_not_found")
    return parent.thread_ts or parent.ts


def _metadata(given: Any) -> dict[str, Any] | None:
    if given is None:
        return None
    try:
        metadata = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        raise SlackError("invalid_metadata_format") from None
    if not isinstance(metadata, dict) or set(metadata) != {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata["event_type"], str) or not isinstance(metadata["event_payload"], dict):
        raise SlackError("invalid_metadata_schema")
    return metadata
