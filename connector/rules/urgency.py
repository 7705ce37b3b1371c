"""Whose news cannot wait for the next full run (A3): newly Hot, or with a signal that hands an account over (C20)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from connector.model import ColumnType, Decision, Record, Route, Signal, Tier
from connector.rules import signals
from connector.rules.definitions import Definitions
from connector.rules.names import typed
from connector.rules.news import decided_until, intent_kinds


def urgent(record: Record, previous: Decision | None, definitions: Definitions, now: datetime) -> bool:
    """Whether somebody may have to be alerted of the account: newly Hot by its score, or with news of a handoff (C20).

    News is what the last decision that changed its routing did not know. The CRM may still say otherwise.
    """
    if not may_be_urgent(record, definitions, now):
        return False
    if previous is None or previous.route is Route.HOLD:
        return True
    if _tier(record, definitions) is Tier.HOT and previous.tier is not Tier.HOT:
        return True
    since = decided_until(previous, definitions.alerts)
    return any(signal.occurred_at > since for signal in _handoff_signals(record, definitions, now))


def may_be_urgent(record: Record, definitions: Definitions, now: datetime) -> bool:
    """Whether an account is worth a look at its last decision: Hot, or Warm with a signal of a handoff."""
    tier = _tier(record, definitions)
    return tier is Tier.HOT or (tier is Tier.WARM and any(_handoff_signals(record, definitions, now)))


def _tier(record: Record, definitions: Definitions) -> Tier | None:
    score = typed(record.values.get("score"), ColumnType.DECIMAL)
    return definitions.tiers.tier(score if isinstance(score, Decimal) else None)


def _handoff_signals(record: Record, definitions: Definitions, now: datetime) -> Iterator[Signal]:
    """Signals of the last days that are a usage limit or a moment of intent."""
    policy = definitions.alerts
    kinds = {*policy.limits, *intent_kinds(record, policy, now)}
    recent = signals.within(record.signals, now, timedelta(days=policy.news_days))
    return (signal for signal in recent if signal.kind in kinds)
