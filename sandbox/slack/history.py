"""conversations.history and replies: what was said, and whether our message arrived (B9)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import Message
from sandbox.slack.pages import page
from sandbox.slack.team import SlackTeam


def history(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """conversations.history: newest first, replies left out."""
    channel = team.own_channel(call.text("channel"))
    wanted = [
        message
        for message in reversed(team.messages.get(channel.id, {}).values())
        if message.thread_ts is None and _within(message, call)
    ]
    return _answer(team, call, wanted)


def replies(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel = team.own_channel(call.text("channel"))
    there = team.messages.get(channel.id, {}).get(call.text("ts"))
    if there is None:
        raise SlackError("thread_not_found")
    parent = team.message(channel.id, there.thread_ts or there.ts)
    answered = [reply for reply in team.in_thread(parent) if _within(reply, call)]
    return _answer(team, call, [parent, *answered])


def _answer(team: SlackTeam, call: Arguments, messages: list[Message]) -> dict[str, Any]:
    shown, cursor = page(messages, call, default=100, most=999)
    bodies = [_body(team, message, with_metadata=call.flag("include_all_metadata")) for message in shown]
    return {"messages": bodies, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


def _body(team: SlackTeam, message: Message, *, with_metadata: bool) -> dict[str, Any]:
    body = message.body(with_metadata=with_metadata)
    under = team.in_thread(message)
    if not under:
        return body
    return {**body, "thread_ts": message.ts, "reply_count": len(under), "latest_reply": under[-1].ts}


def _within(message: Message, call: Arguments) -> bool:
    at, inclusive = Decimal(message.ts), call.flag("inclusive")
    oldest = _moment(call.maybe("oldest"), "invalid_ts_oldest")
    latest = _moment(call.maybe("latest"), "invalid_ts_latest")
    after = oldest is None or at > oldest or (inclusive and at == oldest)
    before = latest is None or at < latest or (inclusive and at == latest)
    return after and before


def _moment(text: str | None, otherwise: str) -> Decimal | None:
    if not text:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise SlackError(otherwise) from None
