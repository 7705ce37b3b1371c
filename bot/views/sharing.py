"""Showing an answer to others: a button under it, and who showed it where it is shown."""

from __future__ import annotations

from bot.views.blocks import Block, Message, context
from bot.views.scene import mention
from bot.views.text import plain

SHARE = "share_answer"  # the button's action id; its value asks the question again
_VALUE_CHARACTERS = 2_000


def with_share(answer: Message, words: str) -> Message:
    """An answer with the button. Whoever presses it shows the answer as it is then."""
    label = {"type": "plain_text", "text": "Share to channel", "emoji": False}
    button = {"type": "button", "action_id": SHARE, "value": plain(words, _VALUE_CHARACTERS), "text": label}
    row: Block = {"type": "actions", "elements": [button]}
    return Message(answer.text, (*answer.blocks, row))


def shared_by(answer: Message, user: str) -> Message:
    """An answer as everybody in the channel sees it. One of text alone stays one."""
    told = f"Shared by {mention(user)}"
    blocks = (*answer.blocks, context(told)) if answer.blocks else ()
    return Message(f"{answer.text}\n{told}", blocks)
