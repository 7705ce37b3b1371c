"""What the CRMs know about an account: its owner, its lead, its deal, and which CRM holds it at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sandbox.demo.days import Days
from sandbox.demo.rubric import Stages

NEW_BUSINESS, RENEWAL = "New Business", "Renewal"


@dataclass(frozen=True)
class Lead:
    """An unconverted lead of the account; `owner` is a colleague's slug."""

    status: str
    owner: str
    created: datetime
    changed: datetime


@dataclass(frozen=True)
class Deal:
    """An opportunity in Salesforce and its mirror in HubSpot."""

    kind: str
    owner: str
    amount: float
    created: datetime
    closes: date
    last_activity: date
    won: bool = False


@dataclass(frozen=True)
class CrmFacts:
    """One account in the two CRMs.

    `keyed` says whether its records carry our key; `copies` above one makes its domain ambiguous. `typed_motion` is
    what a person wrote into the motion field before anything was synced.
    """

    owner: str
    hubspot_owner: str
    lifecycle: str = "lead"
    contact_stage: str = "Lead"
    lead: Lead | None = None
    deal: Deal | None = None
    in_salesforce: bool = True
    in_hubspot: bool = True
    keyed: bool = True
    copies: int = 1
    typed_motion: str | None = None


def facts_of(stages: Stages, owner: str, amount: float, days: Days) -> CrmFacts:
    """What both CRMs say when they agree with the warehouse's stage dates."""
    deal = _deal(stages, owner, amount, days)
    return CrmFacts(
        owner=owner,
        hubspot_owner=owner,
        lifecycle=_lifecycle(stages),
        contact_stage=_contact_stage(deal),
        lead=None if deal else _lead(stages, owner),
        deal=deal,
    )


def _lifecycle(stages: Stages) -> str:
    if stages.closed_won:
        return "customer"
    if stages.opportunity:
        return "opportunity"
    if stages.sql:
        return "salesqualifiedlead"
    return "marketingqualifiedlead" if stages.mql else "lead"


def _contact_stage(deal: Deal | None) -> str:
    if deal is None:
        return "Lead"
    return "Customer" if deal.won else "Sales Qualified"


def _lead(stages: Stages, owner: str) -> Lead | None:
    if stages.mql is None:
        return None
    status = "Sales Qualified" if stages.sql else "Marketing Qualified"
    return Lead(status, owner, created=stages.mql, changed=stages.sql or stages.mql)


def _deal(stages: Stages, owner: str, amount: float, days: Days) -> Deal | None:
    if stages.opportunity is None:
        return None
    won = stages.closed_won
    return Deal(
        kind=NEW_BUSINESS,
        owner=owner,
        amount=amount,
        created=stages.opportunity,
        closes=(won or days.as_of + timedelta(days=30)).date(),
        last_activity=(won or max(stages.opportunity, days.ago(2))).date(),
        won=won is not None,
    )
