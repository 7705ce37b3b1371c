"""When a customer's growth becomes an alert (D15): each expansion signal by itself, with a cooldown of its own.

A signal is a rule of route `expansion`. Which of them hold is in a decision's evidence, in the words of each rule:
the first one says who gets the account, all of them what there is to tell.
"""

from __future__ import annotations

from datetime import UTC

from connector.model import AlertKind, Decision, Handoff, Heard, LastAlert, Route
from connector.rules.case import Case
from connector.rules.failing import EXPANDS


def signals(decision: Decision | None) -> dict[str, str]:
    """The expansion signals that hold by a decision, in the order of the rules, with their words."""
    if decision is None or decision.route is not Route.EXPANSION:
        return {}
    told = decision.evidence.items()
    return {name.removeprefix(EXPANDS): str(words) for name, words in told if name.startswith(EXPANDS)}


def expanding(case: Case) -> Handoff | None:
    """The alert of the first new signal, unless one is open under which it is told, or that signal rests."""
    if case.last and is_open(case, case.last):
        return None
    trigger = next((name for name in _new(case) if not _rests(name, case)), None)
    if trigger is None:
        return None
    at = case.showed_at
    episode = f"{trigger}:{at.astimezone(UTC).date().isoformat()}"
    return Handoff(case.record.key, AlertKind.EXPANSION, trigger, episode, at)


def heard(case: Case, last: LastAlert) -> list[Heard]:
    """New signals while an alert of expansion is open, but for the one it was opened by."""
    if not is_open(case, last):
        return []
    own = last.episode.partition(":")[0]
    return [Heard(name, name, case.showed_at) for name in _new(case) if name != own]


def is_open(case: Case, last: LastAlert) -> bool:
    """Whether the account's newest alert is one of expansion whose episode goes on."""
    return last.kind == AlertKind.EXPANSION and case.goes_on(last)


def _new(case: Case) -> list[str]:
    before = signals(case.previous)
    return [name for name in signals(case.decision) if name not in before]


def _rests(trigger: str, case: Case) -> bool:
    raised = case.last.expanded.get(trigger) if case.last else None
    return raised is not None and case.now - raised < case.cooldown
