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
        context("   ·   ".join([layer_ticks(told), f"signal of {moment(alert.occurred_at)}", *_tags(told)])),
        *_cautions(told),
    ]


def _score(told: Mapping[str, Any]) -> str:
    tier = f" ({words(told['tier'])})" if told.get("tier") else ""
    before = f", was {number(told['score_before'])}" if told.get("score_before") is not None else ""
    parts = points(told, _MOST)
    equals = f" = {' + '.join(parts)}" if parts else ""
    return f"*Score {number(told.get('score', 'unknown'))}*{tier}{before}{equals}"


def points(told: Mapping[str, Any], most: int) -> list[str]:
    """What the score is made of, the largest first; without what gave no point."""
    ranked = sorted((told.get("components") or {}).items(), key=lambda item: (-_size(item[1]), item[0]))
    return [f"{words(name)} {number(value)}" for name, value in ranked[:most] if value]


def _size(points: object) -> float:
    return float(points) if isinstance(points, int | float) else 0.0


def layer_ticks(told: Mapping[str, Any]) -> str:
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
