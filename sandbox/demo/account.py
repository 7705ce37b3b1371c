"""One account as the warehouse sees it at one moment, and the signals it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.demo.choice import pick
from sandbox.demo.rubric import Points, Stages, motion_of, score_of

PERSONAL_DOMAINS = ("gmail.com", "outlook.com")


@dataclass(frozen=True)
class Signal:
    """Something the account did (D16)."""

    kind: str
    occurred_at: datetime
    detail: str | None = None


@dataclass(frozen=True)
class Account:
    """One row of the warehouse, before it is scored.

    `limit_used` is a share of the plan's limit (0 to 1), `potential_acv` a yearly value in USD.
    """

    key: str
    name: str
    domain: str
    employees: int | None
    industry: str
    country: str
    crm_of_record: str | None
    owner_email: str | None
    points: Points
    published_score: float | None
    active_users: int
    seats_purchased: int | None
    seats_used: int | None
    limit_used: float | None
    potential_acv: float | None
    stages: Stages

    @property
    def score(self) -> float:
        """What the warehouse publishes: the sum of the components unless the sketch says otherwise (J22)."""
        return float(score_of(self.points)) if self.published_score is None else self.published_score

    @property
    def has_own_domain(self) -> bool:
        return self.domain not in PERSONAL_DOMAINS

    @property
    def motion(self) -> str:
        return motion_of(self.stages, self.employees)

    @property
    def plan(self) -> str:
        if self.stages.closed_won:
            return "enterprise"
        if self.stages.self_serve_paid:
            return "team"
        return pick(("free", "trial"), self.key, "plan")
