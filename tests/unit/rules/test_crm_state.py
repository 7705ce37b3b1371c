"""What the CRMs together say (D2, D3, D4, K21), and which records say it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from connector.model import Canonical, CrmFact, FactKind, FactSource, Route
from connector.rules.crm_state import aggregate, conflicts, matches
from connector.rules.sources import CrmPolicy
from connector.rules.stages import crm_stage
from tests.unit.rules.shipped import NOW, account, ago, decided, fact, shipped

ACTIVE, ANY = CrmPolicy(), CrmPolicy(sql_supersedes="any")
SQL, OPEN, LOST = FactKind.SQL, FactKind.OPEN_OPPORTUNITY, FactKind.LOST_OPPORTUNITY
OWNER, WON, GONE = FactKind.OWNER, FactKind.WON_OPPORTUNITY, FactKind.DISQUALIFIED


def source(crm: str, kind: FactKind, object_name: str) -> FactSource:
    return next(s for s in shipped().fact_sources if (s.crm, s.kind, s.object) == (crm, kind, object_name))


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        ({"Status": "Sales Qualified", "IsConverted": False}, True),
        ({"Status": "SALES QUALIFIED", "IsConverted": "false"}, True),
        ({"Status": "Sales Qualified", "IsConverted": True}, False),
        ({"Status": "Working - Contacted", "IsConverted": False}, False),
        ({"IsConverted": False}, False),
    ],
)
def test_where_compares_as_text(values: dict[str, Canonical], counts: bool) -> None:
    """A record counts when every `where` holds, truths and case included; a converted lead never does."""
    assert matches(source("salesforce", SQL, "Lead"), values) is counts


@pytest.mark.parametrize(
    ("kind", "counts"), [("New Business", True), (None, True), ("Renewal", False), ("renewal", False)]
)
def test_renewals_do_not_supersede(kind: str | None, counts: bool) -> None:
    """An open renewal is no open opportunity (D3)."""
    assert matches(source("salesforce", OPEN, "Opportunity"), {"IsClosed": False, "Type": kind}) is counts


def test_numbers_compare_as_text_too() -> None:
    """A stage kept as a number matches its whole text."""
    probability = FactSource("salesforce", SQL, "Lead", {"Rank": ("3",)}, {}, "SQL", link_id="")

    assert matches(probability, {"Rank": 3.0})
    assert not matches(probability, {"Rank": 3.5})


def test_every_shipped_fact_has_a_link_and_a_label() -> None:
    """Each row says how its records belong to an account and what people call it."""
    for one in shipped().fact_sources:
        assert one.label
        assert (one.link_id, one.link_key, one.link_email) != (None, None, None)


def test_union_of_both_crms_supersedes() -> None:
    """An SQL in one CRM supersedes though the other knows nothing of it (D4)."""
    decision = decided(account(), fact(SQL, "hubspot", "ae-2"), fact(OWNER, "salesforce", "ae-3"))

    assert (decision.route, decision.routed_to) == (Route.FYI_OWNER, "ae-2@workspace.example")


def test_crm_of_record_speaks_first() -> None:
    """Of two SQLs the one in the CRM of record names the owner, the account's own word first (D4)."""
    facts = (fact(SQL, "hubspot", "ae-2", ago(1)), fact(SQL, "salesforce", "ae-1", ago(9)))

    assert decided(account(), *facts).routed_to == "ae-1@workspace.example"
    assert decided(account(crm_of_record="hubspot"), *facts).routed_to == "ae-2@workspace.example"


def test_disagreeing_crms_are_listed() -> None:
    """Different owners or stages are conflicts; the same, or one CRM alone, are not (D4)."""
    owners = (fact(OWNER, "salesforce", "ae-3"), fact(OWNER, "hubspot", "ae-2"))
    stages = (fact(SQL, "salesforce"), fact(OPEN, "hubspot", touched=ago(1)))

    assert conflicts(aggregate(owners, ACTIVE, NOW)) == ("crm_owner_conflict",)
    assert conflicts(aggregate(stages, ACTIVE, NOW)) == ("crm_stage_conflict",)
    assert conflicts(aggregate((owners[0], fact(OWNER, "hubspot", "ae-3")), ACTIVE, NOW)) == ()
    assert conflicts(aggregate(owners[:1], ACTIVE, NOW)) == ()


