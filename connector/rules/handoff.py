"""When a decision becomes an alert, and what is told under one that is open (D17, D18).

An alert needs somebody to go to and something new. Its episode is named after what happened, never after when we
noticed, so a run that crashed and ran again opens the same one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connector.model import (
    BASELINE,
    AlertKind,
    ColumnType,
    Handoff,
    Heard,
    LastAlert,
    Occasion,
    Route,
    Signal,
    Tier,
    waits_in_queue,
)
from connector.rules import expansion
from connector.rules.case import KINDS, Case
from connector.rules.handoff_policy import ALERT, AS_BASELINE, DIGEST
from connector.rules.names import moment, typed
from connector.rules.news import HOT, USAGE_LIMIT, known_until, moments, oldest, trigger, trigger_of
from connector.rules.payload import SCORE

DISQUALIFIED = "disqualified"


def handoff(case: Case, occasion: Occasion) -> Handoff | None:
    """The alert a decision opens, or None. What is Hot by no news of its own opens what the policy says (D13, D18)."""
    first = occasion is Occasion.FIRST
    if case.decision.route is Route.EXPANSION:
        return None if first else expansion.expanding(case)
    kind = KINDS.get(case.decision.route)
    if kind is None:
        return None
    if first and case.policy.baseline != ALERT:
        return _queued(case, kind, BASELINE)
    news = wanted(kind, case)
    if news and occasion is Occasion.REDEFINED and _by_definition(news, case):
        return _queued(case, kind, f"{case.definitions.version}:{BASELINE}")
    return news


def wanted(kind: AlertKind, case: Case) -> Handoff | None:
    """The alert of this kind that there is something new to tell in, or None."""
    found = trigger(case)
    if found is None:
        return None
    name, signal = found
    if _cooling(kind, name, case):
        return None
    occurred_at = signal.occurred_at if signal else case.showed_at
    return Handoff(case.record.key, kind, name, f"{name}:{_episode(case, name, signal)}", occurred_at)


def heard(case: Case) -> list[Heard]:
    """What is new about an account inside its open episode, oldest first: told under the alert that is there (D17).

    Of each kind the newest; of views of the prices the one that made them an intent moment.
    """
    last, policy = case.last, case.policy
    if last and case.decision.route is Route.EXPANSION:
        return expansion.heard(case, last)
    if last is None or case.decision.tier not in (Tier.HOT, Tier.WARM):
        return []
    if KINDS.get(case.decision.route) != last.kind or not _is_open(case, last):
        return []
    since = max(known_until(last.raised_at, last.seen_until, policy), oldest(policy, case.now))
    fresh = (one for one in moments(case.record, policy, case.now) if one.occurred_at > since)
    told = [Heard(trigger_of(one, policy), one.kind, one.occurred_at) for one in fresh]
    if _turned_hot(case, last):
        told.append(Heard(HOT, HOT, case.showed_at))
    return sorted(told, key=lambda one: (one.occurred_at, one.kind))


def _by_definition(news: Handoff, case: Case) -> bool:
    """Whether an account is Hot to somebody only because it is decided otherwise than before (D13).

    By its last score it would have been Hot already; what was held, or not known at all, is news.
    """
    previous, policy = case.previous, case.policy
    if policy.on_definition_change != AS_BASELINE or policy.baseline == ALERT:
        return False
    if news.trigger != HOT or previous is None or previous.route is Route.HOLD:
        return False
    score = typed(previous.evidence.get(SCORE), ColumnType.DECIMAL)
    return isinstance(score, Decimal) and case.definitions.tiers.tier(score) is Tier.HOT


def _queued(case: Case, kind: AlertKind, episode: str) -> Handoff | None:
    """A Hot account's place in its owner's queue: the same one however often, and by whichever lane, it is decided."""
    if kind is not AlertKind.HOT_PQL or case.decision.tier is not Tier.HOT or case.policy.baseline != DIGEST:
        return None
    return Handoff(case.record.key, kind, BASELINE, episode, case.showed_at)


def _is_open(case: Case, last: LastAlert) -> bool:
    """Whether an alert's episode goes on. A place in the queue is none: it opens nothing, and keeps nothing closed."""
    return not waits_in_queue(last.episode) and case.goes_on(last)


def _turned_hot(case: Case, last: LastAlert) -> bool:
    """Whether an account whose alert was raised below Hot is Hot by now."""
    return case.decision.tier is Tier.HOT and last.tier not in (None, Tier.HOT) and case.previous is not None


def _cooling(kind: AlertKind, name: str, case: Case) -> bool:
    """Whether the last alert of this kind is too recent. After "not a fit" only a usage limit re-opens early (D42)."""
    last, policy = case.last, case.policy
    if last is None or last.kind != kind:
        return False
    if waits_in_queue(last.episode) and last.state != DISQUALIFIED:
        return False
    if last.state == DISQUALIFIED and name == USAGE_LIMIT:
        return False
    days = policy.disqualified_days if last.state == DISQUALIFIED else policy.cooldown_days
    return case.now - last.raised_at < timedelta(days=days)


def _episode(case: Case, name: str, signal: Signal | None) -> str:
    """The day of what happened: of the signal, of the score that crossed, or of the route that has ended."""
    if name != HOT and signal:
        dated: datetime | None = signal.occurred_at
    elif case.previous and case.previous.tier is Tier.HOT:
        dated = case.previous.routed_at
    else:
        dated = case.scored_at or (signal.occurred_at if signal else moment(case.record.values.get("pql_at")))
    return dated.astimezone(UTC).date().isoformat() if dated else "undated"
