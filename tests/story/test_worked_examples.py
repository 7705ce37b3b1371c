"""The worked examples of the domain, each by its number: warehouse row and CRM state in, stored decision out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connector.model import AlertKind, FactKind, Layers, Route, Tier
from tests.story.house import Town
from tests.story.path import KEY, decided
from tests.unit.rules.shipped import AES, ENTERPRISE_AES, POINTS, SDRS, fact, scored, signal

JAN, MAR, APR = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 4))
RANKED = [Tier.HOT, Tier.WARM, Tier.WATCHING, Tier.NONE]


def alerts(town: Town) -> list[tuple[str, object]]:
    """What people are to be told."""
    return town.alerts()


def after_baseline(town: Town) -> Town:
    """A town whose first sync is over, which alerts nobody."""
    town.accounts("other")
    town.sync()
    return town


# --- the rubric (C9, C10, C18) ---------------------------------------------------------------------

RUBRIC = [
    pytest.param(POINTS, 150, Tier.HOT, id="J16-all-nine"),
    pytest.param({"core_workflow": 30, "distinct_days": 20, "quota": 15}, 65, Tier.WARM, id="J17"),
    pytest.param({"core_workflow": 30, "distinct_days": 20, "quota": 15, "invites": 25}, 90, Tier.HOT, id="J18"),
    pytest.param(
        {"core_workflow": 30, "distinct_days": 20, "invites": 25, "business_email": 5}, 80, Tier.HOT, id="J19"
    ),
    pytest.param({"invites": 25, "multi_user": 20, "icp": 15, "pricing": 10, "support": 10}, 80, Tier.HOT, id="J20"),
    pytest.param({"core_workflow": 30, "distinct_days": 20}, 50, Tier.WARM, id="J21-50"),
    pytest.param({"invites": 25, "business_email": 5}, 30, Tier.WATCHING, id="J21-30"),
]


@pytest.mark.parametrize(("points", "total", "tier"), RUBRIC)
def test_the_rubric(town: Town, points: dict[str, int], total: int, tier: Tier) -> None:
    """Components, total and tier as printed; a score that adds up is no finding."""
    values: dict[str, Any] = scored(**points)
    decision = decided(town, **values)

    assert values["score"] == decision.evidence["score"] == total
    assert decision.tier is tier
    assert "score_mismatch" not in decision.flags


@pytest.mark.parametrize(
    ("score", "tier"), [(79, Tier.WARM), (49, Tier.WATCHING), (29, Tier.NONE)], ids=["J21-79", "J21-49", "J21-29"]
)
def test_just_below_a_threshold(town: Town, score: int, tier: Tier) -> None:
    """One point short of the tier above."""
    assert decided(town, score=score).tier is tier


def test_j19_hot_without_intent_or_fit_lacks_layers(town: Town) -> None:
    """80 with no intent and no ICP: score-only Hot, which the three layers fail (K18 warns)."""
    values: dict[str, Any] = scored(core_workflow=30, distinct_days=20, invites=25, business_email=5)
    decision = decided(town, **values, employees=2, active_users=1)

    assert decision.layers == Layers(behavioural=True, organisational=False, intent=False)
    assert {"layer_missing:organisational", "layer_missing:intent"} <= set(decision.flags)


def test_j20_hot_without_any_usage_lacks_behaviour(town: Town) -> None:
    """80 with zero product-usage points: the behavioural layer is missing."""
    values: dict[str, Any] = scored(invites=25, multi_user=20, icp=15, pricing=10, support=10)
    decision = decided(town, **values)

    assert decision.layers.behavioural is False
    assert "layer_missing:behavioural" in decision.flags


def test_j22_a_score_that_does_not_add_up_is_a_finding(town: Town) -> None:
    """The column says 82, the components sum to 80."""
    values: dict[str, Any] = scored(core_workflow=30, distinct_days=20, invites=25, business_email=5)

    assert "score_mismatch" in decided(town, **{**values, "score": 82}).flags


# --- primary motion (B2) ---------------------------------------------------------------------------

MOTION = [
    pytest.param({"closed_won_at": APR, "opportunity_at": JAN, "pql_at": MAR}, "sales_led", set(), id="J23"),
    pytest.param(
        {"closed_won_at": APR, "pql_at": MAR, "opportunity_at": APR, "employees": 200},
        "hybrid_escalation",
        set(),
        id="J24",
    ),
    pytest.param({"self_serve_paid_at": APR, "pql_at": MAR, "employees": 200}, "plg", set(), id="J25"),
    pytest.param({"pql_at": MAR, "employees": 50}, "hybrid_escalation", set(), id="J26-50"),
    pytest.param({"pql_at": MAR, "employees": 49}, "plg", set(), id="J26-49"),
    pytest.param({"pql_at": MAR, "employees": None}, "plg", {"employee_count_missing"}, id="J26-null"),
    pytest.param({"mql_at": MAR}, "sales_led", set(), id="J27-mql"),
    pytest.param({"mql_at": MAR, "pql_at": MAR, "employees": 20}, "plg", set(), id="J27-mql-and-pql"),
    pytest.param({}, "unknown", set(), id="J28-no-dates"),
    pytest.param({"sql_at": MAR}, "unknown", {"sql_without_mql"}, id="J28-sql"),
    pytest.param({"opportunity_at": MAR}, "unknown", {"sql_without_mql"}, id="J28-opportunity"),
    pytest.param(
        {"closed_won_at": APR, "opportunity_at": MAR, "pql_at": MAR, "employees": 200},
        "hybrid_escalation",
        set(),
        id="J29-same-day",
    ),
    pytest.param(
        {"closed_won_at": APR, "opportunity_at": JAN, "pql_at": MAR, "self_serve_paid_at": MAR},
        "sales_led",
        set(),
        id="J30",
    ),
    pytest.param({"closed_won_at": APR, "opportunity_at": JAN}, "sales_led", {"no_pql"}, id="J30-won-without-pql"),
]
DOUBTS = {"employee_count_missing", "sql_without_mql", "no_pql"}


@pytest.mark.parametrize(("dates", "motion", "flags"), MOTION)
def test_the_six_motion_rules(town: Town, dates: dict[str, Any], motion: str, flags: set[str]) -> None:
    """The first of the six that fires, with what is doubtful about it; a tag that says the same is no finding."""
    decision = decided(town, **{"pql_at": None, "motion": motion, **dates})

    assert decision.motion == motion
    assert DOUBTS & set(decision.flags) == flags
    assert "motion_mismatch" not in decision.flags


@pytest.mark.parametrize("dates", [case.values[0] for case in MOTION], ids=[case.id for case in MOTION])
def test_another_tag_is_a_finding(town: Town, dates: dict[str, Any]) -> None:
    """The warehouse's own tag is verified, never rewritten."""
    assert "motion_mismatch" in decided(town, **{"pql_at": None, "motion": "partner_led", **dates}).flags


