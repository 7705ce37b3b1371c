"""Who gets an account: the order of D10 over the shipped rules, with every edge, and the worked examples (J31, K9)."""

from __future__ import annotations

from typing import Any

import pytest

from connector.errors import ConfigError
from connector.model import Counterfactual, FactKind, Match, MatchMethod, Route, Tier
from connector.rules import definitions
from connector.rules.definitions import Definitions
from tests.unit.rules.shipped import (
    AES,
    DECLARED,
    ENTERPRISE_AES,
    SDRS,
    account,
    ago,
    decided,
    documents,
    fact,
    signal,
)

SQL = FactKind.SQL


def test_open_sql_redirects_to_its_owner() -> None:
    """Hot 92, 400 employees, open SQL: no assignment, the SQL owner is told, and it stays a PQL (J31)."""
    decision = decided(account(), fact(SQL, owner="sdr-1", at=ago(6)))

    assert (decision.route, decision.rule) == (Route.FYI_OWNER, "sql-supersedes-pql")
    assert decision.routed_to == "sdr-1@workspace.example"
    assert decision.tier is Tier.HOT
    assert decision.reason == "sql owned by sdr-1 since 2026-03-12"
    assert decision.plg_stage == "PQL"


def test_superseded_decision_keeps_what_would_have_been() -> None:
    """Without the SQL it would have gone to an enterprise AE, and the decision says so (J31)."""
    with_sql, without = decided(account(), fact(SQL)), decided(account())

    assert without.routed_to in ENTERPRISE_AES
    assert without.counterfactual is None
    assert with_sql.counterfactual == Counterfactual(
        Route.ASSIGN_AE, "hot-enterprise-size", "Hot at 92 with 400 employees", without.routed_to
    )


def test_hot_without_sql_goes_to_an_enterprise_ae() -> None:
    """Hot with 400 employees and no SQL: enterprise AE, tagged hybrid_escalation (J31)."""
    decision = decided(account())

    assert decision.route is Route.ASSIGN_AE
    assert decision.routed_to in ENTERPRISE_AES
    assert "hybrid_escalation" in decision.flags
    assert decision.motion == "hybrid_escalation"


@pytest.mark.parametrize(
    ("domain", "excluded"),
    [
        ("student.university.example", "student"),
        ("university.example", "student"),
        ("https://www.rival.example/about", "competitor"),
        ("WORKSPACE.example", "internal"),
    ],
)
def test_excluded_domains(domain: str, excluded: str) -> None:
    """A listed domain and its subdomains are nobody's account, SQL or not (D10, D12)."""
    decision = decided(account(domain=domain, employees=2), fact(SQL))

    assert (decision.route, decision.rule) == (Route.NONE, "excluded-domain")
    assert decision.evidence["excluded"] == excluded


@pytest.mark.parametrize("domain", ["gmail.com", "notuniversity.example", None, ""])
def test_other_domains_are_not_excluded(domain: str | None) -> None:
    """A personal domain, a look-alike and no domain at all exclude nobody (D5)."""
    assert decided(account(domain=domain)).route is Route.ASSIGN_AE


def test_ambiguous_identity_is_held_before_anything_else() -> None:
    """More than one candidate is held, even with an SQL; no record at all is not ambiguous (D6)."""
    ambiguous = {"hubspot_company": Match(MatchMethod.AMBIGUOUS, None, ("1", "2"))}
    nowhere = {"salesforce_account": Match(MatchMethod.NONE)}

    assert decided(account(), fact(SQL), matches=ambiguous).rule == "ambiguous-identity"
    unmatched = decided(account(), matches=nowhere)
    assert unmatched.route is Route.ASSIGN_AE
    assert "not_in_crm" in unmatched.flags


