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
from connector.rules.definitions import Definitions
from connector.rules.names import moment
from connector.rules.payload import news, payload
from connector.rules.stages import OPPORTUNITY


def outbox(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
    occasion: Occasion = Occasion.USUAL,
) -> list[NewFact]:
    """The facts that follow: an alert that is wanted, what ends an open Hot alert, somebody else to own one."""
    facts = []
    if last and supersedes(decision, last.kind):
        seen = {"episode": last.episode, "rule": decision.rule, "reason": decision.reason, "owner": decision.routed_to}
        facts.append(NewFact(SQL_SEEN, record.key, f"{SQL_SEEN}:{record.key}:{last.episode}", now, seen))
    if last and (paid_at := _bought(record, last)):
        facts.append(_converted(record, last, paid_at, now))
    if last and _goes_to_another(decision, previous, last):
        facts.append(_owner_changed(decision, last.episode, now))
    if wanted := handoff.handoff(record, decision, previous, last, definitions, now, occasion):
        facts.append(_alert_wanted(record, decision, previous, wanted, definitions, now))
    if last:
        heard = handoff.heard(record, decision, previous, last, definitions, now)
        facts += [_signal_seen(record, decision, last, one, now) for one in heard]
    return facts


def hot_alert(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
) -> list[NewFact]:
    """The Hot alert of an account that is nobody's yet, unless there is nothing new to tell; at most one."""
    wanted = handoff.wanted(AlertKind.HOT_PQL, record, decision, previous, last, definitions, now)
    return [_alert_wanted(record, decision, previous, wanted, definitions, now)] if wanted else []


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


def _alert_wanted(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    wanted: Handoff,
    definitions: Definitions,
    now: datetime,
) -> NewFact:
    key = f"{ALERT_WANTED}:{record.key}:{wanted.kind}:{wanted.episode}"
    return NewFact(ALERT_WANTED, record.key, key, now, _payload(record, decision, previous, wanted, definitions, now))


def _signal_seen(record: Record, decision: Decision, last: LastAlert, heard: Heard, now: datetime) -> NewFact:
    """What is told under an open alert. Whatever is killed or run again: each kind once a day, a state once."""
    day = "once" if heard.trigger == heard.kind else heard.occurred_at.astimezone(UTC).date().isoformat()
    key = f"{SIGNAL_SEEN}:{record.key}:{last.kind}:{last.episode}:{heard.kind}:{day}"
    return NewFact(SIGNAL_SEEN, record.key, key, now, news(record, decision, last, heard, now))


def _goes_to_another(decision: Decision, previous: Decision | None, last: LastAlert) -> bool:
    """Whether a Hot alert that nobody has taken yet is somebody else's by now (D43), or somebody's at last (D37)."""
    waits = last.kind == AlertKind.HOT_PQL and last.state in CAN_CHANGE_HANDS
    if not waits or previous is None or decision.routed_to is None:
        return False
    assigned = handoff.KINDS.get(decision.route) is AlertKind.HOT_PQL
    return assigned and previous.routed_to != decision.routed_to


def _bought(record: Record, last: LastAlert) -> datetime | None:
    """When an account bought by itself after its Hot alert was raised, whoever has that by now (D15)."""
    paid_at = moment(record.values.get("self_serve_paid_at"))
    waits = last.kind == AlertKind.HOT_PQL and last.goes_on
    return paid_at if waits and paid_at and paid_at > last.raised_at else None


def _converted(record: Record, last: LastAlert, paid_at: datetime, now: datetime) -> NewFact:
    told = {"kind": last.kind, "episode": last.episode, "paid_at": paid_at.isoformat()}
    return NewFact(CONVERTED, record.key, f"{CONVERTED}:{record.key}:{last.episode}", now, told)


def _owner_changed(decision: Decision, episode: str, now: datetime) -> NewFact:
    told = {
        "kind": str(AlertKind.HOT_PQL),
        "episode": episode,
        "owner": decision.routed_to,
        "reason": decision.reason,
    }
    # When it was decided tells one change from the next, also where an account goes back to who had it before.
    key = f"{OWNER_CHANGED}:{decision.account_key}:{episode}:{decision.routed_at.isoformat()}"
    return NewFact(OWNER_CHANGED, decision.account_key, key, now, told)


def supersedes(decision: Decision, open_alert_kind: str) -> bool:
    """Whether the decision takes back an open alert: the account is an SQL owner's now (D3)."""
    return open_alert_kind == AlertKind.HOT_PQL and decision.route is Route.FYI_OWNER


def _payload(
    record: Record,
    decision: Decision,
    previous: Decision | None,
    wanted: Handoff,
    definitions: Definitions,
    now: datetime,
) -> dict[str, object]:
    """The payload, saying so where the score behind it is old (A6), and where only a manager calls it no fit (D42)."""
    told = payload(record, decision, previous, wanted, now)
    named = definitions.lists.named(record.values.get("domain"))
    told = {**told, "guarded": named or decision.crm_stage == OPPORTUNITY}
    scored = handoff.scored_at(record)
    oldest = now - timedelta(hours=definitions.alerts.stale_score_hours)
    return {**told, "flags": [*told["flags"], "stale score"]} if scored and scored < oldest else told
