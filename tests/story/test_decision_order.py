"""The order of D10 with its edges, and what the CRMs have to say in it (D3, D4, D6, D11): stored decisions only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.intake import take_facts
from bot.settings import BotSettings
from connector.model import AlertKind, CrmFact, Decision, FactKind, Route, Signal
from connector.rules import definitions
from tests.story.house import DOMAINS, HUBSPOT, OBJECTS, SALESFORCE, Town
from tests.story.path import KEY, decided, told_by
from tests.unit.rules.shipped import DECLARED, ENTERPRISE_AES, NOW, SDRS, ago, documents, fact, shipped, signal

SQL, OPEN, LOST, WON = FactKind.SQL, FactKind.OPEN_OPPORTUNITY, FactKind.LOST_OPPORTUNITY, FactKind.WON_OPPORTUNITY
OWNER, DISQUALIFIED = FactKind.OWNER, FactKind.DISQUALIFIED
FALLBACK = "sales-manager-1@workspace.example"
UNKNOWN_SIZE_AES = {"ae-1@workspace.example", "ae-3@workspace.example"}
ASSIGNED = {Route.ASSIGN_AE, Route.ASSIGN_SDR, Route.EXPANSION}


def person(name: str) -> str:
    return f"{name}@workspace.example"


# --- each step goes before the next (D10) ----------------------------------------------------------


def ambiguous(town: Town, domain: str = "acme.example") -> None:
    """A second record without our key shares the account's domain."""
    for number in (1, 2):
        town.crms[SALESFORCE].put(OBJECTS[SALESFORCE], f"001-{number}", {DOMAINS[SALESFORCE]: domain}, by="AE 1")


def test_exclusion_goes_before_identity(town: Town) -> None:
    """A competitor's account is nobody's, whichever record it may be."""
    ambiguous(town, "rival.example")

    assert decided(town, records=(), domain="rival.example").rule == "excluded-domain"


def test_identity_goes_before_an_sql(town: Town) -> None:
    """Of an account that may be two records nobody knows whose SQL it is."""
    ambiguous(town)
    decision = decided(town, fact(SQL), records=())

    assert (decision.route, decision.rule, decision.routed_to) == (Route.HOLD, "ambiguous-identity", None)


GROWING = {"closed_won_at": ago(90), "seats_purchased": 20, "seats_used": 19}
NAMED = {"domain": "named-account.example"}
ORDER = [
    pytest.param({"domain": "rival.example"}, (fact(SQL),), Route.NONE, id="exclusion-before-sql"),
    pytest.param(GROWING, (fact(SQL),), Route.FYI_OWNER, id="sql-before-customer"),
    pytest.param(GROWING, (fact(OPEN),), Route.FYI_OWNER, id="open-opportunity-before-customer"),
    pytest.param({**GROWING, "activated_at": None}, (), Route.EXPANSION, id="customer-before-not-activated"),
    pytest.param({"closed_won_at": ago(90)}, (), Route.NONE, id="customer-before-hot"),
    pytest.param({"activated_at": None}, (), Route.NONE, id="not-activated-before-hot"),
    pytest.param({"activated_at": None, **NAMED}, (), Route.NONE, id="not-activated-before-named"),
    pytest.param({"activated_at": None}, (fact(SQL),), Route.FYI_OWNER, id="sql-before-not-activated"),
    pytest.param({"score": 60, "employees": 12, **NAMED}, (), Route.ASSIGN_AE, id="named-before-the-matrix"),
]


@pytest.mark.parametrize(("columns", "facts", "route"), ORDER)
def test_each_step_goes_before_the_next(
    town: Town, columns: dict[str, Any], facts: tuple[CrmFact, ...], route: Route
) -> None:
    """An account to which two steps apply is the earlier one's."""
    records = () if columns.get("domain") else (SALESFORCE, HUBSPOT)

    assert decided(town, *facts, records=records, **columns).route is route


