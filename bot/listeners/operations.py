"""The buttons of RevOps."""

from __future__ import annotations

from typing import Any

from slack_bolt import Ack, App, BoltContext

from bot.desk import Desk
from bot.listeners.entrance import COLLEAGUE
from bot.operations import Office
from bot.views.operations import APPLY, BASELINE, DISCARD, RELEASE
from bot.views.replies import said


def register(app: App, desk: Desk, office: Office) -> None:
    """Listen to them. Register before the listener to anything else."""

    def pressed(ack: Ack, body: dict[str, Any], action: dict[str, Any], context: BoltContext) -> None:
        answer = office.press(action["action_id"], str(action.get("value", "")), context[COLLEAGUE])
        ack()
        if answer:
            desk.replies.whisper(body["response_url"], said(answer))
        else:
            office.herald.refresh()

    for action_id in (RELEASE, BASELINE, DISCARD, APPLY):
        app.action(action_id)(pressed)
