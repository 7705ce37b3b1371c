"""A null decides nothing (D11): undecided rules are passed over, and those that guard the rest hold the account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.model import ColumnType, Match, Route
from connector.rules import definitions
from connector.rules.expression import compile_condition
from connector.rules.language import Language, Situation
from connector.rules.names import DERIVED, Value
from tests.unit.rules.shipped import DECLARED, IN_CRM, account, ago, decided, documents, shipped, signal

NAMES = {"flag": ColumnType.BOOLEAN, "size": ColumnType.INTEGER, "word": ColumnType.TEXT, "many": ColumnType.LIST}
KNOWN: dict[str, Value] = {"flag": True, "size": Decimal(5), "word": "hot", "many": ("a",)}
LANGUAGE = Language(NAMES, {})
SAMPLES: dict[ColumnType, Value] = {
    ColumnType.TEXT: "hot",
    ColumnType.INTEGER: Decimal(60),
    ColumnType.DECIMAL: Decimal(90),
    ColumnType.BOOLEAN: True,
    ColumnType.DATETIME: ago(1),
    ColumnType.LIST: ("limit_hit",),
}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("flag", "flag"),
        ("not flag", "flag"),
        ("size > 3", "size"),
        ("size == 3", "size"),
        ("size != 3", "size"),
        ("word in ['hot']", "word"),
        ("'a' in many", "many"),
        ("word =~ 'h.t'", "word"),
        ("size + 1 > 3", "size"),
        ("true or flag", "flag"),
        ("size > 3 or flag", "flag"),
        ("flag == null or flag", "flag"),
    ],
)
def test_reading_a_null_is_undecided(text: str, name: str) -> None:
    """Whatever reads a null is neither true nor false, booleans and short-circuits included."""
    condition = compile_condition(text, LANGUAGE)

    assert condition.holds(Situation(KNOWN)) is not None
    assert condition.holds(Situation({**KNOWN, name: None})) is None
    assert condition.unknown(Situation({**KNOWN, name: None})) == [name]


@pytest.mark.parametrize("name", NAMES)
def test_asking_whether_it_is_null_is_decided(name: str) -> None:
    """`== null` and `!= null` are answers about a null, from either side."""
    empty = Situation({**KNOWN, name: None})

    assert compile_condition(f"{name} == null", LANGUAGE).holds(empty) is True
    assert compile_condition(f"null != {name}", LANGUAGE).holds(empty) is False
    assert compile_condition(f"{name} != null", LANGUAGE).holds(Situation(KNOWN)) is True


@pytest.mark.parametrize(("rule_id", "name"), [(rule.id, name) for rule in shipped().book for name in rule.when.reads])
def test_every_null_of_every_shipped_rule(rule_id: str, name: str) -> None:
    """No shipped rule answers while one of the names it reads is null."""
    condition = next(rule.when for rule in shipped().book if rule.id == rule_id)
    full = {name: SAMPLES[kind] for name, kind in {**shipped().columns, **DERIVED}.items()}

    assert condition.holds(Situation(full)) is not None
    assert condition.holds(Situation({**full, name: None})) is None


def test_unknown_crm_holds_at_the_superseding_rule() -> None:
    """A CRM that could not be read holds the account and says what is missing."""
    decision = decided(account(), known=False)

    assert (decision.route, decision.rule) == (Route.HOLD, "sql-supersedes-pql")
    assert decision.reason == "held: crm.open_opportunity, crm.sql_active not known"
    assert (decision.crm_known, decision.routed_to, decision.crm_stage) == (False, None, None)


def test_unknown_identity_holds() -> None:
    """Without any word from a CRM nobody knows who the account is."""
    nobody: dict[str, Match] = {}

    assert decided(account(), known=False, matches=nobody).rule == "ambiguous-identity"


def test_excluded_needs_no_crm() -> None:
    """An excluded domain is excluded whatever the CRM would say."""
    assert decided(account(domain="rival.example"), known=False).rule == "excluded-domain"


def test_no_rule_file_assigns_under_an_unknown_crm() -> None:
    """Even rules that never ask the CRM cannot assign anyone while it is unknown."""
    files = documents()
    files["rules"]["rule"] = [
        {"id": "all", "when": "tier == 'hot'", "route": "assign_ae", "because": "Hot", "to": ["pool:ae"]}
    ]
    careless = definitions.build(files, DECLARED)

    assert decided(account(), by=careless).route is Route.ASSIGN_AE
    held = decided(account(), known=False, by=careless)
    assert (held.route, held.rule, held.routed_to) == (Route.HOLD, "crm-unknown", None)


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("score", "no-score"),
        ("employees", "hot-unknown-size"),
        ("domain", "hot-enterprise-size"),
        ("activated_at", "not-activated"),
        ("pql_at", "hot-enterprise-size"),
        ("country", "hot-enterprise-size"),
        ("active_users", "hot-enterprise-size"),
        ("scored_at", "hot-enterprise-size"),
    ],
)
def test_null_columns(column: str, rule: str) -> None:
    """What becomes of a Hot account of 400 employees when one column is null."""
    assert decided(account(**{column: None})).rule == rule


@pytest.mark.parametrize("value", ["many", float("nan"), float("inf"), True])
def test_a_value_of_the_wrong_type_is_a_null(value: object) -> None:
    """A value its column does not promise cannot be told, and breaks nothing."""
    assert decided(account(employees=value)).segment == "unknown_size"  # type: ignore[arg-type]  # that is the point


def test_undeclared_stages_cannot_be_told() -> None:
    """Where the warehouse has no PQL date, a PQL is activated and Hot (D1)."""
    bare = definitions.build(documents(), {name: kind for name, kind in DECLARED.items() if name != "pql_at"})
    watching = account(score=45, employees=800, pql_at=None)

    assert decided(watching, by=bare).rule == "watching"
    assert decided(account(pql_at=None), by=bare).rule == "hot-enterprise-size"
    assert "hot_without_pql" not in decided(account(pql_at=None), by=bare).flags
    assert "hot_without_pql" in decided(account(pql_at=None)).flags


def test_hold_keeps_what_is_known() -> None:
    """A held account still has its tier, its sentence and its signals."""
    decision = decided(account(signal("limit_hit", 3), activated_at=ago(9)), known=False, matches=IN_CRM)

    assert (decision.tier, decision.top_signals) == ("hot", ("limit_hit",))
    assert decision.why_now == "This account has 8 active users and hit the usage limit 3 days ago."
