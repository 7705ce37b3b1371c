"""Named accounts whose CRM records are the story: one CRM, none, two owners, no key, a rep's edit (D3 to D6, D20)."""

from __future__ import annotations

from dataclasses import replace

from sandbox.demo.days import Days
from sandbox.demo.facts import CrmFacts
from sandbox.demo.sketching import crosser, steady
from sandbox.demo.story import Sketch

LIMIT_HIT = (("limit_hit", 0.6),)


def matched(days: Days) -> list[Sketch]:
    """Accounts by where their records are, then by the state of their SQL."""
    return [*_where(days), *_unkeyed(days), *_qualified(days)]


def _where(days: Days) -> list[Sketch]:
    return [
        crosser(
            days,
            "in-neither-crm",
            "day two: Hot, no record in either CRM",
            90,
            base="core_workflow distinct_days multi_user",
            gained="quota",
            told=LIMIT_HIT,
            crm=lambda facts: replace(facts, in_salesforce=False, in_hubspot=False),
        ),
        steady(
            days,
            "salesforce-only",
            "Hot, known to Salesforce alone",
            75,
            earned="core_workflow distinct_days multi_user pricing",
            crm_of_record="salesforce",
            crm=lambda facts: replace(facts, in_hubspot=False),
        ),
        crosser(
            days,
            "hubspot-only",
            "day two: Hot, known to HubSpot alone, which is its CRM of record",
            110,
            base="core_workflow distinct_days multi_user",
            gained="quota",
            told=LIMIT_HIT,
            crm_of_record="hubspot",
            crm=lambda facts: replace(facts, in_salesforce=False),
        ),
        steady(
            days,
            "edited-by-rep",
            "Hot; a person typed another motion into both CRMs before the first sync",
            130,
            earned="core_workflow distinct_days multi_user pricing",
            crm=lambda facts: replace(facts, typed_motion="sales_led"),
        ),
    ]


def _unkeyed(days: Days) -> list[Sketch]:
    return [
        steady(
            days,
            "linked-by-domain",
            "Hot; its CRM records do not carry our key and are found by their domain",
            70,
            earned="core_workflow distinct_days multi_user pricing",
            crm=lambda facts: replace(facts, keyed=False),
        ),
        crosser(
            days,
            "ambiguous-domain",
            "day two: Hot; two records in each CRM share its domain and none carries our key",
            85,
            base="core_workflow distinct_days multi_user",
            gained="quota",
            told=LIMIT_HIT,
            crm=lambda facts: replace(facts, keyed=False, copies=2),
        ),
    ]


def _qualified(days: Days) -> list[Sketch]:
    def disqualified(facts: CrmFacts) -> CrmFacts:
        return replace(facts, lead=facts.lead and replace(facts.lead, status="Disqualified", changed=days.ago(4)))

    def owner_left(facts: CrmFacts) -> CrmFacts:
        return replace(facts, lead=facts.lead and replace(facts.lead, owner="former-ae"))

    return [
        crosser(
            days,
            "both-crms-conflict",
            "day two: Hot; an SQL in HubSpot only, owned by AE 2, while AE 3 owns the Salesforce account",
            180,
            base="core_workflow multi_user icp business_email",
            gained="quota",
            told=LIMIT_HIT,
            ago={"mql": 14, "sql": 5},
            owner="ae-3",
            crm=lambda facts: replace(facts, lead=None, hubspot_owner="ae-2"),
        ),
        crosser(
            days,
            "sql-disqualified",
            "day two: Hot; its only lead is disqualified",
            160,
            base="core_workflow multi_user icp business_email",
            gained="quota",
            told=LIMIT_HIT,
            ago={"mql": 15},
            crm=disqualified,
        ),
        crosser(
            days,
            "sql-inactive-owner",
            "day two: Hot with an open SQL whose lead owner has left; AE 1 owns the account",
            140,
            base="core_workflow multi_user icp business_email",
            gained="quota",
            told=LIMIT_HIT,
            ago={"mql": 18, "sql": 7},
            owner="ae-1",
            crm=owner_left,
        ),
    ]
