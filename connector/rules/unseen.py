"""Accounts somebody should hear of while a CRM does not answer: held first, then told of without a name (D11, D37).

Nobody is assigned without the CRM's word. But a Hot PQL must not be late in silence either: once the CRM has not
answered for a while the alert goes out all the same, marked, to whoever is there. What the CRM says later gives it an
owner, or takes it back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from connector.model import AlertKind, Decision, LastAlert, NewFact, Occasion, Record
from connector.rules.case import KINDS, Case
from connector.rules.decide import decide, in_force
from connector.rules.definitions import Definitions
from connector.rules.handoff_policy import ALERT, SEND
from connector.rules.outbox import hot_alert
from connector.rules.urgency import urgent

MARK = "CRM state unknown"


def unseen(
    record: Record,
    previous: Decision | None,
    last: LastAlert | None,
    definitions: Definitions,
    now: datetime,
    *,
    occasion: Occasion,
) -> tuple[Decision, list[NewFact]] | None:
    """What is decided of an account, and what follows, while a CRM cannot be read; None where it can wait.

    It can where nobody need be alerted of it, or where it would be nobody's even if the CRMs knew nothing of it.
    """
    waits = occasion is Occasion.FIRST and definitions.alerts.baseline != ALERT
    if waits or not urgent(record, previous, definitions, now):
        return None
    if KINDS.get(decide(record, (), {}, definitions, now, None).route) is not AlertKind.HOT_PQL:
        return None
    held = in_force(previous, decide(record, None, {}, definitions, now, None))
    policy = definitions.alerts
    lasted = now - held.routed_at >= timedelta(minutes=policy.unknown_minutes)
    if policy.alert_without_crm != SEND or not lasted:
        return held, []
    marked = replace(held, flags=(*held.flags, MARK))
    return held, hot_alert(Case(record, marked, previous, last, definitions, now))
