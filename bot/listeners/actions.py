"""Buttons and menus. Slack shows an error unless it is answered within three seconds, and never sends a click again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App

from bot.desk import Desk
from bot.errands import ASKED, PRESSED
from bot.listeners.modals import open_window
from bot.views.menu import MORE, Act
from bot.views.replies import OUTSIDER, UNKNOWN_BUTTON, said

_WINDOWS = (*ASKED, Act.WHY)


def register(app: App, desk: Desk) -> None:
    """Listen to our buttons and our menu, and politely to any other."""

    def pressed(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        _act(desk, ack, body, action, str(action["action_id"]), action.get("value"))

    def chosen(ack: Ack, body: dict[str, Any], action: dict[str, Any]) -> None:
        name, _, value = str((action.get("selected_option") or {}).get("value")).partition(":")
        _act(desk, ack, body, action, name, value)

    def anything_else(ack: Ack, body: dict[str, Any]) -> None:
        ack()
        _whisper(desk, body, UNKNOWN_BUTTON)

    app.action(re.compile(f"^({'|'.join(Act)})$"))(pressed)
    app.action(MORE)(chosen)
    app.action(re.compile(".*"))(anything_else)


def alert_id(value: object) -> int:
    """The alert a button belongs to; 0, which is no alert, where its value is not ours."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0


def _act(desk: Desk, ack: Ack, body: dict[str, Any], action: dict[str, Any], name: str, value: object) -> None:
    """Do what was pressed; each kind answers Slack at its own time."""
    if name in PRESSED:
        _press(desk, ack, body, Act(name), alert_id(value), _request(body, action))
    elif name in _WINDOWS:
        ack()
        open_window(desk, body, Act(name), alert_id(value))
    else:
        ack()  # a link sends its click too, and is followed without us (slack B1)
        if name != Act.LINK:
            _whisper(desk, body, UNKNOWN_BUTTON)


def _press(desk: Desk, ack: Ack, body: dict[str, Any], act: Act, alert: int, request: str | None) -> None:
    person = desk.acting(body["user"])
    if person.outsider:
        ack()
        _whisper(desk, body, OUTSIDER)
        return
    outcome = desk.errands.press(act, alert, person, request)
    ack()
    desk.show(alert)
    if words := desk.errands.words(outcome, person):
        _whisper(desk, body, words)


def _request(body: Mapping[str, Any], action: Mapping[str, Any]) -> str | None:
    """What names this click, the same however often it is delivered."""
    at = action.get("action_ts")
    return f"{body['user']['id']}:{at}" if at else None


def _whisper(desk: Desk, body: Mapping[str, Any], words: str) -> None:
    if "response_url" in body:
        desk.replies.whisper(body["response_url"], said(words))