def test_a_personal_domain_excludes_nobody(town: Town) -> None:
    """People sign up with personal addresses (D5, D12 of the domain)."""
    assert decided(town, domain="gmail.com").route is Route.ASSIGN_AE


def test_cooldown_comes_last(town: Town) -> None:
    """Decided as ever, but alerted once: a second crossing within 14 days is no second alert (D10, D37)."""
    town.accounts("other")
    town.sync()
    decided(town)
    assert town.alerts() == [(KEY, AlertKind.HOT_PQL)]
    take_facts(town.store, BotSettings(), town.now)  # the bot opens it
    for days, score in ((1, 60), (6, 92)):
        town.later(days=days)
        decision = decided(town, score=score, scored_at=town.now)
    assert decision.route is Route.ASSIGN_AE
    assert town.alerts() == []


# --- tier by segment, every edge (C10, K9, K10, K25) -----------------------------------------------


NOBODY: set[str | None] = {None}
AE: Any = (Route.ASSIGN_AE, ENTERPRISE_AES)
SDR: Any = (Route.ASSIGN_SDR, SDRS)
NURTURED, LEFT_ALONE = (Route.NURTURE, NOBODY), (Route.NONE, NOBODY)
CELLS: dict[str, tuple[Any, ...]] = {  # up to 49, 50 to 499, from 500 employees, unknown
    "hot": (NURTURED, AE, AE, (Route.ASSIGN_AE, UNKNOWN_SIZE_AES)),
    "warm": (NURTURED, SDR, AE, SDR),
    "watching": (NURTURED, NURTURED, NURTURED, NURTURED),
    "watching-pql": (NURTURED, NURTURED, AE, NURTURED),  # enterprise: any PQL (K9)
    "none": (LEFT_ALONE, LEFT_ALONE, LEFT_ALONE, LEFT_ALONE),
}


def row_of(score: int, *, pql: bool) -> str:
    """The row of the matrix (C10)."""
    if score >= 50:
        return "hot" if score >= 80 else "warm"
    return ("watching-pql" if pql else "watching") if score >= 30 else "none"


def column_of(employees: int | None) -> int:
    """The column of the matrix (K10)."""
    return 3 if employees is None else (employees >= 50) + (employees >= 500)


@pytest.mark.parametrize("pql", [True, False], ids=["pql", "no-pql"])
@pytest.mark.parametrize("employees", [1, 49, 50, 51, 499, 500, None])
@pytest.mark.parametrize("score", [0, 29, 30, 49, 50, 79, 80, 150])
def test_every_edge_of_the_matrix(town: Town, score: int, employees: int | None, pql: bool) -> None:
    """29 and 30, 49 and 50, 79 and 80 points by 49 and 50, 499 and 500 employees, and unknown."""
    decision = decided(town, score=score, employees=employees, pql_at=ago(5) if pql else None)
    row, column = row_of(score, pql=pql), column_of(employees)
    route, to = CELLS[row][column]

    assert decision.route is route
    assert decision.routed_to in to
    assert ("hybrid_escalation" in decision.flags) is ((row, column) in {("hot", 1), ("hot", 2), ("warm", 1)})


@pytest.mark.parametrize("score", [29, 30, 49, 50, 79, 80])
def test_named_accounts_from_warm_on(town: Town, score: int) -> None:
    """Warm and Hot on a named account, whatever its size, are an enterprise AE's; a Watching one is nurtured."""
    decision = decided(town, score=score, employees=12, domain="named-account.example", records=())

    assert (decision.routed_to in ENTERPRISE_AES) is (score >= 50)


# --- customers (D15) -------------------------------------------------------------------------------


def days(kind: str, *ago: float) -> list[Signal]:
    return [signal(kind, one) for one in ago]


