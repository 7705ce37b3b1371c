"""The way in for everything Slack brings: outsiders are refused here, before any listener (D42).

As a middleware it covers buttons, commands and forms that do not exist yet. It answers by its return value: `ack()`
in a middleware would not be sent (slack E4).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from slack_bolt import App, BoltContext, BoltResponse

from bot.exposure import Caller, Exposure
from bot.refusals import FAILURES, understand
from bot.replies import Replies
from bot.views.manual import NO_TEXT, nobody_knows
from bot.views.replies import OUTSIDER, said

COLLEAGUE = "colleague"  # in the context: who it is, for listeners behind

_log = logging.getLogger(__name__)


def register(app: App, exposure: Exposure, replies: Replies, workers: Executor) -> None:
    """Ask everybody who they are."""

    def admit(body: dict[str, Any], context: BoltContext, next_: Callable[[], None]) -> BoltResponse | None:
        caller = caller_of(body)
        if caller is None:
            return _nobody(body, next_)
        try:
            person = exposure.colleague(caller)
        except FAILURES as error:
            if "command" in body:
                return _refused(nobody_knows(understand(error).code))
            _log.warning("Slack did not say who acted (%s)", understand(error).code)
            person = exposure.presumed(caller)  # a click is not lost because a look-up is
        if not person.outsider:
            context[COLLEAGUE] = person
            next_()
            return None
        if "command" in body:
            return _refused(OUTSIDER)
        if caller.response_url:
            workers.submit(replies.whisper, caller.response_url, said(OUTSIDER))
        return _answer({"response_action": "clear"} if body.get("type") == "view_submission" else None)

    app.middleware(admit)


def caller_of(body: Mapping[str, Any]) -> Caller | None:
    """Who acts, by the payload; None where nobody does, or it does not say."""
    told = body.get("user")
    user: Mapping[str, Any] = (
        told
        if isinstance(told, Mapping)
        else {"id": body.get("user_id"), "username": body.get("user_name"), "team_id": body.get("team_id")}
    )
    if not isinstance(user.get("id"), str) or not user["id"]:
        return None
    team = body.get("team")
    teams = {user.get("team_id"), team.get("id") if isinstance(team, Mapping) else None}
    url = body.get("response_url")
    name = str(user.get("username") or user.get("name") or user["id"])
    named = frozenset(str(one) for one in teams if one)
    return Caller(user["id"], name, named, url if isinstance(url, str) and url else None)


def _nobody(body: Mapping[str, Any], next_: Callable[[], None]) -> BoltResponse | None:
    """Events have nobody, and go on. A command or click without somebody is damaged."""
    if body.get("type") == "event_callback":
        next_()
        return None
    _log.warning("Slack sent a payload that names nobody; it was not done")
    return _refused(NO_TEXT) if "command" in body else _answer(None)


def _refused(text: str) -> BoltResponse:
    return _answer({"response_type": "ephemeral", "text": text})


def _answer(told: Mapping[str, Any] | None) -> BoltResponse:
    if told is None:
        return BoltResponse(status=200, body="")
    return BoltResponse(status=200, body=json.dumps(told), headers={"content-type": ["application/json"]})
