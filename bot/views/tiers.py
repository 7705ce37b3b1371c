"""How many accounts there are of each tier, by the decisions in force."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bot.settings import PRODUCTION
from bot.views.blocks import Message, bar_chart, context, header, message, section
from bot.views.funnel import narrowed_to
from bot.views.scene import environment_label
from bot.views.text import moment, number, words
from connector.funnel.metrics import Scope, percent, share
from connector.model import Tier


def tier_message(
    counts: Mapping[str, int], scope: Scope, decided_at: datetime | None, environment: str = PRODUCTION
) -> Message:
    """The answer to `/funnel tier`; `decided_at` is when all accounts were last looked at.

    Without any decision nothing is known of tiers, which is not 0 (D45).
    """
    total = sum(counts.values())
    counted = [(str(tier), counts.get(tier, 0)) for tier in Tier]
    of = f" of {number(total)}"
    lines = [f"*{words(tier).capitalize()}*  {number(n)}  –  {percent(share(n, total))}{of}" for tier, n in counted]
    told = [section("\n".join(lines)), bar_chart("Tiers", "Accounts", counted)] if total else [section(_NOTHING)]
    return message(
        [
            *environment_label(environment),
            header("Accounts by tier"),
            *([context("  ·  ".join(narrowed_to(scope)))] if narrowed_to(scope) else []),
            *told,
            context(f"{_TERMS} {_freshness(decided_at)}"),
        ]
    )


def _freshness(decided_at: datetime | None) -> str:
    return f"The last whole sync ended {moment(decided_at)}." if decided_at else "No whole sync has ended yet."


_TERMS = "Accounts with a decision in force, by its tier; an owner is whom the decision routes to."
_NOTHING = "No account is decided here: not configured, or no sync has run yet."
