"""A person's edit against ours, over several runs (invariants 5 and 7; D19, D20)."""

from __future__ import annotations

from connector.destinations.memory import Refusal
from connector.model import OutcomeKind
from tests.story.house import HUBSPOT, SALESFORCE, Town, named

MOTION = named(SALESFORCE, "motion")
EDITED = "edited in the CRM by AE 1, and the CRM wins if edited"


def edited(town: Town) -> Town:
    """A person has called the account something else than we did, and the warehouse has moved on."""
    town.accounts("acme")
    town.settled()
    town.edit("acme", motion="partner")
    town.product("acme", motion="sales_led")
    return town


def test_edit_is_held_and_listed(town: Town) -> None:
    """What a person typed stays, and the record is listed as held with the field and the reason."""
    run = edited(town).sync()
    memory, audited = town.memory("acme"), town.audit("acme")

    assert town.holds("acme", "motion") == "partner"
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.HELD: 1}
    assert (memory.code, memory.message) == ("EDITED", f"{MOTION}: {EDITED}")
    assert ("held", "EDITED") in {(row.outcome, row.code) for row in audited}
    assert run.rejects == 0


def test_edit_in_one_crm_is_that_crms(town: Town) -> None:
    """The other CRM, where nobody typed, follows the warehouse."""
    edited(town).sync()

    assert town.holds("acme", "motion", HUBSPOT) == "sales_led"


def test_held_edit_costs_no_further_call(town: Town) -> None:
    """A held field is not asked for again until something moves."""
    edited(town).sync()
    town.forget_calls()
    town.sync()

    assert town.calls() == 0


def test_edit_stays_held_whatever_the_warehouse_says(town: Town) -> None:
    """Each further change meets the same edit, and loses."""
    edited(town).sync()
    for motion in ("hybrid", "plg", None):
        town.product("acme", motion=motion)
        town.sync()
        assert town.holds("acme", "motion") == "partner"


def test_reverted_edit_heals(town: Town) -> None:
    """A person who puts our value back gives us the field back."""
    edited(town).sync()
    town.edit("acme", motion="plg")
    town.product("acme", motion="hybrid")
    town.sync()

    assert town.holds("acme", "motion") == "hybrid"


def test_cleared_field_stays_cleared(town: Town) -> None:
    """A person who empties the field has edited it."""
    town.accounts("acme")
    town.settled()
    town.edit("acme", motion=None)
    town.product("acme", motion="sales_led")
    town.sync()

    assert town.holds("acme", "motion") is None
    assert "cleared in the CRM" in (town.memory("acme").message or "")


def test_value_before_first_contact_is_a_persons(town: Town) -> None:
    """What stood in the field before plsync came is not overwritten."""
    town.product("acme")
    town.record("acme", motion="partner")
    town.sync()

    assert town.holds("acme", "motion") == "partner"


def test_person_who_agrees_with_us_blocks_nothing(town: Town) -> None:
    """A person who types what we want leaves the field ours."""
    town.accounts("acme")
    town.settled()
    town.edit("acme", motion="sales_led")
    town.product("acme", motion="sales_led")
    town.sync()
    town.product("acme", motion="hybrid")
    town.sync()

    assert town.holds("acme", "motion") == "hybrid"


def test_crms_own_spelling_is_no_edit(town: Town) -> None:
    """A CRM that trims and lowers what we wrote has not edited it (D20)."""
    town.accounts("acme")
    town.product("acme", motion="Sales Led ")
    town.settled()
    town.crms[SALESFORCE].put("Account", "salesforce-acme", {MOTION: "sales led"}, by="integration")
    town.product("acme", motion="hybrid")
    town.sync()

    assert town.holds("acme", "motion") == "hybrid"


def test_warehouse_wins_overwrites(town: Town) -> None:
    """A field the warehouse wins is set right at its next change, whoever wrote there."""
    town.accounts("acme")
    town.settled()
    town.edit("acme", score=1)
    town.product("acme", score=61)
    town.sync()

    assert town.holds("acme", "score") == 61


def test_held_field_does_not_keep_its_neighbours(town: Town) -> None:
    """The other fields of a record are written, and the edit is still listed beside them."""
    edited(town)
    town.product("acme", motion="sales_led", score=61)
    run = town.sync()

    assert (town.holds("acme", "motion"), town.holds("acme", "score")) == ("partner", 61)
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}
    assert (town.memory("acme").code, town.memory("acme").message) == ("EDITED", f"{MOTION}: {EDITED}")


def test_rejected_write_is_no_edit(town: Town) -> None:
    """After a refusal the field still holds our old value, and the next one may follow."""
    town.accounts("acme")
    town.settled()
    town.crms[SALESFORCE].refuse = lambda _: Refusal("LOCKED", "no")
    town.product("acme", motion="sales_led")
    town.sync()
    town.crms[SALESFORCE].refuse = lambda _: None
    town.product("acme", motion="hybrid")
    town.sync()

    assert town.holds("acme", "motion") == "hybrid"
