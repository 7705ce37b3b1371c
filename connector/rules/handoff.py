"""When a decision becomes an alert (D17, D18), and whose news cannot wait (A3).

An alert needs somebody to go to and something new: a crossing to Hot, a usage limit, a moment of intent. Its episode
is named after what happened, never after when we noticed, so a run that crashed and ran again opens the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from connector.model import (
    BASELINE,
    SEEN_UNTIL,
    AlertKind,
    ColumnType,
    Decision,
    Handoff,
    Heard,
    LastAlert,
    Occasion,
    Record,
    Route,
    Signal,
    Tier,
    waits_in_queue,
)
from connector.rules import expansion, signals
from connector.rules.definitions import Definitions
from connector.rules.doubts import REARMED
from connector.rules.handoff_policy import ALERT, AS_BASELINE, DIGEST
from connector.rules.names import moment, typed
from connector.rules.payload import SCORE

HOT, INTENT, USAGE_LIMIT = "hot", "intent", "usage_limit"
DISQUALIFIED = "disqualified"
PRICING = "pricing_view"
_SECOND = timedelta(microseconds=999_999)
KINDS = {
    Route.ASSIGN_AE: AlertKind.HOT_PQL,
    Route.ASSIGN_SDR: AlertKind.HOT_PQL,
    Route.FYI_OWNER: AlertKind.FYI,
}


def handoff(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
    occasion: Occasion,
) -> Handoff | None:
    """The alert a decision opens, or None. What is Hot by no news of its own opens what the policy says (D13, D18).

    `previous` is the decision before this one, `last` the account's newest alert of any kind.
    """
    first = occasion is Occasion.FIRST
    if decision.route is Route.EXPANSION:
        return None if first else expansion.expanding(record, decision, previous, last, definitions, now)
    kind = KINDS.get(decision.route)
    if kind is None:
        return None
    if first and definitions.alerts.baseline != ALERT:
        return _queued(record, decision, kind, BASELINE, definitions, now)
    news = wanted(kind, record, decision, previous, last, definitions, now)
    if news and occasion is Occasion.REDEFINED and _by_definition(news, previous, definitions):
        return _queued(record, decision, kind, f"{definitions.version}:{BASELINE}", definitions, now)
    return news


def _by_definition(news: Handoff, previous: Decision | None, definitions: Definitions) -> bool:
    """Whether an account is Hot to somebody only because it is decided otherwise than before (D13).

    By its last score it would have been Hot already; what was held, or not known at all, is news.
    """
    policy = definitions.alerts
    if policy.on_definition_change != AS_BASELINE or policy.baseline == ALERT:
        return False
    if news.trigger != HOT or previous is None or previous.route is Route.HOLD:
        return False
    score = typed(previous.evidence.get(SCORE), ColumnType.DECIMAL)
    return isinstance(score, Decimal) and definitions.tiers.tier(score) is Tier.HOT


def _queued(
    record: Record, decision: Decision, kind: AlertKind, episode: str, definitions: Definitions, now: datetime
) -> Handoff | None:
    """A Hot account's place in its owner's queue: the same one however often, and by whichever lane, it is decided."""
    if kind is not AlertKind.HOT_PQL or decision.tier is not Tier.HOT or definitions.alerts.baseline != DIGEST:
        return None
    return Handoff(record.key, kind, BASELINE, episode, scored_at(record) or now)


def wanted(
    kind: AlertKind,
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
) -> Handoff | None:
    """The alert of this kind that there is something new to tell in, or None."""
    found = _trigger(record, decision, previous, last, definitions, now)
    if found is None:
        return None
    trigger, signal = found
    if _cooling(kind, trigger, last, definitions, now):
        return None
    occurred_at = signal.occurred_at if signal else scored_at(record) or now
    return Handoff(record.key, kind, trigger, f"{trigger}:{_episode(record, trigger, signal, previous)}", occurred_at)


def heard(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
) -> list[Heard]:
    """What is new about an account inside its open episode, oldest first: told under the alert that is there (D17).

    Of each kind the newest; of views of the prices the one that made them an intent moment.
    """
    if last and decision.route is Route.EXPANSION:
        return expansion.heard(record, decision, previous, last, definitions, now)
    if last is None or decision.tier not in (Tier.HOT, Tier.WARM):
        return []
    if KINDS.get(decision.route) != last.kind or not _is_open(last, definitions, now):
        return []
    since = max(_after(last.raised_at, last.seen_until, definitions), now - _news(definitions))
    moments = (one for one in _moments(record, definitions, now) if one.occurred_at > since)
    told = [Heard(_trigger_of(one, definitions), one.kind, one.occurred_at) for one in moments]
    if _turned_hot(decision, previous, last):
        told.append(Heard(HOT, HOT, scored_at(record) or now))
    return sorted(told, key=lambda one: (one.occurred_at, one.kind))


def _is_open(last: LastAlert, definitions: Definitions, now: datetime) -> bool:
    """Whether an alert's episode goes on. A place in the queue is none: it opens nothing, and keeps nothing closed."""
    cooldown = timedelta(days=definitions.alerts.cooldown_days)
    return not waits_in_queue(last.episode) and last.goes_on and now - last.raised_at < cooldown


def _turned_hot(decision: Decision, previous: Decision | None, last: LastAlert) -> bool:
    """Whether an account whose alert was raised below Hot is Hot by now."""
    return decision.tier is Tier.HOT and last.tier not in (None, Tier.HOT) and previous is not None


