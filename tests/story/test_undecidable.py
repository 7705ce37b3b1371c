"""Values of one account that break a rule, or cannot be weighed at all, hold that account; the run goes on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from connector.model import Decision, OutcomeKind, Route, WarehouseValue
from connector.rules import definitions
from connector.rules.definitions import Definitions
from tests.story.house import SALESFORCE, Town
from tests.unit.rules.shipped import DECLARED, documents

END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
BEYOND = END.replace(tzinfo=timezone(timedelta(hours=-12)))
BEFORE = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))


def ruled(when: str, **more: Any) -> Definitions:
    """The shipped rules, with one before them."""
    files = documents()
    rule = {"id": "fragile", "when": when, "route": "none", "because": "odd", **more}
    files["rules"]["rule"].insert(2, rule)
    return definitions.build(files, DECLARED)


def decided(town: Town, key: str) -> Decision:
    return town.ledger.decisions([key])[key]


@pytest.mark.parametrize(
    ("when", "values"),
    [
        pytest.param('pql_at + t"P30D" > today + t"P900D"', {"pql_at": END}, id="after-the-calendar"),
        pytest.param('signup_at - t"P30D" > today', {"signup_at": datetime(1, 1, 2, tzinfo=UTC)}, id="before-it"),
    ],
)
def test_a_rule_that_fails_holds_its_account_alone(town: Town, when: str, values: dict[str, WarehouseValue]) -> None:
    """The reason names the rule and the error, nobody is assigned or alerted, and neighbours are decided as ever."""
    town.accounts("acme", "beta", "zeta")
    town.settled()
    town.later(hours=1)
    town.definitions = ruled(when)
    for key in ("acme", "beta", "zeta"):
        town.product(key, score=92, **(values if key == "beta" else {}))  # type: ignore[arg-type]  # column names
    run = town.sync()
    held = decided(town, "beta")

    assert (held.route, held.rule, held.routed_to) == (Route.HOLD, "fragile", None)
    assert held.reason == "held: rule fragile failed: OverflowError: date value out of range"
    assert {decided(town, key).rule for key in ("acme", "zeta")} == {"hot-enterprise-size"}
    assert [account for account, _ in town.alerts()] == ["acme", "zeta"]
    assert run.rejects == 0
    assert run.tallies[SALESFORCE].outcomes[OutcomeKind.UPDATED] == 3
    assert town.holds("beta", "reason") == held.reason


def test_a_rule_before_the_one_that_fails_still_decides(town: Town) -> None:
    """A listed domain is excluded, whatever a later rule would make of its dates."""
    town.definitions = ruled('pql_at + t"P30D" > today')
    town.product("acme", domain="rival.example", pql_at=END)
    town.record("acme")
    town.sync()

    assert decided(town, "acme").rule == "excluded-domain"


@pytest.mark.parametrize("column", ["pql_at", "signup_at", "activated_at", "closed_won_at", "scored_at"])
@pytest.mark.parametrize("moment", [BEYOND, BEFORE], ids=["after", "before"])
def test_a_moment_that_no_utc_date_can_tell_holds_its_account(town: Town, column: str, moment: datetime) -> None:
    """Whether or not a rule reads it: an alert, a stage or a reason would have to tell it."""
    town.accounts("acme", "beta")
    town.settled()
    for key in ("acme", "beta"):
        town.product(key, score=92)
    town.product("beta", **{"score": 92, column: moment})  # type: ignore[arg-type]  # column names
    run = town.sync()
    held = decided(town, "beta")

    assert (held.route, held.rule, held.routed_to) == (Route.HOLD, "undecidable", None)
    assert f"{column} {moment.isoformat()} is outside the calendar in UTC" in held.reason
    assert decided(town, "acme").rule == "hot-enterprise-size"
    assert [account for account, _ in town.alerts()] == ["acme"]
    assert run.tallies[SALESFORCE].outcomes[OutcomeKind.UPDATED] == 2


@pytest.mark.parametrize("score", [10**400, Decimal("sNaN"), Decimal("Infinity"), float("nan")])
def test_a_number_beyond_belief_assigns_nobody(town: Town, score: object) -> None:
    """It is held, or no score at all; and the account beside it is decided."""
    town.accounts("acme")
    town.product("beta", score=score)  # type: ignore[arg-type]  # that is the point
    town.record("beta")
    town.sync()

    assert decided(town, "beta").route in {Route.HOLD, Route.NONE}
    assert decided(town, "acme").rule == "warm-mid-market"


def test_cured_it_is_decided(town: Town) -> None:
    """Once the warehouse has a date again, the account is decided and its people alerted."""
    town.accounts("acme")
    town.settled()
    town.product("acme", score=92, pql_at=BEYOND)
    town.sync()
    assert decided(town, "acme").route is Route.HOLD

    town.later(hours=1)
    town.product("acme", score=92)
    town.sync()
    assert decided(town, "acme").route is Route.ASSIGN_AE
    assert [account for account, _ in town.alerts()] == ["acme"]


def test_explaining_names_the_rule_that_failed(town: Town) -> None:
    """The trace ends with it, undecided, with the error; so it does where nothing could be weighed."""
    town.definitions = ruled('pql_at + t"P30D" > today')
    town.product("acme", score=92, pql_at=END)
    town.record("acme")
    town.sync()
    last = town.explain("acme").rules[-1]
    assert (last.rule, last.matched) == ("fragile", None)
    assert "OverflowError" in last.why

    town.product("beta", pql_at=BEYOND)
    town.record("beta")
    town.sync()
    (only,) = town.explain("beta").rules
    assert (only.rule, only.matched) == ("undecidable", None)