# --- merge and routing (J31) -----------------------------------------------------------------------


def test_j31_an_open_sql_redirects(town: Town) -> None:
    """Hot 92, 400 employees, open SQL: nobody new, an FYI to the SQL owner, still a PQL in every count."""
    decision = decided(after_baseline(town), fact(FactKind.SQL, owner="sdr-1"), employees=400)

    assert (decision.route, decision.rule) == (Route.FYI_OWNER, "sql-supersedes-pql")
    assert decision.routed_to == "sdr-1@workspace.example"
    assert decision.plg_stage == "PQL"
    assert alerts(town) == [(KEY, AlertKind.FYI)]
    (told,) = (one.payload for one in town.facts() if one.kind == "alert_wanted")
    assert told["sentence"] == "This account has 8 active users."


def test_j31_without_the_sql(town: Town) -> None:
    """The same account is an enterprise AE's, tagged hybrid_escalation."""
    decision = decided(after_baseline(town), employees=400)

    assert decision.route is Route.ASSIGN_AE
    assert decision.routed_to in ENTERPRISE_AES
    assert "hybrid_escalation" in decision.flags
    assert alerts(town) == [(KEY, AlertKind.HOT_PQL)]


def test_j31_the_counterfactual_is_the_decision_without_it(town: Town) -> None:
    """What the SQL's decision says would have been, is."""
    with_sql = decided(town, fact(FactKind.SQL, owner="sdr-1"), employees=400)
    town.later(days=1)
    without = decided(town, employees=400, score=93)
    other = with_sql.counterfactual

    assert other is not None
    assert (other.route, other.rule, other.routed_to) == (without.route, without.rule, without.routed_to)


