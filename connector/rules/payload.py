"""What an alert tells, as JSON: who the account is, why now, whom to call, and what the CRM says (F5, D39)."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from connector.model import SEEN_UNTIL, Canonical, Decision, Handoff, Heard, LastAlert, Record
from connector.rules import expansion
from connector.rules.case import Case
from connector.rules.doubts import REARMED
from connector.rules.names import COLUMNS, canonical, typed
from connector.rules.phrases import age
from connector.rules.why import Line, did, lines, people

_ACCOUNT = (
    *("name", "domain", "employees", "industry", "country", "plan"),
    *("active_users", "limit_used", "seats_used", "seats_purchased"),
)
_POINTS = "points_"
SCORE = "score"  # in a decision's evidence


def payload(case: Case, handoff: Handoff) -> dict[str, Any]:
    """Everything the alert shows, JSON-ready, complete in itself: nobody has to look anything up to post it."""
    record, decision, now = case.record, case.decision, case.now
    evidence = decision.evidence
    return {
        "kind": str(handoff.kind),
        "trigger": handoff.trigger,
        "episode": handoff.episode,
        "account": {"key": record.key, **{name: _value(record, name) for name in _ACCOUNT}},
        "score": _value(record, "score"),
        "score_before": _before(case),
        "components": _components(record),
        "tier": str(decision.tier),
        "segment": decision.segment,
        "motion": decision.motion,
        "layers": asdict(decision.layers),
        "sentence": decision.why_now,
        "signals": [_told(line, now) for line in lines(record, now)],
        "people": _people(record, now),
        "route": str(decision.route),
        "rule": decision.rule,
        "reason": decision.reason,
        "evidence": {name: value for name, value in evidence.items() if not name.startswith("crm.owner")},
        "routed_to": decision.routed_to,
        "crm": {
            "known": decision.crm_known,
            "stage": evidence.get("crm.stage"),
            "stage_at": evidence.get("crm.stage_date"),
            "owner_email": evidence.get("crm.owner_email"),
            "owner_name": evidence.get("crm.owner_name"),
            "source": evidence.get("crm.source"),
        },
        "counterfactual": _counterfactual(decision),
        "flags": [flag for flag in decision.flags if flag != REARMED],
        "occurred_at": canonical(handoff.occurred_at),
        SEEN_UNTIL: decision.evidence.get(SEEN_UNTIL),
        "raised_at": canonical(now),
    }


def news(case: Case, last: LastAlert, heard: Heard) -> dict[str, Any]:
    """What is told under an alert that is open: what happened, and the account's sentence and signals by now (D17)."""
    record, decision, now = case.record, case.decision, case.now
    told = lines(record, now)
    same = next((line for line in lines(record, now, len(record.signals)) if line.kind == heard.kind), None)
    text = same.text if same else _in_words(record, decision, heard)
    return {
        "kind": last.kind,
        "episode": last.episode,
        "trigger": heard.trigger,
        "signal": {"kind": heard.kind, "text": text, "occurred_at": canonical(heard.occurred_at)},
        "sentence": decision.why_now,
        "signals": [_told(line, now) for line in told],
    }


def _in_words(record: Record, decision: Decision, heard: Heard) -> str:
    """What happened where no signal of that kind says it: a rule of expansion that holds, or a score that crossed."""
    words = expansion.signals(decision).get(heard.kind)
    return f"{words[0].upper()}{words[1:]}" if words else f"Turned Hot at {_value(record, 'score')}"


def _told(line: Line, now: datetime) -> dict[str, Canonical]:
    at = line.occurred_at
    return {"kind": line.kind, "text": line.text, "ago": age(at, now), "occurred_at": canonical(at)}


def _value(record: Record, name: str) -> Canonical:
    return canonical(typed(record.values.get(name), COLUMNS[name]))


def _before(case: Case) -> Canonical:
    """By which other score the account was decided before."""
    before = case.previous.evidence.get(SCORE) if case.previous else None
    return None if before == case.decision.evidence.get(SCORE) else before


def _components(record: Record) -> dict[str, Canonical]:
    points = {name: value for name, value in record.values.items() if name.startswith(_POINTS)}
    told = {name: canonical(typed(value, COLUMNS["score"])) for name, value in sorted(points.items())}
    return {name.removeprefix(_POINTS): value for name, value in told.items() if value is not None}


def _people(record: Record, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "key": person.key,
            "name": person.name,
            "title": person.title,
            "did": did(record, person, now),
            "email": person.email,
            "opt_out": person.opt_out,
        }
        for person in people(record, now)
    ]


def _counterfactual(decision: Decision) -> dict[str, Canonical] | None:
    other = decision.counterfactual
    return {"route": str(other.route), "rule": other.rule, "routed_to": other.routed_to} if other else None
