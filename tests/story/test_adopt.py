"""Held edits, accepted (D20): the person's value is the base, and stays until the warehouse value changes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connector.adopt import Adoption, adopt
from connector.errors import ConfigError, TransientError
from connector.model import Canonical, Outcome, Write
from tests.story.house import HUBSPOT, SALESFORCE, Town, named

MOTION = named(SALESFORCE, "motion")


def adopted(town: Town, *keys: str, mapping: str | None = None) -> list[tuple[str, Adoption, dict[str, Canonical]]]:
    """What `plsync adopt` does: the given accounts, or all."""
    found = adopt(town.house(), keys or None, mapping, lambda: town.now)
    return [(one.account, one.became, dict(one.fields)) for one in found]


def edited(town: Town, value: Canonical = "partner") -> Town:
    """An account whose motion a person changed, held against a newer one of the warehouse."""
    town.accounts("acme")
    town.settled()
    town.edit("acme", motion=value)
    town.product("acme", motion="sales_led")
    town.sync()
    town.forget_calls()
    return town


@pytest.mark.parametrize("value", ["partner", None])
def test_adopted_value_stays_until_the_warehouse_changes_it(town: Town, value: Canonical) -> None:
    """Other fields may change as they like; the adopted one is written again when its own value moves."""
    edited(town, value)
    assert adopted(town, "acme") == [("acme", Adoption.ADOPTED, {MOTION: value})]
    assert town.sent() == []

    for score in (61, 62):
        town.product("acme", motion="sales_led", score=score)
        town.sync()
        assert (town.holds("acme", "motion"), town.holds("acme", "score")) == (value, score)
    assert town.memory("acme").code is None

    town.product("acme", motion="hybrid", score=62)
    town.sync()
    assert town.holds("acme", "motion") == "hybrid"
    assert town.memory("acme").overruled == {}


def test_adopting_makes_nothing_due(town: Town) -> None:
    """After adoption an unchanged warehouse still costs no call."""
    edited(town)
    adopted(town)
    town.forget_calls()
    assert town.sync().planned == 0
    assert town.calls() == 0


def test_later_edit_is_held_again(town: Town) -> None:
    """A person who changes the adopted value has edited anew."""
    edited(town)
    adopted(town)
    town.edit("acme", motion="reseller")
    town.product("acme", motion="hybrid")
    town.sync()
    assert town.holds("acme", "motion") == "reseller"
    assert town.memory("acme").code == "EDITED"


def test_value_from_before_first_contact_is_adopted(town: Town) -> None:
    """What stood in a field before plsync came may become the base, too."""
    town.product("acme")
    town.record("acme", motion="partner")
    town.settled()
    assert [became for _, became, _ in adopted(town)] == [Adoption.ADOPTED, Adoption.ADOPTED]
    town.product("acme", motion="hybrid")
    town.sync()
    assert town.holds("acme", "motion") == town.holds("acme", "motion", HUBSPOT) == "hybrid"


def test_one_mapping_alone(town: Town) -> None:
    """With a mapping named, the other CRM's edits stay held."""
    town.product("acme")
    town.record("acme", motion="partner")
    town.settled()
    adopted(town, mapping=HUBSPOT)
    assert (town.memory("acme").code, town.memory("acme", HUBSPOT).code) == ("EDITED", "ADOPTED")


def test_edit_taken_back_is_nothing_to_adopt(town: Town) -> None:
    """A person who put our value back needs no adoption."""
    edited(town)
    town.edit("acme", motion="plg")
    assert adopted(town) == [("acme", Adoption.NOTHING, {})]


def test_record_that_is_gone_is_named(town: Town) -> None:
    """A record deleted meanwhile has nothing to adopt."""
    edited(town)
    town.crms[SALESFORCE].delete("Account", "salesforce-acme")
    assert adopted(town) == [("acme", Adoption.GONE, {})]


def test_send_in_doubt_is_settled_first(town: Town) -> None:
    """While nobody knows what the CRM took of ours, nothing in it is called a person's."""
    edited(town)
    crm = town.crms[SALESFORCE]
    send = crm.send

    def dies(object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        raise KeyboardInterrupt

    crm.send = dies  # type: ignore[method-assign]  # the process is killed while it sends
    town.product("acme", motion="sales_led", score=61)
    with pytest.raises(KeyboardInterrupt):
        town.sync()
    crm.send = send  # type: ignore[method-assign]  # back
    assert adopted(town) == [("acme", Adoption.UNSETTLED, {})]
    town.sync()
    assert adopted(town) == [("acme", Adoption.ADOPTED, {MOTION: "partner"})]


def test_account_without_an_edit_is_refused(town: Town) -> None:
    """Adopting needs an edit to adopt; with none anywhere there is nothing to do."""
    town.accounts("acme")
    town.settled()
    with pytest.raises(ConfigError, match='account "acme" has no held edit'):
        adopted(town, "acme")
    assert adopted(town) == []


def test_adoption_is_a_run_with_audit(town: Town) -> None:
    """What was accepted, and when, is in the account's history."""
    edited(town)
    adopted(town)
    newest = town.audit("acme")[0]
    assert (town.run().lane, newest.code, newest.message) == ("adopt", "ADOPTED", f"{MOTION}: partner")


def test_crm_that_is_away_changes_nothing(town: Town) -> None:
    """Adopting reads the CRM; when that fails nothing is remembered."""
    edited(town)
    before = town.memory("acme")
    house = town.house()
    town.crms[SALESFORCE].fail(*[TransientError("away")] * 10)
    with pytest.raises(TransientError):
        adopt(house, None, None, lambda: town.now)
    assert town.memory("acme") == before
