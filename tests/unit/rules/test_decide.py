"""Around the verdict: what stays in force, what explains it, what reordering cannot change (D4, D35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connector.model import FactKind, Record
from connector.rules.decide import explain, in_force
from connector.rules.stages import plg_stage
from tests.unit.rules.shipped import IN_CRM, NOW, account, ago, decided, fact, shipped, signal


def test_unchanged_routing_keeps_its_time() -> None:
    """A decision that routes as before keeps the time it was first taken, and today's words (D35)."""
    before = replace(decided(account()), routed_at=ago(3), why_now="old")
    fresh = decided(account())
    kept = in_force(before, fresh)

    assert kept.routed_at == ago(3)
    assert kept.why_now == fresh.why_now
    assert in_force(None, fresh) == fresh


def test_changed_routing_is_a_new_decision() -> None:
    """Another tier, owner, reason or flag starts anew."""
    before = replace(decided(account()), routed_at=ago(3))

    assert in_force(before, decided(account(score=60))).routed_at == NOW
    assert in_force(replace(before, flags=()), decided(account())).routed_at == NOW
    assert in_force(replace(before, routed_to="x@workspace.example"), decided(account())).routed_at == NOW


def test_explain_ends_with_the_rule_that_decided() -> None:
    """The trace shows each rule up to the decisive one, with the values it saw."""
    told = explain(account(employees=None, score=60), (), IN_CRM, shipped(), NOW, NOW)
    by_rule = {trace.rule: trace for trace in told}

    assert told[-1].rule == decided(account(employees=None, score=60)).rule == "warm-unknown-size"
    assert [trace.matched for trace in told[:-1]].count(True) == 0
    assert by_rule["hot-enterprise-size"].matched is None
    assert by_rule["hot-enterprise-size"].why == "employees unknown, tier warm"
    assert by_rule["not-activated"].why == "activated True"


def test_explain_ends_where_the_account_is_held() -> None:
    """A rule that cannot be decided and holds back is the last of the trace."""
    told = explain(account(), None, IN_CRM, shipped(), NOW, None)

    assert (told[-1].rule, told[-1].matched) == ("sql-supersedes-pql", None)


def test_times_of_a_decision() -> None:
    """A decision says when it was taken and when the CRMs were read."""
    decision = decided(account())

    assert (decision.routed_at, decision.crm_read_at, decision.crm_known) == (NOW, NOW, True)


def test_plg_stage_is_the_furthest_with_a_date() -> None:
    """The product ladder looks at dates alone (D23)."""
    dates = {"signup_at": ago(9), "pql_at": ago(3)}

    assert plg_stage(Record("k", {})) is None
    assert plg_stage(Record("k", dates)) == "PQL"
    assert plg_stage(Record("k", {**dates, "self_serve_paid_at": ago(1)})) == "Self-serve paid"
    assert plg_stage(Record("k", {**dates, "expanded_at": ago(1)})) == "Expanded"


def test_hot_without_a_pql_date_is_a_finding() -> None:
    """Tier and PQL date that disagree are flagged, either way (D1)."""
    assert "hot_without_pql" in decided(account(pql_at=None)).flags
    assert "pql_not_hot" in decided(account(score=60)).flags
    assert not {"hot_without_pql", "pql_not_hot"} & set(decided(account()).flags)


def test_flags_come_once() -> None:
    """A flag of the rule that is also found otherwise is told once."""
    flags = decided(account(signal("limit_hit", 1)), fact(FactKind.OWNER, owner="ae-1")).flags

    assert len(flags) == len(set(flags))


def test_dates_without_zone_are_utc() -> None:
    """A warehouse that knows no zones is read as UTC."""
    naive = account(closed_won_at=(NOW - timedelta(days=1)).replace(tzinfo=None))

    assert decided(naive).rule == "customer-quiet"


def test_reasons_fit_their_field() -> None:
    """A reason never exceeds 255 characters, whatever it looks up."""
    long = decided(account(domain=f"{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 40}.rival.example"))

    assert len(long.reason) == 255
    assert long.reason.endswith("…")


def test_numbers_read_as_people_write_them() -> None:
    """Reasons carry no trailing zeros and no exponents."""
    assert decided(account(score=92.50)).reason == "Hot at 92.5 with 400 employees"
    assert decided(account(score=100.0)).reason == "Hot at 100 with 400 employees"
    assert decided(account(score=85, employees=12, potential_acv=2e4)).reason == "Hot at 85, small, worth 20000 a year"
