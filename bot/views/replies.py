"""What the bot says to one person: how a click ended."""

from __future__ import annotations

from bot.lifecycle import Alert, Verdict
from bot.views.blocks import Message
from bot.views.scene import mention
from bot.views.text import escape, moment

OUTSIDER = "Only members of this workspace can do that; guests cannot."
NOT_NOW = "That could not be done right now, and nothing has changed. Please try again in a minute."
UNKNOWN_BUTTON = "This button does nothing any more: the message is from another version of the bot."
UNKNOWN_WINDOW = "Nothing was done: the window is from another version of the bot. Please open it again."


def said(text: str) -> Message:
    """A message of text alone."""
    return Message(text, ())


def click_reply(verdict: Verdict, alert: Alert | None) -> str | None:
    """What the person who clicked is told; None when the message itself tells it."""
    match verdict:
        case Verdict.GONE:
            return "This alert is not known any more, so nobody can take it."
        case Verdict.TAKEN if alert is not None:
            return f"{_holder(alert)} it{_since(alert)}, so it stays there. Talk to them if you know the account."
        case Verdict.OVER:
            return "No need to act: this alert is over."
        case Verdict.SUPERSEDED if alert is not None:
            return f"No need to act: this alert was superseded. {_reason(alert)}"
        case _:
            return None


def not_opened(code: str) -> str:
    """For a window that Slack did not open; nothing was done."""
    return f"The window could not be opened (Slack says {escape(code, 60)}). Please press again."


def _holder(alert: Alert) -> str:
    return f"{mention(alert.acknowledged_by)} has" if alert.acknowledged_by else "Somebody else has"


def _since(alert: Alert) -> str:
    return f" since {moment(alert.acknowledged_at)}" if alert.acknowledged_at else ""


def _reason(alert: Alert) -> str:
    told = alert.payload.get("superseded") or {}
    return escape(told.get("reason") or "The CRM shows an SQL.", 500)
