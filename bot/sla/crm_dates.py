"""The same clocks over dates of the CRM: review and verdict of an MQL, the discovery call of an SQL (D41)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.sla.amounts import due, parse
from bot.sla.hours import Hours
from bot.sla.policy import Term

MQL_REVIEW, MQL_VERDICT, DISCOVERY = "mql_review", "mql_verdict", "discovery"


class Standing(StrEnum):
    """How a promise over two dates stands: kept or late once it is done, running or overdue until then."""

    RUNNING = "running"
    KEPT = "kept"
    OVERDUE = "overdue"
    LATE = "late"


class Consequence(StrEnum):
    """Where it is brought up when it was not done in time (E7 to E9)."""

    MANAGER = "manager"
    WEEKLY_REPORT = "weekly_report"
    PIPELINE_REVIEW = "pipeline_review"


@dataclass(frozen=True, slots=True)
class CrmClock:
    """What has to be done `within` how long of a date in the CRM, else `then`; `manager`: when, where it is they."""

    name: str
    within: Term
    then: Consequence
    manager: Term | None = None


@dataclass(frozen=True, slots=True)
class CrmDue:
    """Until when something was to be done, how that stands, and since or from when the manager is told."""

    due_at: datetime
    standing: Standing
    manager_at: datetime | None


def judge(clock: CrmClock, started_at: datetime, done_at: datetime | None, hours: Hours, now: datetime) -> CrmDue:
    """How one promise stands. The manager is told of nothing that was done before it came to that."""
    due_at = due(started_at, clock.within.amount, hours)
    manager_at = due(started_at, clock.manager.amount, hours) if clock.manager else None
    if done_at and manager_at and done_at <= manager_at:
        manager_at = None
    return CrmDue(due_at, _standing(due_at, done_at, now), manager_at)


def _standing(due_at: datetime, done_at: datetime | None, now: datetime) -> Standing:
    if done_at:
        return Standing.KEPT if done_at <= due_at else Standing.LATE
    return Standing.RUNNING if now <= due_at else Standing.OVERDUE


CRM_CLOCKS = (
    CrmClock(MQL_REVIEW, Term(parse("4bh"), "000"), Consequence.MANAGER, Term(parse("8bh"), "000")),
    CrmClock(MQL_VERDICT, Term(parse("48h"), "000"), Consequence.WEEKLY_REPORT),
    CrmClock(DISCOVERY, Term(parse("5bd"), "000"), Consequence.PIPELINE_REVIEW),
)