@pytest.mark.parametrize(
    ("score", "employees", "rule", "route", "to"),
    [
        (92, 50, "hot-enterprise-size", Route.ASSIGN_AE, ENTERPRISE_AES),
        (80, 400, "hot-enterprise-size", Route.ASSIGN_AE, ENTERPRISE_AES),
        (80, 800, "hot-enterprise-size", Route.ASSIGN_AE, ENTERPRISE_AES),
        (92, 49, "small-hot", Route.NURTURE, {None}),
        (79, 400, "warm-mid-market", Route.ASSIGN_SDR, SDRS),
        (60, 120, "warm-mid-market", Route.ASSIGN_SDR, SDRS),
        (50, 50, "warm-mid-market", Route.ASSIGN_SDR, SDRS),
        (50, 499, "warm-mid-market", Route.ASSIGN_SDR, SDRS),
        (50, 500, "enterprise-segment", Route.ASSIGN_AE, ENTERPRISE_AES),
        (50, 49, "small-warm", Route.NURTURE, {None}),
        (92, None, "hot-unknown-size", Route.ASSIGN_AE, {"ae-1@workspace.example", "ae-3@workspace.example"}),
        (60, None, "warm-unknown-size", Route.ASSIGN_SDR, SDRS),
        (49, 120, "watching", Route.NURTURE, {None}),
        (45, 90, "watching", Route.NURTURE, {None}),
        (30, None, "watching", Route.NURTURE, {None}),
        (45, 800, "enterprise-pql", Route.ASSIGN_AE, ENTERPRISE_AES),
        (29, 800, "cold", Route.NONE, {None}),
    ],
)
def test_tier_by_segment(score: int, employees: int | None, rule: str, route: Route, to: set[str | None]) -> None:
    """Each cell of the matrix, at its edges (D10, K9, K25)."""
    decision = decided(account(score=score, employees=employees))

    assert (decision.rule, decision.route) == (rule, route)
    assert decision.routed_to in to


def test_warm_mid_market_is_tagged() -> None:
    """A Warm account of 50 and more is an SDR's, tagged hybrid_escalation (D10)."""
    assert "hybrid_escalation" in decided(account(score=60, employees=120)).flags


@pytest.mark.parametrize("employees", [12, 300, None])
def test_named_accounts_go_to_an_enterprise_ae(employees: int | None) -> None:
    """A Warm named account is an enterprise AE's, whatever its size (D10)."""
    decision = decided(account(score=60, employees=employees, domain="named-account.example"))

    assert decision.rule == "named-account"
    assert decision.routed_to in ENTERPRISE_AES


@pytest.mark.parametrize(
    "kind", ["hand_raise", "support_contact", "security_review", "integration_issue", "sso_or_permissions"]
)
def test_small_hot_account_that_asks_gets_an_ae(kind: str) -> None:
    """A small Hot account stays self-serve until it asks for help; a month later that is forgotten (K9)."""
    asking = decided(account(signal(kind, 3), score=85, employees=12, potential_acv=3_000))
    long_ago = decided(account(signal(kind, 31), score=85, employees=12, potential_acv=3_000))

    assert (asking.rule, asking.route) == ("small-hot-asks", Route.ASSIGN_AE)
    assert asking.routed_to in AES
    assert long_ago.rule == "small-hot"


@pytest.mark.parametrize(
    ("acv", "rule"), [(5_000, "small-hot-potential"), (4_999.99, "small-hot"), (None, "small-hot")]
)
def test_small_hot_account_with_potential(acv: float | None, rule: str) -> None:
    """From 5,000 a year a small Hot account is worth an AE; an unknown potential is not (K9, D14)."""
    assert decided(account(score=85, employees=12, potential_acv=acv)).rule == rule


def test_not_activated_is_left_alone() -> None:
    """Sales never works an account that was not activated, Hot or named."""
    decision = decided(account(activated_at=None, domain="named-account.example"))

    assert (decision.route, decision.rule) == (Route.NONE, "not-activated")