CUSTOMERS = [
    pytest.param({"seats_purchased": 100, "seats_used": 79}, [], Route.NONE, id="seats-79"),
    pytest.param({"seats_purchased": 100, "seats_used": 80}, [], Route.EXPANSION, id="seats-80"),
    pytest.param({}, days("limit_near", 1, 2), Route.NONE, id="limit-on-two-days"),
    pytest.param({}, days("limit_near", 1, 2, 6.9), Route.EXPANSION, id="limit-on-three-days-of-seven"),
    pytest.param({}, days("limit_near", 1, 2, 7.1), Route.NONE, id="limit-on-three-days-of-eight"),
    pytest.param({}, days("limit_near", 1, 1.01, 2), Route.NONE, id="limit-twice-on-a-day"),
    pytest.param({}, [*days("limit_near", 1, 3), *days("limit_hit", 2)], Route.EXPANSION, id="limit-near-and-reached"),
    pytest.param({}, days("premium_attempt", 1), Route.NONE, id="premium-once"),
    pytest.param({}, days("premium_attempt", 1, 2), Route.EXPANSION, id="premium-twice-in-a-week"),
    pytest.param({"self_serve_paid_at": ago(9), "closed_won_at": None}, [], Route.ASSIGN_AE, id="paid-by-itself-50"),
    pytest.param(
        {"self_serve_paid_at": ago(9), "closed_won_at": None, "employees": 49}, [], Route.NONE, id="paid-by-itself-49"
    ),
]


@pytest.mark.parametrize(("columns", "signals", "route"), CUSTOMERS)
def test_customers(town: Town, columns: dict[str, Any], signals: list[Signal], route: Route) -> None:
    """Expansion signals at their thresholds, and the self-serve customer of 50 employees."""
    usual = {"closed_won_at": ago(90), "employees": 50}

    assert decided(town, signals=signals, **{**usual, **columns}).route is route


@pytest.mark.parametrize(
    ("facts", "to"),
    [
        pytest.param((fact(OWNER, owner="ae-1"),), person("ae-1"), id="account-owner"),
        pytest.param((), person("csm-1"), id="csm"),
        pytest.param((fact(OWNER, owner="revops-1"),), person("csm-1"), id="an-owner-that-stands-for-nobody"),
    ],
)
def test_expansion_goes_to_the_account_owner(town: Town, facts: tuple[CrmFact, ...], to: str) -> None:
    """Else to the CSM (D15)."""
    decision = decided(town, *facts, signals=days("limit_near", 1, 2, 3), closed_won_at=ago(90))

    assert (decision.route, decision.routed_to) == (Route.EXPANSION, to)


# --- superseding (D3) ------------------------------------------------------------------------------


def test_a_renewal_supersedes_nothing(town: Town) -> None:
    """An open renewal, in either CRM, is no open opportunity: the account is decided as without it."""
    renewals = (
        *told_by(SALESFORCE, "Opportunity", IsClosed=False, IsWon=False, Type="Renewal", CreatedDate=ago(3)),
        *told_by(HUBSPOT, "deals", hs_is_closed=False, hs_is_closed_won=False, pipeline="renewals", createdate=ago(3)),
    )

    assert decided(town, *renewals).rule == "hot-enterprise-size"


@pytest.mark.parametrize(
    ("crm", "record"),
    [
        (SALESFORCE, {"IsClosed": False, "IsWon": False, "Type": "New business", "CreatedDate": ago(3)}),
        (HUBSPOT, {"hs_is_closed": False, "hs_is_closed_won": False, "pipeline": "default", "createdate": ago(3)}),
    ],
)
def test_any_other_opportunity_does(town: Town, crm: str, record: dict[str, Any]) -> None:
    """Its owner is told."""
    name = {SALESFORCE: "Opportunity", HUBSPOT: "deals"}[crm]
    decision = decided(town, *told_by(crm, name, **record))

    assert (decision.route, decision.routed_to) == (Route.FYI_OWNER, person("sdr-1"))


