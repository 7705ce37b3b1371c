"""A digest: several alerts in one message, a line and a button each (D18, D37)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.lifecycle import OVER, Alert, asks_for_somebody
from bot.views.blocks import Block, Message, button, context, header, message, section
from bot.views.menu import Act
from bot.views.scene import Scene, environment_label, mention
from bot.views.text import escape, moment, number, words

MOST_LINES = 40  # with the head, and what says how many more there are, below fifty blocks

_TITLES = {
    "baseline": "🔥 Hot already",
    "capped": "🔥 More Hot accounts",
    "warm": "🌤️ Warm accounts",
}
_NOTES = {
    "baseline": "They were Hot when plsync arrived, or are by new definitions. They are in the queue; no clock runs.",
    "capped": "More than a day's messages: these are in the queue like the others, and their clocks run.",
    "warm": "Each has its own clock; take those you know.",
}


@dataclass(frozen=True, slots=True)
class DigestPage:
    """What a digest shows: of which kind it is, its date where its reader is, its first alerts, and how many it has."""

    kind: str
    day: str
    alerts: Sequence[Alert]
    count: int


def digest_message(page: DigestPage, scene: Scene) -> Message:
    """The message of a digest in the state its alerts are in."""
    shown = page.alerts[:MOST_LINES]
    return message(
        [
            *environment_label(scene.environment),
            header(f"{_TITLES.get(page.kind, 'Accounts')} · {_day(page.day)}"),
            *([context(_NOTES[page.kind])] if page.kind in _NOTES else []),
            *(_line(alert) for alert in shown),
            *_rest(page.count - len(shown)),
        ]
    )


def _day(text: str) -> str:
    """A date as people write it: "5 Jan 2026"."""
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b %Y}"


def _line(alert: Alert) -> Block:
    told = alert.payload
    name = escape((told.get("account") or {}).get("name") or alert.account_key, 80)
    score = f"score {number(told.get('score', 'unknown'))}"
    why = escape(told.get("sentence") or "Nothing recent is known.", 140)
    due = f" · due {moment(alert.due_at)}" if alert.due_at and asks_for_somebody(alert) else ""
    line = section(f"*{name}* · {score}{due}{_standing(alert)}\n{why}")
    if asks_for_somebody(alert):
        line["accessory"] = button("I'm on it", Act.ACKNOWLEDGE, str(alert.id), "primary")
    return line


def _standing(alert: Alert) -> str:
    if alert.state in OVER:
        return f" · ⏹️ {words(alert.state)}"
    return f" · ✅ {mention(alert.acknowledged_by)} is on it" if alert.acknowledged_by else ""


def _rest(count: int) -> list[Block]:
    return [context(f"… and {count:,} more: `/funnel queue`")] if count > 0 else []
