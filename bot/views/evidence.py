"""The small print of an alert: score, the three layers of a PQL, when it happened, and what to be careful about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.lifecycle import Alert
from bot.views.blocks import Block, context
from bot.views.text import moment, number, words

_LAYERS = ("behavioural", "organisational", "intent")
_TICKS = {True: "✅", False: "▫️", None: "❔"}
_TAGS = ("hybrid_escalation",)
_MOST = 9  # the components of the score, and more than any account has flags


def evidence(alert: Alert) -> list[Block]:
    """One context block per kind of evidence, in the order of how much it is looked at."""
    told = alert.payload
    return [
        context(_score(told)),
        context("   ·   ".join([_layers(told), f"signal of {moment(alert.occurred_at)}", *_tags(told)])),
        *_cautions(told),
    ]


def _score(told: Mapping[str, Any]) -> str:
    tier = f" ({words(told['tier'])})" if told.get("tier") else ""
    points = sorted((told.get("components") or {}).items(), key=lambda item: (-_size(item[1]), item[0]))
    parts = [f"{words(name)} {number(value)}" for name, value in points[:_MOST] if value]
    return f"*Score {number(told.get('score', 'unknown'))}*{tier}" + (f" = {' + '.join(parts)}" if parts else "")


def _size(points: object) -> float:
    return float(points) if isinstance(points, int | float) else 0.0


def _layers(told: Mapping[str, Any]) -> str:
    """The three ticks (C18); a question mark where it cannot be told."""
    layers = told.get("layers") or {}
    return "  ".join(f"{_TICKS.get(layers.get(name), '❔')} {name}" for name in _LAYERS)


def _tags(told: Mapping[str, Any]) -> list[str]:
    """Flags that say what the account is, and warn of nothing."""
    return [words(flag) for flag in told.get("flags") or [] if flag in _TAGS]


def _cautions(told: Mapping[str, Any]) -> list[Block]:
    """What may be wrong or still missing: flags of the decision, CRM fields on their way (D27)."""
    cautions = [words(flag) for flag in (told.get("flags") or [])[:_MOST] if flag not in _TAGS]
    if told.get("pending_fields"):
        cautions.append("CRM field pending: the record is updated later")
    if (told.get("crm") or {}).get("known") is False:
        cautions.append("the CRM could not be read")
    return [context(f"⚠️ {' · '.join(cautions)}")] if cautions else []
