"""What the demo's data team computes: the score and its nine components (C9), the tier (C10), the motion (B2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from itertools import combinations

RUBRIC = {
    "core_workflow": 30,
    "distinct_days": 20,
    "quota": 15,
    "invites": 25,
    "multi_user": 20,
    "icp": 15,
    "business_email": 5,
    "pricing": 10,
    "support": 10,
}
HOT, WARM, WATCHING = 80, 50, 30
ENTERPRISE_ROUTING_MIN = 50

Points = frozenset[str]


@dataclass(frozen=True)
class Stages:
    """When an account reached each stage of the two funnels (B7); None where it has not."""

    signup: datetime | None = None
    activated: datetime | None = None
    pql: datetime | None = None
    self_serve_paid: datetime | None = None
    mql: datetime | None = None
    sql: datetime | None = None
    opportunity: datetime | None = None
    closed_won: datetime | None = None

    def reached(self) -> list[tuple[str, datetime]]:
        """The stages that have a date, in funnel order."""
        dated = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, at) for name, at in dated if at is not None]


def score_of(points: Iterable[str]) -> int:
    """The sum of the components that were earned, 0 to 150 (C9)."""
    return sum(RUBRIC[name] for name in points)


def tier_of(score: float) -> str:
    """hot, warm, watching or none (C10)."""
    if score >= HOT:
        return "hot"
    if score >= WARM:
        return "warm"
    return "watching" if score >= WATCHING else "none"


@cache
def earning(tier: str, *, needed: Points = frozenset(), never: Points = frozenset()) -> tuple[Points, ...]:
    """Every way to earn `tier` that has all of `needed` and nothing of `never`, in a fixed order."""
    free = [name for name in RUBRIC if name not in needed | never]
    subsets = (needed | set(extra) for size in range(len(free) + 1) for extra in combinations(free, size))
    return tuple(subset for subset in subsets if tier_of(score_of(subset)) == tier)


def motion_of(stages: Stages, employees: int | None) -> str:
    """The primary motion by the six rules in their order (B2); a deal won without any PQL counts as rule one."""
    if _won_before_product(stages):
        return "sales_led"
    if stages.self_serve_paid is not None:
        return "plg"
    if stages.pql is not None:
        return "hybrid_escalation" if (employees or 0) >= ENTERPRISE_ROUTING_MIN else "plg"
    return "sales_led" if stages.mql is not None else "unknown"


def _won_before_product(stages: Stages) -> bool:
    if stages.closed_won is None or stages.opportunity is None:
        return False
    return stages.pql is None or stages.opportunity < stages.pql
