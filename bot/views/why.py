"""Why an alert was raised, in full: what happened, the rule and what it looked at, the points, what would have been."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.lifecycle import Alert
from bot.views.blocks import Block, context, section
from bot.views.evidence import layer_ticks, points
from bot.views.forms import View, window
from bot.views.menu import Act
from bot.views.text import escape, moment, number, words

_TRIGGERS = {
    "hot": "The score crossed into Hot",
    "intent": "A moment of intent",
    "usage_limit": "A usage limit was hit",
}
_MOST_SIGNALS, _MOST_POINTS, _MOST_NAMES = 10, 40, 20
_PLAINLY = {None: "none", True: "yes", False: "no"}
_LONGEST = 2_900  # a paragraph is never cut within an entity: lines that do not fit any more are left out


def why_window(alert: Alert) -> View:
    """The window behind *Why this alert*."""
    account = alert.payload.get("account") or {}
    name = escape(account.get("name") or alert.account_key, 120)
    return window(Act.WHY, "Why this alert", [section(f"*{name}*"), *_paragraphs(alert)])


def _paragraphs(alert: Alert) -> Iterator[Block]:
    told = alert.payload
    trigger = _TRIGGERS.get(str(told.get("trigger"))) or words(told.get("trigger") or "no trigger was recorded")
    yield section(
        f"*What happened*\n{trigger}, {moment(alert.occurred_at)}\n"
        f"{escape(told.get('sentence') or 'Nothing recent is known.', 900)}"
    )
    yield from _listed("Signals", map(_signal, (told.get("signals") or [])[:_MOST_SIGNALS]))
    yield section(_rule(told))
    yield from _listed("What the rule saw", map(_seen, list((told.get("evidence") or {}).items())[:_MOST_NAMES]))
    yield from _listed(f"Score {number(told.get('score', 'unknown'))}", points(told, _MOST_POINTS))
    yield section(f"*Layers*\n{layer_ticks(told)}")
    if other := told.get("counterfactual"):
        yield section(_otherwise(other))
    yield context(f"raised {moment(alert.raised_at)} · {_read(told)}")


def _listed(title: str, lines: Any) -> list[Block]:
    kept: list[str] = []
    for line in lines:
        if sum(map(len, kept)) + len(line) > _LONGEST - len(title) - 4 * len(kept):
            break
        kept.append(f"• {line}")
    return [section("\n".join([f"*{title}*", *kept]))] if kept else []


def _signal(signal: Mapping[str, Any]) -> str:
    ago = signal.get("ago")
    return escape(signal.get("text") or signal.get("kind") or "?", 200) + (f" – {escape(ago, 40)}" if ago else "")


def _rule(told: Mapping[str, Any]) -> str:
    reason = escape(told.get("reason") or "no reason was recorded", 500)
    where = ", ".join(f"{name} {words(told[name])}" for name in ("segment", "motion") if told.get(name))
    return f"*Rule* `{words(told.get('rule') or 'unknown')}`\n{reason}" + (f"\n{where}" if where else "")


def _seen(pair: tuple[str, Any]) -> str:
    name, value = pair
    shown = _PLAINLY.get(value, value) if value is None or isinstance(value, bool) else value
    return f"{escape(name, 80)}: {escape(shown, 120)}"


def _otherwise(other: Mapping[str, Any]) -> str:
    to = f" to {escape(other['routed_to'], 120)}" if other.get("routed_to") else ""
    return (
        f"*Without the CRM's SQL or opportunity*\n{words(other.get('route') or 'nothing')}{to}, by rule "
        f"`{words(other.get('rule') or 'unknown')}`"
    )


def _read(told: Mapping[str, Any]) -> str:
    crm = told.get("crm") or {}
    if crm.get("known") is False:
        return "the CRM could not be read"
    return f"CRM: {escape(crm['source'], 120)}" if crm.get("source") else "CRM read, no SQL or opportunity found"
