"""Buttons and menus. Slack shows an error unless it is answered within three seconds, and never sends a click again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App, BoltContext

from bot.desk import Desk
from bot.errands import ASKED, PRESSED
from bot.listeners.entrance import COLLEAGUE
from bot.listeners.modals import open_window
from bot.people import Colleague
from bot.views.menu import MORE, Act
from bot.views.replies import UNKNOWN_BUTTON, said

_WINDOWS = (*ASKED, Act.WHY)


@dataclass(frozen=True, slots=True)
class _Click:
    """What was pressed, by whom, on which alert."""

    body: Mapping[str, Any]
    action: Mapping[str, Any]
    person: Colleague
    name: str
    alert: int

    @property
    def request(self) -> str | None:
        """What names this click, the same however often it is delivered."""
        at = self.action.get("action_ts")
        return f"{self.person.id}:{at}" if at else None


def register(app: App, desk: Desk) -> None:
    """Listen to our buttons and our menu, and politely to any other."""

    def pressed(ack: Ack, body: dict[str, Any], action: dict[str, Any], context: BoltContext) -> None:
        click = _Click(body, action, context[COLLEAGUE], str(action["action_id"]), alert_id(action.get("value")))
        _act(desk, ack, click)

    def chosen(ack: Ack, body: dict[str, Any], action: dict[str, Any], context: BoltContext) -> None:
        name, _, value = str((action.get("selected_option") or {}).get("value")).partition(":")
        _act(desk, ack, _Click(body, action, context[COLLEAGUE], name, alert_id(value)))

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


def _act(desk: Desk, ack: Ack, click: _Click) -> None:
    """Do what was pressed; each kind answers Slack at its own time."""
    if click.name in PRESSED:
        _press(desk, ack, click)
    elif click.name in _WINDOWS:
        ack()
        open_window(desk, click.body, click.person, Act(click.name), click.alert)
    else:
        ack()  # a link sends its click too, and is followed without us (slack B1)
        if click.name != Act.LINK:
            _whisper(desk, click.body, UNKNOWN_BUTTON)


def _press(desk: Desk, ack: Ack, click: _Click) -> None:
    outcome = desk.errands.press(Act(click.name), click.alert, click.person, click.request)
    ack()
    desk.show(click.alert)
    if words := desk.errands.words(outcome, click.person):
        _whisper(desk, click.body, words)


def _whisper(desk: Desk, body: Mapping[str, Any], words: str) -> None:
    if "response_url" in body:
        desk.replies.whisper(body["response_url"], said(words))