STALE = [
    pytest.param({"touched": ago(44.99)}, False, id="44-days-idle"),
    pytest.param({"touched": ago(45)}, True, id="45-days-idle"),
    pytest.param({"touched": ago(1), "due": NOW.date()}, False, id="due-today"),
    pytest.param({"touched": ago(1), "due": NOW.date() - timedelta(days=1)}, True, id="due-yesterday"),
]


@pytest.mark.parametrize(("dates", "stale"), STALE)
def test_a_stale_opportunity_wants_its_owner(town: Town, dates: dict[str, Any], stale: bool) -> None:
    """Idle for 45 days or past its close date: an alert with a clock to its owner, for that reason; else an FYI."""
    town.accounts("other")
    town.sync()
    decision = decided(town, fact(OPEN, owner="sdr-1", at=ago(60), **dates))

    assert decision.routed_to == person("sdr-1")
    assert decision.route is (Route.ASSIGN_AE if stale else Route.FYI_OWNER)
    assert town.alerts() == [(KEY, AlertKind.HOT_PQL if stale else AlertKind.FYI)]
    assert decision.reason.startswith("stale opportunity") is stale


@pytest.mark.parametrize(
    ("facts", "superseded"),
    [
        pytest.param((fact(SQL, at=ago(9)),), True, id="active"),
        pytest.param((fact(SQL, at=ago(9)), fact(DISQUALIFIED, at=ago(2))), False, id="disqualified"),
        pytest.param((fact(SQL, at=ago(9)), fact(LOST, at=ago(2), record_id="006")), False, id="lost-since"),
        pytest.param((fact(SQL, at=ago(2)), fact(LOST, at=ago(9), record_id="006")), True, id="lost-before"),
        pytest.param((fact(LOST, at=ago(2)),), False, id="lost-alone"),
    ],
)
def test_only_an_active_sql_supersedes(town: Town, facts: tuple[CrmFact, ...], superseded: bool) -> None:
    """Not one that was disqualified, and none that came to a lost deal (K21)."""
    assert (decided(town, *facts).route is Route.FYI_OWNER) is superseded


def test_any_sql_supersedes_where_the_policy_says_so(town: Town) -> None:
    """sql_supersedes = "any": the literal rule, years later too."""
    files = documents()
    files["crm_state"]["policy"]["sql_supersedes"] = "any"
    town.definitions = definitions.build(files, DECLARED)

    assert decided(town, fact(SQL, at=ago(900)), fact(LOST, at=ago(800), record_id="006")).route is Route.FYI_OWNER


@pytest.mark.parametrize(
    ("facts", "to"),
    [
        pytest.param((fact(OWNER, owner="ae-2"),), person("ae-2"), id="account-owner"),
        pytest.param((), FALLBACK, id="fallback"),
        pytest.param((fact(OWNER, owner="ae-2", active=False),), FALLBACK, id="account-owner-gone-too"),
        pytest.param((fact(OWNER, owner="revops-1"),), FALLBACK, id="account-owner-stands-for-nobody"),
    ],
)
def test_an_inactive_sql_owner(town: Town, facts: tuple[CrmFact, ...], to: str) -> None:
    """The account's owner is told, else the fallback, and it is flagged (D3)."""
    decision = decided(town, fact(SQL, owner="former-ae", active=False), *facts)

    assert (decision.route, decision.routed_to) == (Route.FYI_OWNER, to)
    assert "sql_owner_inactive" in decision.flags


# --- two CRMs (D4) ---------------------------------------------------------------------------------


def test_an_sql_in_hubspot_alone_supersedes(town: Town) -> None:
    """Supersession is the union of both."""
    decision = decided(town, fact(SQL, HUBSPOT, owner="sdr-2"), fact(OWNER, SALESFORCE, owner="ae-1"))

    assert (decision.route, decision.routed_to) == (Route.FYI_OWNER, person("sdr-2"))
    assert "crm_stage_conflict" not in decision.flags


