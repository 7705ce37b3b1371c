"""One account's life: how it stood at the baseline, how it stands after day two, and what the CRMs hold about it.

A `Sketch` says what is particular about an account; `tell` fills in the rest from its key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.demo.account import Account, Signal
from sandbox.demo.choice import between, pick
from sandbox.demo.days import Days
from sandbox.demo.facts import CrmFacts, facts_of
from sandbox.demo.people import Person, buyer_of, people_of
from sandbox.demo.rubric import Points, Stages
from sandbox.demo.staff import BY_SLUG, HOUSE

INDUSTRIES = ("Software", "Manufacturing", "Education", "Health care", "Retail", "Finance")
COUNTRIES = ("US", "DE", "GB", "FR", "NL")
ACV_PER_EMPLOYEE = 250.0
ACV_UNKNOWN_SIZE = 5_000.0  # a deal needs an amount even where the size is unknown


@dataclass(frozen=True)
class Sketch:
    """What is particular about an account, as it ends up after day two.

    `gained` is the part of `points`, `joined` the part of `active_users`, that arrives on day two;
    `seats` is (purchased, used at the baseline, used after day two); `crm` changes what the CRMs would say by default.
    """

    key: str
    employees: int | None
    name: str = ""
    shows: str = ""
    domain: str = ""
    points: Points = frozenset()
    gained: Points = frozenset()
    published_score: float | None = None
    active_users: int = 0
    joined: int = 0
    seats: tuple[int, int, int] | None = None
    potential_acv: float | None = None
    crm_of_record: str | None = None
    owner: str = HOUSE
    stages: Stages = field(default_factory=Stages)
    signals: tuple[Signal, ...] = ()
    crm: Callable[[CrmFacts], CrmFacts] | None = None

    @property
    def acv(self) -> float | None:
        """Potential yearly value in USD, by size unless it is given."""
        if self.potential_acv is not None or self.employees is None:
            return self.potential_acv
        return self.employees * ACV_PER_EMPLOYEE


@dataclass(frozen=True)
class Story:
    """An account over the two days.

    `baseline` is None when it signs up on day two. `people` use the product; `contacts` are the people a CRM knows.
    `met_at` is when the CRMs first heard of it, never later than the baseline.
    """

    baseline: Account | None
    final: Account
    signals: tuple[Signal, ...]
    people: tuple[Person, ...]
    contacts: tuple[Person, ...]
    crm: CrmFacts
    met_at: datetime
    shows: str


def tell(sketch: Sketch, days: Days) -> Story:
    """The whole story of one sketch."""
    agreed = facts_of(sketch.stages, sketch.owner, sketch.acv or ACV_UNKNOWN_SIZE, days)
    crm = sketch.crm(agreed) if sketch.crm else agreed
    final = _final(sketch, crm)
    people = people_of(final, days)
    return Story(
        baseline=_baseline(sketch, final, days),
        final=final,
        signals=sketch.signals,
        people=people,
        contacts=people or ((buyer_of(final, days),) if crm.deal else ()),
        crm=crm,
        met_at=_met_at(sketch.stages, crm, days),
        shows=sketch.shows,
    )


def _met_at(stages: Stages, crm: CrmFacts, days: Days) -> datetime:
    reached = [at for _, at in stages.reached()]
    return min([days.as_of, *reached, *([crm.deal.created] if crm.deal else [])])


def _final(sketch: Sketch, crm: CrmFacts) -> Account:
    purchased, _, used = sketch.seats or (None, None, None)
    return Account(
        key=sketch.key,
        name=sketch.name or sketch.key.replace("-", " ").capitalize(),
        domain=sketch.domain or f"{sketch.key}.example",
        employees=sketch.employees,
        industry=pick(INDUSTRIES, sketch.key, "industry"),
        country=pick(COUNTRIES, sketch.key, "country"),
        crm_of_record=sketch.crm_of_record,
        owner_email=_owner_email(crm),
        points=sketch.points,
        published_score=sketch.published_score,
        active_users=sketch.active_users,
        seats_purchased=purchased,
        seats_used=used,
        limit_used=_limit_used(sketch, sketch.points),
        potential_acv=sketch.acv,
        stages=sketch.stages,
    )


def _owner_email(crm: CrmFacts) -> str | None:
    if crm.owner == HOUSE or not (crm.in_salesforce or crm.in_hubspot):
        return None
    return BY_SLUG[crm.owner].email


def _baseline(sketch: Sketch, final: Account, days: Days) -> Account | None:
    signup = sketch.stages.signup
    if signup is not None and signup >= days.as_of:
        return None
    points = sketch.points - sketch.gained
    return replace(
        final,
        points=points,
        active_users=sketch.active_users - sketch.joined,
        seats_used=sketch.seats[1] if sketch.seats else None,
        limit_used=_limit_used(sketch, points),
        stages=_reached_by(sketch.stages, days.as_of),
    )


def _reached_by(stages: Stages, moment: datetime) -> Stages:
    return Stages(**{name: at for name, at in stages.reached() if at < moment})


def _limit_used(sketch: Sketch, points: Points) -> float | None:
    """Above half where the quota component is earned (C9), 1 where a limit was hit, None for those never in."""
    if sketch.stages.signup is None:
        return None
    if "quota" not in points:
        return between(5, 45, sketch.key, "limit") / 100
    if any(signal.kind == "limit_hit" for signal in sketch.signals):
        return 1.0
    return between(55, 75, sketch.key, "limit") / 100