@pytest.mark.parametrize(
    ("values", "signals", "rule", "route"),
    [
        ({"seats_purchased": 20, "seats_used": 16}, [], "customer-seats", Route.EXPANSION),
        ({"seats_purchased": 20, "seats_used": 15}, [], "customer-quiet", Route.NONE),
        ({"seats_purchased": 0, "seats_used": 15}, [], "customer-quiet", Route.NONE),
        ({}, [1.0, 6.9], "customer-premium", Route.EXPANSION),
        ({}, [1.0, 7.1], "customer-quiet", Route.NONE),
    ],
)
def test_customers_meet_expansion_rules_only(
    values: dict[str, float], signals: list[float], rule: str, route: Route
) -> None:
    """A Hot customer is no PQL for sales: seats, limit, premium attempts, or nothing (D15)."""
    record = account(*(signal("premium_attempt", days) for days in signals), closed_won_at=ago(90), **values)
    decision = decided(record)

    assert (decision.rule, decision.route) == (rule, route)
    assert decision.routed_to == ("csm-1@workspace.example" if route is Route.EXPANSION else None)


@pytest.mark.parametrize(("employees", "rule"), [(50, "customer-self-serve-enterprise"), (49, "customer-quiet")])
def test_paid_self_serve_of_size_is_an_enterprise_aes(employees: int, rule: str) -> None:
    """Paid by itself with 50 and more employees goes to an enterprise AE (D15)."""
    assert decided(account(self_serve_paid_at=ago(20), employees=employees)).rule == rule


def test_customer_in_the_crm_counts_as_customer() -> None:
    """A deal won in the CRM makes a customer, whatever the warehouse knows (D15)."""
    assert decided(account(), fact(FactKind.WON_OPPORTUNITY, at=ago(100))).rule == "customer-quiet"


def test_evidence_names_what_was_looked_at() -> None:
    """A decision carries the values its rule read, the score, and where the CRM stands."""
    decision = decided(account(), fact(SQL, at=ago(6)))

    assert decision.evidence["crm.sql_active"] is True
    assert decision.evidence["crm.stage_date"] == "2026-03-12T15:00:00Z"
    assert decision.evidence["crm.source"] == "salesforce Lead 00Q000000000001AAA"
    assert decision.evidence["score"] == 92


# --- staged roll-out -------------------------------------------------------------------------------


def enabled(*segments: str) -> Definitions:
    """The shipped definitions with only these segments enabled."""
    files = documents()
    files["rules"]["enabled_segments"] = list(segments)
    return definitions.build(files, DECLARED)


@pytest.mark.parametrize(
    ("values", "usual"),
    [
        pytest.param({"employees": 900}, "assign_ae", id="AE"),
        pytest.param({"employees": 900, "score": 60}, "assign_ae", id="enterprise Warm"),
        pytest.param({"employees": None, "score": 60}, "assign_sdr", id="SDR"),
        pytest.param(
            {"employees": 900, "closed_won_at": ago(9), "seats_used": 9, "seats_purchased": 10},
            "expansion",
            id="customer",
        ),
    ],
)
def test_a_segment_that_is_not_enabled_is_not_handed_to_sales(values: dict[str, Any], usual: str) -> None:
    """Its accounts are decided, and nurtured with the reason where anybody would have got them (D16 of the domain)."""
    staged = decided(account(**values), by=enabled("mid_market"))

    assert decided(account(**values)).route == usual
    assert (staged.route, staged.rule, staged.routed_to) == (Route.NURTURE, "segment-not-enabled", None)
    assert staged.reason == f"segment {staged.segment} is not enabled yet"


def test_an_enabled_segment_is_decided_as_usual() -> None:
    """And so is what goes to nobody, or to whom sales has it already."""
    staged = enabled("mid_market")

    assert decided(account(), by=staged) == decided(account())
    for values in ({"employees": 900, "score": 20}, {"employees": 5, "score": 60}):
        assert decided(account(**values), by=staged) == decided(account(**values))
    told = decided(account(employees=900), fact(SQL), by=staged)
    assert (told.route, told.routed_to) == (Route.FYI_OWNER, "sdr-1@workspace.example")
    assert told.counterfactual is not None
    assert told.counterfactual.rule == "segment-not-enabled"


def test_unknown_size_is_a_segment_to_enable() -> None:
    """Enabled by its name like any other; a name nobody has is refused."""
    assert decided(account(employees=None), by=enabled("unknown_size")).route == Route.ASSIGN_AE
    with pytest.raises(ConfigError, match='unknown enabled_segments "midmarket"; did you mean "mid_market"'):
        enabled("midmarket")