def test_an_owner_in_salesforce_alone_is_the_owner(town: Town) -> None:
    """HubSpot has none: the enterprise AE who owns the Salesforce account gets it."""
    decision = decided(town, fact(OWNER, SALESFORCE, owner="enterprise-ae-2"))

    assert decision.routed_to == person("enterprise-ae-2")
    assert "crm_owner_conflict" not in decision.flags


@pytest.mark.parametrize(("of_record", "to"), [(None, "enterprise-ae-1"), ("hubspot", "enterprise-ae-2")])
def test_different_owners_are_a_conflict(town: Town, of_record: str | None, to: str) -> None:
    """The owner in the CRM of record is routed to, the account's own word for it beats the file's, and it is listed."""
    decision = decided(
        town,
        fact(OWNER, SALESFORCE, owner="enterprise-ae-1"),
        fact(OWNER, HUBSPOT, owner="enterprise-ae-2"),
        crm_of_record=of_record,
    )

    assert decision.routed_to == person(to)
    assert "crm_owner_conflict" in decision.flags


@pytest.mark.parametrize(("of_record", "to"), [("salesforce", "sdr-1"), ("hubspot", "sdr-2")])
def test_different_stages_are_a_conflict(town: Town, of_record: str, to: str) -> None:
    """An SQL here, an open deal there: one decision, the stage's owner in the CRM of record."""
    decision = decided(
        town,
        fact(OPEN, SALESFORCE, owner="sdr-1", at=ago(3), touched=ago(1)),
        fact(SQL, SALESFORCE, owner="sdr-1", at=ago(9)),
        fact(OPEN, HUBSPOT, owner="sdr-2", at=ago(3), touched=ago(1)),
        crm_of_record=of_record,
    )

    assert decision.routed_to == person(to)
    apart = decided(town, fact(SQL, SALESFORCE), fact(OPEN, HUBSPOT, at=ago(3), touched=ago(1)), score=93)
    assert "crm_stage_conflict" in apart.flags


def test_one_decision_and_one_alert_for_both_crms(town: Town) -> None:
    """Never one per CRM."""
    town.accounts("other")
    town.sync()
    decided(town, fact(SQL, SALESFORCE, owner="sdr-1"), fact(SQL, HUBSPOT, owner="sdr-1"))

    assert town.alerts() == [(KEY, AlertKind.FYI)]


# --- no record (D6) --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "to"),
    [
        pytest.param({"employees": 400}, ENTERPRISE_AES, id="enterprise-ae"),
        pytest.param({"score": 60, "employees": 120}, SDRS, id="sdr"),
        pytest.param({"employees": None}, UNKNOWN_SIZE_AES, id="size-unknown"),
    ],
)
def test_no_record_is_not_ambiguous(town: Town, columns: dict[str, Any], to: set[str]) -> None:
    """It goes by segment to territory or pool, and says that it is in no CRM."""
    decision = decided(town, records=(), **columns)

    assert decision.routed_to in to
    assert "not_in_crm" in decision.flags


def test_an_alert_without_a_record_says_so(town: Town) -> None:
    """Whoever gets it knows that there is nothing to look up."""
    town.accounts("other")
    town.sync()
    decided(town, records=())
    (told,) = (one.payload for one in town.facts() if one.kind == "alert_wanted")

    assert "not_in_crm" in told["flags"]


@pytest.mark.parametrize("records", [(SALESFORCE,), (HUBSPOT,)])
def test_a_record_in_one_crm_is_enough(town: Town, records: tuple[str, ...]) -> None:
    """An account that only one CRM knows is in the CRM."""
    assert "not_in_crm" not in decided(town, records=records).flags


def test_two_candidates_are_held(town: Town) -> None:
    """Never guessed, and the record is not written."""
    ambiguous(town)
    assert decided(town, records=()).route is Route.HOLD
    assert town.memory(KEY).code == "AMBIGUOUS"


# --- nulls (D11) -----------------------------------------------------------------------------------