@pytest.mark.parametrize(
    ("ends", "active"),
    [
        pytest.param(fact(GONE, record_id="00Q000000000001AAA"), False, id="disqualified"),
        pytest.param(fact(GONE, record_id="00Q000000000009AAA"), True, id="another-lead-disqualified"),
        pytest.param(fact(LOST, at=ago(2), record_id="006"), False, id="lost-since"),
        pytest.param(fact(LOST, at=ago(20), record_id="006"), True, id="lost-before"),
        pytest.param(fact(LOST, at=None, record_id="006"), True, id="lost-undated"),
        pytest.param(fact(LOST, "hubspot", at=ago(2), record_id="006"), True, id="lost-elsewhere"),
    ],
)
def test_what_ends_an_sql(ends: CrmFact, active: bool) -> None:
    """Disqualified itself, or an opportunity of its CRM lost since: no longer active, but still "any" (K21)."""
    facts = (fact(SQL, at=ago(9)), ends)

    assert aggregate(facts, ACTIVE, NOW).sql_active is active
    assert aggregate(facts, ANY, NOW).sql_active is True


@pytest.mark.parametrize(
    ("touched", "due", "stale"),
    [
        (ago(44), None, False),
        (ago(45), None, True),
        (ago(1), NOW.date(), False),
        (ago(1), NOW.date() - timedelta(days=1), True),
    ],
)
def test_stale_opportunity(touched: datetime, due: date | None, stale: bool) -> None:
    """45 days without activity, or past its close date, is stale (D3)."""
    opened = fact(OPEN, at=ago(90), touched=touched, due=due)
    state = aggregate((opened,), ACTIVE, NOW)

    assert (state.open_opportunity, state.stale_opportunity) == (True, stale)


def test_never_touched_counts_from_its_creation() -> None:
    """An opportunity nobody ever touched is stale 45 days after it was made."""
    assert aggregate((fact(OPEN, at=ago(50)),), ACTIVE, NOW).stale_opportunity is True
    assert aggregate((fact(OPEN, at=ago(5)),), ACTIVE, NOW).stale_opportunity is False


def test_stale_opportunity_is_its_owners_alert() -> None:
    """Its owner gets an assignment, with the reason and what would have been without (D3)."""
    decision = decided(account(), fact(OPEN, owner="ae-2", at=ago(90), touched=ago(59)))

    assert (decision.route, decision.routed_to) == (Route.ASSIGN_AE, "ae-2@workspace.example")
    assert decision.reason.startswith("stale opportunity")
    assert "stale_opportunity" in decision.flags
    assert decision.counterfactual is not None
    assert decision.counterfactual.rule == "hot-enterprise-size"


@pytest.mark.parametrize(
    "other", [fact(SQL, owner="sdr-1"), fact(OPEN, owner="sdr-1", touched=ago(1), record_id="006")]
)
def test_live_work_beats_a_stale_opportunity(other: CrmFact) -> None:
    """With an active SQL or a second, worked opportunity the stale one changes nothing."""
    stale = fact(OPEN, owner="ae-2", at=ago(90), touched=ago(59), record_id="007")
    decision = decided(account(), stale, other)

    assert (decision.route, decision.routed_to) == (Route.FYI_OWNER, "sdr-1@workspace.example")


def test_inactive_owner_falls_back_to_the_account_owner() -> None:
    """An SQL owner who left: account owner, else the fallback pool (D3)."""
    gone = fact(SQL, owner="former-ae", active=False)
    with_owner = decided(account(), gone, fact(OWNER, owner="ae-1"))
    without = decided(account(), gone)

    assert with_owner.routed_to == "ae-1@workspace.example"
    assert without.routed_to == "sales-manager-1@workspace.example"
    assert "sql_owner_inactive" in with_owner.flags


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ((), None),
        ((fact(FactKind.MQL),), "MQL"),
        ((fact(FactKind.MQL), fact(SQL)), "SQL"),
        ((fact(SQL), fact(OPEN, touched=ago(1))), "Opportunity"),
        ((fact(OPEN, touched=ago(1)), fact(WON)), "Closed won"),
        ((fact(SQL, at=ago(9)), fact(LOST, at=ago(1), record_id="006")), None),
        ((fact(FactKind.MQL), fact(GONE)), None),
    ],
)
def test_crm_stage_ladder(facts: tuple[CrmFact, ...], stage: str | None) -> None:
    """The furthest stage that still stands; lost and disqualified fall back (D23)."""
    assert crm_stage(aggregate(facts, ACTIVE, NOW)) == stage


def test_unread_crm_knows_nothing() -> None:
    """Facts that could not be read leave every answer open (D11)."""
    state = aggregate(None, ACTIVE, NOW)

    assert state.known is False
    assert (state.sql_active, state.open_opportunity, state.customer, state.stage) == (None, None, None, None)