def test_j31_a_student_is_excluded(town: Town) -> None:
    """Hot 92, two employees, student mail: nobody's account, and no alert."""
    decision = decided(after_baseline(town), employees=2, domain="student.university.example", records=())

    assert (decision.route, decision.routed_to) == (Route.NONE, None)
    assert decision.evidence["excluded"] == "student"
    assert alerts(town) == []


def test_j31_warm_is_an_sdrs(town: Town) -> None:
    """Warm 60 with 120 employees."""
    decision = decided(town, score=60, employees=120)

    assert decision.route is Route.ASSIGN_SDR
    assert decision.routed_to in SDRS


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"score": 45, "employees": 90}, id="watching-45"),
        pytest.param({"score": 92, "activated_at": None}, id="not-activated"),
    ],
)
def test_j31_no_alert(town: Town, values: dict[str, Any]) -> None:
    """Watching 45, and an account that was not activated: sales does not engage."""
    decision = decided(after_baseline(town), **values)

    assert decision.routed_to is None
    assert decision.route in {Route.NURTURE, Route.NONE}
    assert alerts(town) == []


@pytest.mark.parametrize(
    ("values", "signals", "assigned"),
    [
        pytest.param({"potential_acv": 4_999}, (), False, id="small"),
        pytest.param({}, (), False, id="small-unknown-acv"),
        pytest.param({"potential_acv": 4_999}, (signal("hand_raise", 2),), True, id="hand-raise"),
        pytest.param({"potential_acv": 4_999}, (signal("integration_issue", 2),), True, id="conversion-barrier"),
        pytest.param({"potential_acv": 4_999}, (signal("sso_or_permissions", 2),), True, id="enterprise-signal"),
    ],
)
def test_j31_a_small_hot_account_is_nurtured(
    town: Town, values: dict[str, Any], signals: tuple[Any, ...], assigned: bool
) -> None:
    """Hot 85, 12 employees, below 5,000 a year: no sales, unless it asks, is stuck, or wants single sign-on (K9)."""
    decision = decided(town, score=85, employees=12, signals=signals, **values)

    assert (decision.routed_to in AES) is assigned
    assert decision.route is (Route.ASSIGN_AE if assigned else Route.NURTURE)


# --- the queue (C32, C17) --------------------------------------------------------------------------


def standing(town: Town, key: str) -> tuple[bool, int]:
    """How high an account stands for sales: somebody works on it, then its tier."""
    decision = town.ledger.decisions([key])[key]
    return decision.routed_to is None, RANKED.index(decision.tier)


def test_j32_fit_beats_score(town: Town) -> None:
    """A medium score of 50 employees and a returning team stands above a high one of two and a student mail (003)."""
    town.product("team", score=65, employees=50, active_users=6)
    town.product("student", score=92, employees=2, active_users=1, domain="student.university.example")
    town.record("team")
    town.sync()

    assert standing(town, "team") < standing(town, "student")


def test_j33_use_beats_invitations(town: Town) -> None:
    """Daily sessions near the limit, without an invitation, stand above three invitations and no return (003)."""
    town.accounts("invited", "daily")
    town.product("invited", signals=[signal("teammate_invited", 9)] * 3, **scored(invites=25))
    town.product("daily", signals=[signal("limit_near", 1)], **scored(core_workflow=30, distinct_days=20, quota=15))
    town.sync()

    assert standing(town, "daily") < standing(town, "invited")
    assert town.ledger.decisions(["invited"])["invited"].layers.behavioural is False