READ = sorted({name for rule in shipped().book for name in (*rule.when.reads, *rule.when.names)} & set(DECLARED))
ACCOUNTS: dict[str, dict[str, Any]] = {
    "hot": {},
    "hot-small-potential": {"employees": 12, "potential_acv": 9_000},
    "warm": {"score": 60, "employees": 120},
    "warm-enterprise": {"score": 60, "employees": 800},
    "watching-enterprise": {"score": 45, "employees": 800},
    "paid": {"self_serve_paid_at": ago(9)},
    "seats": {"closed_won_at": ago(90), "seats_purchased": 20, "seats_used": 19},
    "limit": {"closed_won_at": ago(90), "signals": days("limit_near", 1, 2, 3)},
}
UNDECIDED: dict[str, set[str]] = {  # accounts that lose what they were assigned for
    "score": {"hot", "hot-small-potential", "warm", "warm-enterprise", "watching-enterprise", "paid"},
    "activated_at": {"hot", "hot-small-potential", "warm", "warm-enterprise", "watching-enterprise", "paid"},
    "potential_acv": {"hot-small-potential"},
    "pql_at": {"watching-enterprise"},
    "seats_purchased": {"seats"},
    "seats_used": {"seats"},
}


def assigned(decision: Decision) -> bool:
    return decision.route in ASSIGNED


def test_the_columns_the_shipped_rules_read() -> None:
    """All of them are asked about below; one more in the rules is one more here."""
    assert set(READ) == {
        *("employees", "potential_acv", "score", "self_serve_paid_at"),
    }


@pytest.mark.parametrize("kind", ACCOUNTS)
def test_each_of_these_is_assigned(town: Town, kind: str) -> None:
    """As long as nothing is null."""
    assert assigned(decided(town, **ACCOUNTS[kind]))


@pytest.mark.parametrize("kind", ACCOUNTS)
@pytest.mark.parametrize("column", [*READ, *(name for name in UNDECIDED if name not in READ)])
def test_a_null_assigns_nobody_it_does_not_decide(town: Town, column: str, kind: str) -> None:
    """A rule that reads a null is passed over: whoever is assigned all the same is so by a rule that reads none."""
    decision = decided(town, **{**ACCOUNTS[kind], column: None})
    looked_at = {name: value for name, value in decision.evidence.items() if not name.startswith("crm.")}

    if kind in UNDECIDED.get(column, set()):
        assert not assigned(decision)
    if assigned(decision):
        rule = next(one for one in shipped().book if one.id == decision.rule)
        assert None not in {looked_at.get(name) for name in rule.when.reads if not name.startswith("crm.")}


@pytest.mark.parametrize(
    ("score", "to"),
    [(92, UNKNOWN_SIZE_AES), (60, SDRS), (45, {None}), (10, {None})],
    ids=["hot", "warm", "watching", "none"],
)
def test_an_unknown_size_is_a_row_of_the_matrix(town: Town, score: int, to: set[str | None]) -> None:
    """Hot to the AE pool "size unknown", Warm to an SDR, the rest to nobody; it is flagged."""
    decision = decided(town, score=score, employees=None)

    assert decision.routed_to in to
    assert decision.segment == "unknown_size"
    assert "unknown_size" in decision.flags


@pytest.mark.parametrize("column", sorted(name for name in DECLARED if name not in ("key", "crm_of_record")))
def test_any_null_column_leaves_one_decision(town: Town, column: str) -> None:
    """Whatever is null, a Warm account of 120 employees is decided, with a reason, and no AE is sent after it."""
    columns: dict[str, Any] = {"score": 60, "employees": 120, column: None}
    decision = decided(town, **columns)

    assert decision.reason
    assert decision.route in {Route.ASSIGN_SDR, Route.NURTURE, Route.NONE}


def test_signals_are_never_null(town: Town) -> None:
    """No signal at all is a fact, not a null: rules about signals are decided."""
    assert decided(town, score=85, employees=12, signals=()).rule == "small-hot"
