"""Buttons. Slack shows an error unless it is answered within three seconds, and never sends a click again."""

from __future__ import annotations

import re
from typing import Any

from slack_bolt import Ack, App

from bot.desk import Desk
from bot.views.replies import OUTSIDER, UNKNOWN_BUTTON, click_reply, said
from bot.views.standing import ACKNOWLEDGE


def register(app: App, desk: Desk) -> None:
    """Listen to our buttons, and politely to any other."""

    def on_it(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        person = desk.colleague(body["user"]["id"], body["user"]["username"])
        if person.outsider:
            ack()
            desk.replies.whisper(body["response_url"], said(OUTSIDER))
            return
        ruling = desk.acknowledge(alert_id(action), person)
        ack()
        desk.show(alert_id(action))
        if reply := click_reply(ruling.verdict, ruling.alert):
            desk.replies.whisper(body["response_url"], said(reply))

    def anything_else(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        if "response_url" in body:
            desk.replies.whisper(body["response_url"], said(UNKNOWN_BUTTON))

    app.action(ACKNOWLEDGE)(on_it)
    app.action(re.compile(".*"))(anything_else)


def alert_id(action: dict[str, Any]) -> int:
    """The alert a button belongs to; 0, which is no alert, where its value is not ours."""
    value = str(action.get("value", ""))
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
