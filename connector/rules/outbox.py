"""What follows from a decision, as facts for the bot: an alert wanted, taken back, or somebody else's (D34, D43)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.model import (
    ALERT_WANTED,
    CAN_CHANGE_HANDS,
    CONVERTED,
    OUTREACH_SEEN,
    OWNER_CHANGED,
    SIGNAL_SEEN,
    SQL_SEEN,
    AlertKind,
    Awaited,
    Decision,
    Handoff,
    Heard,
    LastAlert,
    NewFact,
    Occasion,
    Outreach,
    Record,
    Route,
)
from connector.rules import handoff
from connector.rules.case import KINDS, Case
from connector.rules.names import moment
from connector.rules.payload import news, payload
from connector.rules.stages import OPPORTUNITY


def outbox(case: Case, occasion: Occasion = Occasion.USUAL) -> list[NewFact]:
    """The facts that follow: an alert that is wanted, what ends an open Hot alert, somebody else to own one."""
    facts = []
    last = case.last
    if last and supersedes(case.decision, last.kind):
        facts.append(_superseded(case, last))
    if last and (paid_at := _bought(case.record, last)):
        facts.append(_converted(case, last, paid_at))
    if last and _goes_to_another(case, last):
        facts.append(_owner_changed(case, last))
    if wanted := handoff.handoff(case, occasion):
        facts.append(_alert_wanted(case, wanted))
    if last:
        facts += [_signal_seen(case, last, one) for one in handoff.heard(case)]
    return facts


def hot_alert(case: Case) -> list[NewFact]:
    """The Hot alert of an account that is nobody's yet, unless there is nothing new to tell; at most one."""
    wanted = handoff.wanted(AlertKind.HOT_PQL, case)
    return [_alert_wanted(case, wanted)] if wanted else []


def outreach_seen(alert: Awaited, seen: Outreach, now: datetime) -> NewFact:
    """Somebody did something to reach an account whose alert waits for it (D40): each activity once per alert."""
    told = {
        "kind": alert.kind,
        "episode": alert.episode,
        "crm": seen.crm,
        "activity": str(seen.kind),
        "id": seen.id,
        "by": seen.by,
        "at": seen.at.isoformat(),
    }
    named = f"{alert.account_key}:{alert.kind}:{alert.episode}:{seen.crm}:{seen.kind}:{seen.id}"
    return NewFact(OUTREACH_SEEN, alert.account_key, f"{OUTREACH_SEEN}:{named}", now, told)


def supersedes(decision: Decision, open_alert_kind: str) -> bool:
    """Whether the decision takes back an open alert: the account is an SQL owner's now (D3)."""
    return open_alert_kind == AlertKind.HOT_PQL and decision.route is Route.FYI_OWNER


def _superseded(case: Case, last: LastAlert) -> NewFact:
    decision, key = case.decision, case.record.key
    told = {"episode": last.episode, "rule": decision.rule, "reason": decision.reason, "owner": decision.routed_to}
    return NewFact(SQL_SEEN, key, f"{SQL_SEEN}:{key}:{last.episode}", case.now, told)


def _alert_wanted(case: Case, wanted: Handoff) -> NewFact:
    key = f"{ALERT_WANTED}:{case.record.key}:{wanted.kind}:{wanted.episode}"
    return NewFact(ALERT_WANTED, case.record.key, key, case.now, _payload(case, wanted))


def _payload(case: Case, wanted: Handoff) -> dict[str, object]:
    """The payload, saying so where the score behind it is old (A6), and where only a manager calls it no fit (D42)."""
    told = payload(case, wanted)
    named = case.definitions.lists.named(case.record.values.get("domain"))
    told = {**told, "guarded": named or case.decision.crm_stage == OPPORTUNITY}
    oldest = case.now - timedelta(hours=case.policy.stale_score_hours)
    stale = case.scored_at is not None and case.scored_at < oldest
    return {**told, "flags": [*told["flags"], "stale score"]} if stale else told


def _signal_seen(case: Case, last: LastAlert, heard: Heard) -> NewFact:
    """What is told under an open alert. Whatever is killed or run again: each kind once a day, a state once."""
    day = "once" if heard.trigger == heard.kind else heard.occurred_at.astimezone(UTC).date().isoformat()
    key = f"{SIGNAL_SEEN}:{case.record.key}:{last.kind}:{last.episode}:{heard.kind}:{day}"
    return NewFact(SIGNAL_SEEN, case.record.key, key, case.now, news(case, last, heard))


def _goes_to_another(case: Case, last: LastAlert) -> bool:
    """Whether a Hot alert that nobody has taken yet is somebody else's by now (D43), or somebody's at last (D37)."""
    waits = last.kind == AlertKind.HOT_PQL and last.state in CAN_CHANGE_HANDS
    if not waits or case.previous is None or case.decision.routed_to is None:
        return False
    assigned = KINDS.get(case.decision.route) is AlertKind.HOT_PQL
    return assigned and case.previous.routed_to != case.decision.routed_to


def _owner_changed(case: Case, last: LastAlert) -> NewFact:
    decision = case.decision
    told = {
        "kind": str(AlertKind.HOT_PQL),
        "episode": last.episode,
        "owner": decision.routed_to,
        "reason": decision.reason,
    }
    # When it was decided tells one change from the next, also where an account goes back to who had it before.
    key = f"{OWNER_CHANGED}:{decision.account_key}:{last.episode}:{decision.routed_at.isoformat()}"
    return NewFact(OWNER_CHANGED, decision.account_key, key, case.now, told)


def _bought(record: Record, last: LastAlert) -> datetime | None:
    """When an account bought by itself after its Hot alert was raised, whoever has that by now (D15)."""
    paid_at = moment(record.values.get("self_serve_paid_at"))
    waits = last.kind == AlertKind.HOT_PQL and last.goes_on
    return paid_at if waits and paid_at and paid_at > last.raised_at else None


def _converted(case: Case, last: LastAlert, paid_at: datetime) -> NewFact:
    told = {"kind": last.kind, "episode": last.episode, "paid_at": paid_at.isoformat()}
    key = case.record.key
    return NewFact(CONVERTED, key, f"{CONVERTED}:{key}:{last.episode}", case.now, told)
