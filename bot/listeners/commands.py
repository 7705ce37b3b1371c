"""Slash commands: acknowledged at once, answered through the response URL when the numbers are there."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App, BoltContext

from bot.answers import Answers
from bot.exposure import Exposure, Sharing
from bot.heard import Heard
from bot.listeners.entrance import COLLEAGUE
from bot.people import Colleague
from bot.replies import Replies
from bot.views.blocks import Message
from bot.views.manual import COMMAND, NO_TEXT, NOT_FOR_YOU, NOT_HERE, unknown_command
from bot.views.replies import said
from bot.views.sharing import SHARE, shared_by, with_share


def register(app: App, answers: Answers, exposure: Exposure, replies: Replies, heard: Heard) -> None:
    """Listen to `/funnel`, to *Share to channel* under its answers, and politely to any other command."""

    def funnel(ack: Ack, command: dict[str, Any], context: BoltContext) -> None:
        url = command.get("response_url")
        ack("" if url else NO_TEXT)
        if url and heard.is_new(str(command.get("trigger_id") or "")):
            text, channel = str(command.get("text") or ""), str(command.get("channel_id") or "")
            replies.whisper(url, answered(text, channel, context[COLLEAGUE]))

    def answered(text: str, channel: str, person: Colleague) -> Message:
        sharing = exposure.sharing(channel)
        if refused := refusal(sharing, person):
            return said(refused)
        answer = answers.answer(text, person)
        shareable = answer.words if sharing is Sharing.OURS else None
        return with_share(answer.message, shareable) if shareable else answer.message

    def refusal(sharing: Sharing, person: Colleague) -> str | None:
        if not exposure.may_ask(person):
            return NOT_FOR_YOU
        return NOT_HERE if sharing is Sharing.SHARED else None

    def share(ack: Ack, body: dict[str, Any], action: dict[str, Any], context: BoltContext) -> None:
        ack()
        url, person = body.get("response_url"), context[COLLEAGUE]
        if not url or not heard.is_new(str(body.get("trigger_id") or "")):
            return
        sharing = exposure.sharing(str((body.get("channel") or {}).get("id") or ""))
        if refused := refusal(sharing, person) or (NOT_HERE if sharing is Sharing.UNKNOWN else None):
            replies.whisper(url, said(refused))
            return
        answer = answers.answer(str(action.get("value") or ""), person)
        replies.share(url, shared_by(answer.message, person.id))

    def anything_else(ack: Ack, command: dict[str, Any]) -> None:
        ack(unknown_command(command["command"]))

    app.command(COMMAND)(funnel)
    app.action(SHARE)(share)
    app.command(re.compile(".*"))(anything_else)
