"""What stands in a window over Slack: inputs, and the windows made of them (slack B2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.views.blocks import Block, option, plain_text, section

TITLE_CHARACTERS = 24
NOTE_CHARACTERS = 500

View = Block


def window(name: str, title: str, blocks: Iterable[Block], told: str = "", submit: str | None = None) -> View:
    """A window. `name` and `told` come back when it is sent; without a word to send it with it can only be closed."""
    sent = {"submit": plain_text(submit, TITLE_CHARACTERS)} if submit else {}
    return {
        "type": "modal",
        "callback_id": name,
        "private_metadata": told,
        "title": plain_text(title, TITLE_CHARACTERS),
        "close": plain_text("Cancel" if submit else "Close", TITLE_CHARACTERS),
        **sent,
        "blocks": list(blocks),
    }


def notice(title: str, mrkdwn: str) -> View:
    """A window that only says something."""
    return window("notice", title, [section(mrkdwn)])


def field(name: str, label: str, element: Block, hint: str = "", *, optional: bool = False) -> Block:
    """An input with its label. Its block and its element share the name, by which the answer is found."""
    hinted = {"hint": plain_text(hint, 200)} if hint else {}
    named = {**element, "action_id": name}
    return {
        "type": "input",
        "block_id": name,
        "label": plain_text(label, 200),
        "element": named,
        "optional": optional,
        **hinted,
    }


def one_of(options: Iterable[Block]) -> Block:
    """A list to choose one from; up to 100."""
    return {"type": "static_select", "placeholder": plain_text("Choose", 150), "options": list(options)}


def buttons(choices: Iterable[tuple[str, str]]) -> Block:
    """A few choices (value, label), all of them seen, the first one chosen; up to ten."""
    options = [option(label, value) for value, label in choices]
    return {"type": "radio_buttons", "options": options, "initial_option": options[0]}


def somebody() -> Block:
    """Somebody of the workspace."""
    return {"type": "users_select", "placeholder": plain_text("Choose somebody", 150)}


def moment_of(at: datetime) -> Block:
    """A date and a time in the reader's own zone."""
    return {"type": "datetimepicker", "initial_date_time": int(at.timestamp())}


def words() -> Block:
    """A few words of somebody's own."""
    return {"type": "plain_text_input", "multiline": True, "max_length": NOTE_CHARACTERS}
