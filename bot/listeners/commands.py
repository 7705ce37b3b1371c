"""Slash commands: acknowledged at once, answered through the response URL when the numbers are there."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App

from bot.desk import Desk
from bot.views.replies import OUTSIDER, said, unknown_command

FUNNEL = "/funnel"


def register(app: App, desk: Desk) -> None:
    """Listen to `/funnel`, and politely to any other command."""

    def funnel(ack: Ack, command: dict[str, Any]) -> None:
        ack()
        person = desk.colleague(command["user_id"], command["user_name"])
        reply = said(OUTSIDER) if person.outsider else desk.funnel(FUNNEL, command.get("text", ""))
        desk.replies.whisper(command["response_url"], reply)

    def anything_else(ack: Ack, command: dict[str, Any]) -> None:
        ack(unknown_command(command["command"]))

    app.command(FUNNEL)(funnel)
    app.command(re.compile(".*"))(anything_else)
