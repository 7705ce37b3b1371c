"""Named accounts that show where a Hot account goes: exclusions, supersession, segments, size (c, d, J31, K9, D10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sandbox.demo.days import Days
from sandbox.demo.facts import NEW_BUSINESS, RENEWAL, CrmFacts, Deal
from sandbox.demo.sketching import crosser, steady
from sandbox.demo.story import Sketch

COMPETITOR = "rival.example"
STUDENT = "university.example"
NAMED = "named-account.example"
LIMIT_HIT = (("teammate_invited", 60.0), ("limit_hit", 0.6))
PRICING_VIEW = (("pricing_view", 0.7, "pricing page"),)


def routed(days: Days) -> list[Sketch]:
    """Accounts in the order of the decisions they show."""
    return [*_alerted(days), *_superseded(days), *_small(days), *_left_alone(days), *_customers(days)]


def _alerted(days: Days) -> list[Sketch]:
    return [
        crosser(
            days,
            "golden-sentence",
            "day two: Hot; 8 active users, limit hit 3 days ago, Salesforce connected, enterprise pricing viewed twice",
            240,
            base="core_workflow multi_user quota business_email",
            gained="distinct_days pricing",
            active_users=8,
            joined=1,
            told=(
                ("integration_connected", 120.0, "Salesforce"),
                ("limit_hit", 72.0),
                ("pricing_view", 4.0, "enterprise pricing page"),
                ("pricing_view", 0.5, "enterprise pricing page"),
            ),
        ),
        crosser(
            days,
            "hot-no-sql",
            "day two: Hot, 400 employees, no SQL: the twin of hot-open-sql that goes to an enterprise AE",
            400,
            base="core_workflow multi_user invites",
            gained="quota",
            told=LIMIT_HIT,
        ),
        crosser(
            days,
            "hot-null-employees",
            "day two: Hot, size unknown",
            None,
            base="core_workflow distinct_days multi_user",
            gained="pricing",
            told=PRICING_VIEW,
        ),
    ]


def _superseded(days: Days) -> list[Sketch]:
    def sdr_owns_lead(facts: CrmFacts) -> CrmFacts:
        return replace(facts, lead=facts.lead and replace(facts.lead, owner="sdr-1"))

    def renewal(facts: CrmFacts) -> CrmFacts:
        return replace(facts, deal=_open_deal(days, facts, RENEWAL, created=40, closes_in=20, active=3))

    def stale(facts: CrmFacts) -> CrmFacts:
        return replace(facts, deal=_open_deal(days, facts, NEW_BUSINESS, created=90, closes_in=-15, active=59))

    return [
        crosser(
            days,
            "hot-open-sql",
            "day two: Hot, 400 employees, with an open SQL: a Salesforce lead owned by SDR 1",
            400,
            base="core_workflow multi_user invites",
            gained="quota",
            told=LIMIT_HIT,
            ago={"mql": 16, "sql": 6},
            crm=sdr_owns_lead,
        ),
        crosser(
            days,
            "hot-open-opportunity",
            "day two: Hot with an open New Business opportunity that is being worked",
            300,
            base="core_workflow distinct_days multi_user business_email",
            gained="pricing",
            told=PRICING_VIEW,
            ago={"mql": 20, "sql": 15, "opportunity": 9},
        ),
        crosser(
            days,
            "hot-renewal-only",
            "day two: Hot; its only open opportunity is a Renewal, which does not supersede",
            120,
            base="core_workflow invites multi_user",
            gained="pricing",
            told=PRICING_VIEW,
            crm=renewal,
        ),
        crosser(
            days,
            "hot-stale-opportunity",
            "day two: Hot; its open opportunity is past its close date and untouched for 60 days",
            150,
            base="core_workflow multi_user invites",
            gained="quota",
            told=LIMIT_HIT,
            crm=stale,
        ),
    ]


def _open_deal(days: Days, facts: CrmFacts, kind: str, *, created: int, closes_in: int, active: int) -> Deal:
    """An open deal, in days from the baseline: created and last active before it, to close after it."""
    return Deal(
        kind=kind,
        owner=facts.owner,
        amount=24_000.0,
        created=days.ago(created),
        closes=(days.as_of + timedelta(days=closes_in)).date(),
        last_activity=days.ago(active).date(),
    )


def _small(days: Days) -> list[Sketch]:
    small = {"base": "core_workflow distinct_days icp", "gained": "multi_user"}
    return [
        crosser(
            days,
            "hot-small-85",
            "day two: Hot at 85 with 12 employees, small potential, nothing in its way: stays self-serve",
            12,
            **small,
            active_users=3,
            joined=2,
            potential_acv=3_000.0,
            told=(("teammate_invited", 0.8),),
        ),
        crosser(
            days,
            "hot-small-handraise",
            "day two: Hot at 85 with 12 employees, and somebody asked to talk to sales",
            12,
            **small,
            active_users=3,
            joined=2,
            potential_acv=3_000.0,
            told=(("teammate_invited", 0.8), ("hand_raise", 0.5)),
        ),
    ]


def _left_alone(days: Days) -> list[Sketch]:
    return [
        steady(
            days,
            "hot-student",
            "Hot, 2 employees, on a student domain: excluded",
            2,
            earned="core_workflow distinct_days quota invites",
            domain=f"student.{STUDENT}",
        ),
        steady(
            days,
            "hot-competitor",
            "Hot, on a competitor's domain: excluded",
            60,
            earned="core_workflow distinct_days multi_user pricing",
            domain=COMPETITOR,
        ),
        steady(days, "warm-120", "Warm, 120 employees: an SDR's", 120, earned="core_workflow distinct_days support"),
        steady(days, "warm-20", "Warm, 20 employees", 20, earned="core_workflow distinct_days support"),
        steady(days, "watching-45", "Watching at 45: no sales", 90, earned="core_workflow quota"),
        steady(
            days,
            "unactivated-hot",
            "85 points but never activated: not a PQL",
            70,
            earned="distinct_days invites multi_user icp business_email",
            activated=False,
        ),
        steady(
            days,
            "named-warm",
            "Warm, 300 employees, on the list of named accounts",
            300,
            earned="core_workflow multi_user pricing",
            domain=NAMED,
        ),
        steady(days, "enterprise-warm", "Warm at 55, 800 employees", 800, earned="core_workflow invites"),
    ]


def _customers(days: Days) -> list[Sketch]:
    return [
        steady(
            days,
            "customer-seats",
            "a customer; day two: 19 of 20 seats in use",
            40,
            earned="core_workflow distinct_days multi_user icp",
            active_users=19,
            joined=4,
            seats=(20, 15, 19),
            owner="csm-1",
            told=(("seat_saturation", 0.5, "19 of 20 seats"),),
            ago={"mql": 28, "sql": 26, "opportunity": 24, "pql": 16, "closed_won": 11},
        )
    ]
