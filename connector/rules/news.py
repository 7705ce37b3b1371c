"""What is new about an account (D17): a usage limit, a moment of intent, a crossing to Hot; and since when it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from connector.model import SEEN_UNTIL, Decision, Record, Route, Signal, Tier
from connector.rules import signals
from connector.rules.case import KINDS, Case
from connector.rules.doubts import REARMED
from connector.rules.handoff_policy import AlertPolicy

HOT, INTENT, USAGE_LIMIT = "hot", "intent", "usage_limit"
PRICING = "pricing_view"
_SECOND = timedelta(microseconds=999_999)

Trigger = tuple[str, Signal | None]


def trigger(case: Case) -> Trigger | None:
    """What is new about the account, strongest first (C20), with the signal that shows it."""
    fresh = signals.within(case.record.signals, case.now, case.now - _since(case))
    if case.decision.tier in (Tier.HOT, Tier.WARM):
        if limit := signals.newest(s for s in fresh if s.kind in case.policy.limits):
            return USAGE_LIMIT, limit
        kinds = intent_kinds(case.record, case.policy, case.now)
        if intent := signals.newest(s for s in fresh if s.kind in kinds):
            return INTENT, intent
    return (HOT, signals.newest(case.record.signals)) if _crossed(case) else None


def trigger_of(signal: Signal, policy: AlertPolicy) -> str:
    """What a signal that opens alerts is called as their trigger."""
    return USAGE_LIMIT if signal.kind in policy.limits else INTENT


def moments(record: Record, policy: AlertPolicy, now: datetime) -> Iterator[Signal]:
    """The newest usage limit and moment of intent of each kind; of views of the prices the one that made them one."""
    recent = signals.within(record.signals, now)
    for kind in (*policy.limits, *policy.intent):
        if newest := signals.newest(signal for signal in recent if signal.kind == kind):
            yield newest
    visits = sorted((s for s in recent if s.kind == PRICING), key=lambda signal: signal.occurred_at)
    yield from visits[policy.pricing_visits - 1 : policy.pricing_visits]


def intent_kinds(record: Record, policy: AlertPolicy, now: datetime) -> frozenset[str]:
    """Kinds that are a moment of intent by now; the prices only from the third visit on (C20)."""
    visits = signals.counted(signals.within(record.signals, now))[PRICING]
    return frozenset(policy.intent) | (frozenset({PRICING}) if visits >= policy.pricing_visits else frozenset())


def decided_until(previous: Decision, policy: AlertPolicy) -> datetime:
    """Up to when a decision knew what had happened; one of before that was noted, up to when it was made."""
    if SEEN_UNTIL not in previous.evidence:
        return previous.routed_at
    seen = previous.evidence[SEEN_UNTIL]
    return known_until(previous.routed_at, datetime.fromisoformat(seen) if isinstance(seen, str) else None, policy)


def known_until(at: datetime, seen_until: datetime | None, policy: AlertPolicy) -> datetime:
    """From when on signals are news to what was known at a moment, as a warehouse may bring them later than they were.

    Moments are kept to the second, so the rest of that is known.
    """
    earliest = at - timedelta(hours=policy.late_hours)
    return min(max(seen_until + _SECOND, earliest), at) if seen_until else earliest


def oldest(policy: AlertPolicy, now: datetime) -> datetime:
    """Since when anything is news at all."""
    return now - timedelta(days=policy.news_days)


def _since(case: Case) -> datetime:
    """News is what the last alert and the last decision that reached somebody did not know; never very old."""
    known = [oldest(case.policy, case.now)]
    if case.last:
        known.append(known_until(case.last.raised_at, case.last.seen_until, case.policy))
    if case.previous and case.previous.route is not Route.HOLD:
        known.append(decided_until(case.previous, case.policy))
    return min(max(known), case.now)


def _crossed(case: Case) -> bool:
    """Whether a Hot account is new to whom it now goes to.

    It was not Hot before, or it was held or left alone, so that nobody was told. A score that only dipped does not
    count again after an alert: it must have been below the re-arm line for some days (D17: no 79/81 flapping).
    """
    previous = case.previous
    if case.decision.tier is not Tier.HOT:
        return False
    if previous is None or previous.route is Route.HOLD:
        return True
    if previous.tier is Tier.HOT:
        return KINDS.get(previous.route) is not KINDS.get(case.decision.route)
    cool = timedelta(days=case.definitions.tiers.rearm_days)
    return case.last is None or (REARMED in previous.flags and case.now - previous.routed_at >= cool)
