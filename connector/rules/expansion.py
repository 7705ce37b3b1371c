"""When a customer's growth becomes an alert (D15): each expansion signal by itself, with a cooldown of its own.

A signal is a rule of route `expansion`. Which of them hold is in a decision's evidence, in the words of each rule:
the first one says who gets the account, all of them what there is to tell.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.model import AlertKind, Decision, Handoff, Heard, LastAlert, Record, Route
from connector.rules.definitions import Definitions
from connector.rules.failing import EXPANDS
from connector.rules.names import moment


def signals(decision: Decision | None) -> dict[str, str]:
    """The expansion signals that hold by a decision, in the order of the rules, with their words."""
    if decision is None or decision.route is not Route.EXPANSION:
        return {}
    told = decision.evidence.items()
    return {name.removeprefix(EXPANDS): str(words) for name, words in told if name.startswith(EXPANDS)}


def expanding(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
) -> Handoff | None:
    """The alert of the first new signal, unless one is open under which it is told, or that signal rests."""
    if last and is_open(last, definitions, now):
        return None
    trigger = next((name for name in _new(decision, previous) if not _rests(name, last, definitions, now)), None)
    if trigger is None:
        return None
    at = _when(record, now)
    episode = f"{trigger}:{at.astimezone(UTC).date().isoformat()}"
    return Handoff(record.key, AlertKind.EXPANSION, trigger, episode, at)


def heard(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert,
    definitions: Definitions,
    now: datetime,
) -> list[Heard]:
    """New signals while an alert of expansion is open, but for the one it was opened by."""
    if not is_open(last, definitions, now):
        return []
    own = last.episode.partition(":")[0]
    return [Heard(name, name, _when(record, now)) for name in _new(decision, previous) if name != own]


def is_open(last: LastAlert, definitions: Definitions, now: datetime) -> bool:
    """Whether the account's newest alert is one of expansion whose episode goes on."""
    return last.kind == AlertKind.EXPANSION and last.goes_on and now - last.raised_at < _cooldown(definitions)


def _new(decision: Decision, previous: Decision | None) -> list[str]:
    before = signals(previous)
    return [name for name in signals(decision) if name not in before]


def _rests(trigger: str, last: LastAlert | None, definitions: Definitions, now: datetime) -> bool:
    raised = last.expanded.get(trigger) if last else None
    return raised is not None and now - raised < _cooldown(definitions)


def _cooldown(definitions: Definitions) -> timedelta:
    return timedelta(days=definitions.alerts.cooldown_days)


def _when(record: Record, now: datetime) -> datetime:
    """When it showed: no signal has a date of its own, the score that came with it has."""
    return moment(record.values.get("scored_at")) or now
