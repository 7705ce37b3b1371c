"""When something cannot be done right now: Slack is answered all the same, and the person reads so."""

from __future__ import annotations

import json
import logging
import traceback
from typing import Any

from slack_bolt import App, BoltResponse

from bot.desk import Desk
from bot.views.forms import notice
from bot.views.replies import NOT_NOW, said
from connector.errors import PlsyncError

_log = logging.getLogger(__name__)


def register(app: App, desk: Desk) -> None:
    """Answer where a listener failed before it answered. What it had to say is in the log, and never in Slack."""

    def failed(error: Exception, body: dict[str, Any], response: BoltResponse | None) -> None:
        _log.error("what somebody wanted could not be done: %s", _words(error))
        if response is None:
            return
        response.status = 200
        if body.get("type") == "view_submission":
            response.headers["content-type"] = ["application/json"]
            response.body = json.dumps({"response_action": "update", "view": notice("Not done", NOT_NOW)})
        elif "response_url" in body:
            desk.replies.whisper(body["response_url"], said(NOT_NOW))

    app.error(failed)


def _words(error: Exception) -> str:
    """Our own errors speak for themselves. Others are told by type and place: their words may quote what was sent."""
    if isinstance(error, PlsyncError):
        return str(error)
    return f"{type(error).__name__}\n{''.join(traceback.format_tb(error.__traceback__))}"