def _moments(record: Record, definitions: Definitions, now: datetime) -> Iterator[Signal]:
    """The newest usage limit and moment of intent of each kind."""
    policy = definitions.alerts
    recent = signals.within(record.signals, now)
    for kind in (*policy.limits, *policy.intent):
        if newest := signals.newest(signal for signal in recent if signal.kind == kind):
            yield newest
    visits = sorted((s for s in recent if s.kind == PRICING), key=lambda signal: signal.occurred_at)
    yield from visits[policy.pricing_visits - 1 : policy.pricing_visits]


def _trigger_of(signal: Signal, definitions: Definitions) -> str:
    return USAGE_LIMIT if signal.kind in definitions.alerts.limits else INTENT


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
    since = _decided_until(previous, definitions)
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
    kinds = {*policy.limits, *_intent_kinds(record, definitions, now)}
    recent = signals.within(record.signals, now, timedelta(days=policy.news_days))
    return (signal for signal in recent if signal.kind in kinds)


def _trigger(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
) -> tuple[str, Signal | None] | None:
    """What is new about the account, strongest first (C20), with the signal that shows it."""
    fresh = signals.within(record.signals, now, now - _since(previous, last, definitions, now))
    if decision.tier in (Tier.HOT, Tier.WARM):
        if limit := signals.newest(s for s in fresh if s.kind in definitions.alerts.limits):
            return USAGE_LIMIT, limit
        if intent := signals.newest(s for s in fresh if s.kind in _intent_kinds(record, definitions, now)):
            return INTENT, intent
    if _crossed(decision, previous, last, definitions, now):
        return HOT, signals.newest(record.signals)
    return None


def _crossed(
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
) -> bool:
    """Whether a Hot account is new to whom it now goes to.

    It was not Hot before, or it was held or left alone, so that nobody was told. A score that only dipped does not
    count again after an alert: it must have been below the re-arm line for some days (D17: no 79/81 flapping).
    """
    if decision.tier is not Tier.HOT:
        return False
    if previous is None or previous.route is Route.HOLD:
        return True
    if previous.tier is Tier.HOT:
        return KINDS.get(previous.route) is not KINDS.get(decision.route)
    cool = timedelta(days=definitions.tiers.rearm_days)
    return last is None or (REARMED in previous.flags and now - previous.routed_at >= cool)


def _since(previous: Decision | None, last: LastAlert | None, definitions: Definitions, now: datetime) -> datetime:
    """News is what the last alert and the last decision that reached somebody did not know; never very old."""
    known = [now - _news(definitions)]
    if last:
        known.append(_after(last.raised_at, last.seen_until, definitions))
    if previous and previous.route is not Route.HOLD:
        known.append(_decided_until(previous, definitions))
    return min(max(known), now)


def _news(definitions: Definitions) -> timedelta:
    return timedelta(days=definitions.alerts.news_days)


def _decided_until(previous: Decision, definitions: Definitions) -> datetime:
    """Up to when a decision knew what had happened; one of before that was noted, up to when it was made."""
    if SEEN_UNTIL not in previous.evidence:
        return previous.routed_at
    seen = previous.evidence[SEEN_UNTIL]
    return _after(previous.routed_at, datetime.fromisoformat(seen) if isinstance(seen, str) else None, definitions)


def _after(at: datetime, seen_until: datetime | None, definitions: Definitions) -> datetime:
    """From when on signals are news to what was known at a moment, as a warehouse may bring them later than they were.

    Moments are kept to the second, so the rest of that is known.
    """
    earliest = at - timedelta(hours=definitions.alerts.late_hours)
    return min(max(seen_until + _SECOND, earliest), at) if seen_until else earliest


def _intent_kinds(record: Record, definitions: Definitions, now: datetime) -> frozenset[str]:
    """Kinds that are a moment of intent by now; the prices only from the third visit on (C20)."""
    policy = definitions.alerts
    visits = signals.counted(signals.within(record.signals, now))[PRICING]
    return frozenset(policy.intent) | (frozenset({PRICING}) if visits >= policy.pricing_visits else frozenset())


def _cooling(kind: AlertKind, trigger: str, last: LastAlert | None, definitions: Definitions, now: datetime) -> bool:
    """Whether the last alert of this kind is too recent. After "not a fit" only a usage limit re-opens early (D42)."""
    if last is None or last.kind != kind:
        return False
    policy = definitions.alerts
    if waits_in_queue(last.episode) and last.state != DISQUALIFIED:
        return False
    if last.state == DISQUALIFIED and trigger == USAGE_LIMIT:
        return False
    days = policy.disqualified_days if last.state == DISQUALIFIED else policy.cooldown_days
    return now - last.raised_at < timedelta(days=days)


def _episode(record: Record, trigger: str, signal: Signal | None, previous: Decision | None) -> str:
    """The day of what happened: of the signal, of the score that crossed, or of the route that has ended."""
    if trigger != HOT and signal:
        dated: datetime | None = signal.occurred_at
    elif previous and previous.tier is Tier.HOT:
        dated = previous.routed_at
    else:
        dated = scored_at(record) or (signal.occurred_at if signal else moment(record.values.get("pql_at")))
    return dated.astimezone(UTC).date().isoformat() if dated else "undated"


def scored_at(record: Record) -> datetime | None:
    """When the account was scored."""
    return moment(record.values.get("scored_at"))
