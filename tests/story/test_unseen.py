"""A Hot PQL while a CRM does not answer: held, told of in time, assigned to nobody unseen (D11, D27, D37)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.errors import AccessError, TransientError
from connector.model import AlertKind, FactKind, Route
from tests.story.house import HUBSPOT, SALESFORCE, Town


@pytest.fixture
def hot(town: Town) -> Town:
    """Three Warm accounts delivered; then acme turned Hot, and Salesforce stopped answering."""
    town.accounts("acme", "beta", "gamma")
    town.settled()
    town.later(minutes=10)
    town.product("acme", score=92, employees=200)
    town.product("beta", score=61)
    return town


def silent(town: Town, crm: str = SALESFORCE) -> None:
    """A run of the full lane that a CRM does not answer."""
    town.crms[crm].fail(*[TransientError("no answer")] * 5)
    with pytest.raises(TransientError):
        town.sync()
    town.crms[crm].failures.clear()


def decided(town: Town, key: str = "acme") -> Route:
    return town.ledger.decisions([key])[key].route


@pytest.mark.parametrize("crm", [SALESFORCE, HUBSPOT])
def test_a_hot_account_is_held_at_first(hot: Town, crm: str) -> None:
    """One CRM that cannot be read is enough: nobody is assigned or alerted, and everything stays due (D4, D11)."""
    silent(hot, crm)

    assert decided(hot) is Route.HOLD
    assert hot.alerts() == []
    assert decided(hot, "beta") is not Route.HOLD
    assert hot.sync().planned == 2
    assert decided(hot) is Route.ASSIGN_AE


def test_after_a_quarter_of_an_hour_it_is_told_of(hot: Town) -> None:
    """The alert goes out marked and without an owner, once, however often the lane finds the CRM silent (D37)."""
    for _ in range(4):
        silent(hot)
        hot.later(minutes=5)

    assert hot.alerts() == [("acme", AlertKind.HOT_PQL)]
    (alert,) = hot.facts()
    assert (alert.payload["routed_to"], alert.payload["crm"]["known"]) == (None, False)
    assert "CRM state unknown" in alert.payload["flags"]
    assert decided(hot) is Route.HOLD


def test_once_the_crm_answers_the_alert_gets_its_owner(hot: Town) -> None:
    """No second alert: the one that went out is given to whom the account goes, and the field is delivered."""
    for _ in range(4):
        silent(hot)
        hot.later(minutes=5)
    hot.sync()

    assert [fact.kind for fact in hot.facts()] == ["alert_wanted", "owner_changed"]
    wanted, changed = (fact.payload for fact in hot.facts())
    assert changed["episode"] == wanted["episode"]
    assert changed["owner"] == hot.ledger.decisions(["acme"])["acme"].routed_to
    assert hot.holds("acme", "score") == 92
    hot.forget_calls()
    assert (hot.sync().planned, hot.calls()) == (0, 0)


def test_within_the_quarter_of_an_hour_nothing_was_late(hot: Town) -> None:
    """A CRM that answers again in time leaves one alert with its owner, as if nothing had been."""
    silent(hot)
    hot.later(minutes=5)
    hot.sync()

    assert hot.alerts() == [("acme", AlertKind.HOT_PQL)]
    (alert,) = hot.facts()
    assert "CRM state unknown" not in alert.payload["flags"]
    assert alert.payload["routed_to"] == hot.ledger.decisions(["acme"])["acme"].routed_to


def test_an_account_that_turns_out_to_be_an_sqls_is_not_assigned(hot: Town) -> None:
    """What went out without an owner is the SQL owner's FYI once the CRM says so."""
    for _ in range(4):
        silent(hot)
        hot.later(minutes=5)
    hot.tell("acme", FactKind.OPEN_OPPORTUNITY, "006-1")
    hot.sync()

    assert decided(hot) is Route.FYI_OWNER
    assert hot.alerts()[-1] == ("acme", AlertKind.FYI)


def test_with_hold_it_waits_for_the_crm(hot: Town) -> None:
    """`alert_without_crm = "hold"`: nothing goes out before the CRM was read."""
    hot.definitions = replace(hot.definitions, alerts=replace(hot.definitions.alerts, alert_without_crm="hold"))
    for _ in range(4):
        silent(hot)
        hot.later(minutes=5)
    assert hot.alerts() == []

    hot.sync()
    assert hot.alerts() == [("acme", AlertKind.HOT_PQL)]


def test_who_would_be_nobodys_without_a_crm_is_not_told_of(hot: Town) -> None:
    """An account that was not activated is not for sales, whatever the CRM says (D19)."""
    hot.product("acme", score=92, employees=200, activated_at=None)
    for _ in range(4):
        silent(hot)
        hot.later(minutes=5)

    assert hot.alerts() == []


def test_the_first_run_alerts_nobody_unseen(town: Town) -> None:
    """Before the baseline nobody is told of anything, with or without a CRM (D18)."""
    town.accounts("acme")
    town.product("acme", score=92, employees=200)
    for _ in range(4):
        silent(town)
        town.later(minutes=5)

    assert town.facts() == []


def test_a_crm_that_refuses_us_is_silent_too(hot: Town) -> None:
    """Lost access ends the run for good, and the account that cannot wait is held and told of all the same."""
    for _ in range(4):
        hot.crms[SALESFORCE].fail(AccessError("the token was revoked"))
        with pytest.raises(AccessError):
            hot.sync()
        hot.crms[SALESFORCE].failures.clear()
        hot.later(minutes=5)

    assert hot.alerts() == [("acme", AlertKind.HOT_PQL)]
