"""Customers that grow: which signal opens an alert of expansion, which is told under it, and to whom (D15)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from connector.model import Signal
from connector.store import alerts, facts
from tests.story.house import Town
from tests.unit.rules.shipped import ago

SEATS = {"seats_purchased": 100}


def moved(town: Town, signals: Sequence[Signal] = (), **values: object) -> None:
    """The warehouse says this of a customer an hour later, and a sync follows."""
    town.later(hours=1)
    usual: dict[str, object] = {"closed_won_at": ago(90), "score": 60, "scored_at": town.now, **SEATS, "seats_used": 10}
    town.product("acme", signals=signals, **{**usual, **values})  # type: ignore[arg-type]  # columns of all types
    town.sync()


def told(town: Town) -> list[tuple[str, object]]:
    """Kind and trigger of every fact so far."""
    return [(fact.kind, fact.payload["trigger"]) for fact in town.facts()]


@pytest.fixture
def customer(town: Town) -> Town:
    """A customer who does not grow, known and delivered."""
    town.record("acme")
    moved(town)
    assert told(town) == []
    return town


def premium(town: Town) -> list[Signal]:
    return [Signal("premium_attempt", town.now - timedelta(days=day)) for day in (1, 2)]


def test_seats_open_one_alert_of_expansion(customer: Town) -> None:
    """At 80 %, once; it goes to the account owner, else to the CSM, and not to the AEs' alerts."""
    for used in (79, 80, 81, 82):
        moved(customer, seats_used=used)

    assert told(customer) == [("alert_wanted", "customer-seats")]
    (fact,) = customer.facts()
    assert (fact.payload["kind"], fact.payload["routed_to"]) == ("expansion", "csm-1@workspace.example")
    assert fact.payload["reason"] == "customer with 80 of 100 seats in use"


def test_ninety_per_cent_is_urgent_under_the_same_alert(customer: Town) -> None:
    """It is told once where the alert is; of who begins there the alert says so itself."""
    for used in (85, 90, 95):
        moved(customer, seats_used=used)

    assert told(customer) == [("alert_wanted", "customer-seats"), ("signal_seen", "customer-seats-urgent")]
    assert customer.facts()[1].payload["signal"]["text"] == "Customer with 90 of 100 seats in use: urgent"


def test_urgent_from_the_start(customer: Town) -> None:
    """Nothing is told twice."""
    for used in (95, 96):
        moved(customer, seats_used=used)
    assert told(customer) == [("alert_wanted", "customer-seats-urgent")]
    assert "urgent" in customer.facts()[0].payload["flags"]


@pytest.mark.parametrize(
    ("kinds", "trigger"),
    [
        (("limit_near", "limit_hit", "limit_near"), "customer-limit"),
        (("premium_attempt", "premium_attempt"), "customer-premium"),
        (("cross_product",), "customer-cross-product"),
    ],
)
def test_each_signal_opens_one(customer: Town, kinds: Sequence[str], trigger: str) -> None:
    """The limit on three days of a week, premium features tried twice in a week, another product tried."""
    signals = [Signal(kind, customer.now - timedelta(days=number)) for number, kind in enumerate(kinds)]
    for score in (60, 61):
        moved(customer, signals, score=score)
    assert told(customer) == [("alert_wanted", trigger)]


def test_each_signal_has_a_cooldown_of_its_own(customer: Town) -> None:
    """Done with the first alert: the same signal rests for fourteen days, another opens at once."""
    moved(customer, seats_used=80)
    with customer.store.write() as conn:
        (fact,) = facts.untaken(conn, 9)
        facts.take(conn, fact.id, customer.now)
        alerts.open_alert(
            conn, account_key="acme", kind="expansion", episode=fact.payload["episode"], raised_at=fact.at,
            occurred_at=fact.at, owner_email=None, payload=fact.payload, state="closed",
        )  # fmt: skip
    moved(customer, seats_used=70)
    moved(customer, seats_used=80)
    assert told(customer) == []

    moved(customer, premium(customer), seats_used=80)
    assert told(customer) == [("alert_wanted", "customer-premium")]
    customer.later(days=14)
    moved(customer, seats_used=70)
    moved(customer, seats_used=80)
    assert told(customer)[1:] == [("alert_wanted", "customer-seats")]


def test_who_grew_before_plsync_came_is_no_news(town: Town) -> None:
    """The first run opens nothing for customers (D18)."""
    town.record("acme")
    moved(town, seats_used=85)
    moved(town, seats_used=86)
    assert town.facts() == []
