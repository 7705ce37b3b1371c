"""Named accounts at the edges of the rubric (J19, J20, J22) and of the motion rules (J23 to J28)."""

from __future__ import annotations

from sandbox.demo.days import Days
from sandbox.demo.rubric import Stages
from sandbox.demo.sketching import steady
from sandbox.demo.story import Sketch

HOT = "core_workflow distinct_days multi_user pricing"


def measured(days: Days) -> list[Sketch]:
    """The rubric's edges, then the motion rules in order."""
    return [*_edges(days), *_motions(days), *_without_product(days)]


def _edges(days: Days) -> list[Sketch]:
    return [
        steady(
            days,
            "score-mismatch",
            "published score 82, components that sum to 80",
            45,
            earned="core_workflow distinct_days quota icp",
            published_score=82.0,
        ),
        steady(
            days,
            "boundary-no-intent",
            "exactly 80 without any intent and without ICP fit",
            30,
            earned="core_workflow distinct_days invites business_email",
        ),
        steady(
            days,
            "boundary-no-usage",
            "exactly 80 without a point for using the product",
            30,
            earned="invites multi_user icp pricing support",
        ),
    ]


def _motions(days: Days) -> list[Sketch]:
    bought_first = {"mql": 28, "sql": 27, "opportunity": 25, "pql": 6, "closed_won": 3}
    used_first = {"pql": 18, "mql": 15, "sql": 13, "opportunity": 9, "closed_won": 2}
    return [
        steady(days, "motion-r1", "won, opportunity before PQL: sales_led", 120, earned=HOT, ago=bought_first),
        steady(days, "motion-r3", "won, PQL before opportunity: hybrid_escalation", 200, earned=HOT, ago=used_first),
        steady(
            days, "motion-r2", "PQL, 200 employees, paid by itself: plg", 200, earned=HOT, ago={"self_serve_paid": 4}
        ),
        steady(days, "motion-50", "PQL with 50 employees: hybrid_escalation", 50, earned=HOT),
        steady(days, "motion-49", "PQL with 49 employees: plg", 49, earned=HOT),
        steady(days, "motion-null", "PQL of unknown size: plg", None, earned=HOT),
    ]


def _without_product(days: Days) -> list[Sketch]:
    return [
        Sketch("motion-mql", 80, shows="MQL only: sales_led", owner="sdr-2", stages=Stages(mql=days.ago(12))),
        Sketch("motion-none", 30, shows="no stage date at all: unknown"),
    ]
