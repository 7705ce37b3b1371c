"""Whose a value is that we do not remember, and where a merged record went (D8, D20; invariant 7)."""

from __future__ import annotations

import pytest

from connector.destinations.memory.records import INTEGRATION
from connector.model import OutcomeKind
from tests.story.house import OBJECTS, SALESFORCE, Town, named
from tests.story.test_commit_order import Killed, kill_in_send

MOTION = named(SALESFORCE, "motion")
RECORD = f"{SALESFORCE}-acme"


def forgotten(town: Town, **values: str) -> None:
    """Our connection writes to the record an hour after all we remember, as when the store is an older copy."""
    town.later(hours=1)
    fields = {named(SALESFORCE, name): value for name, value in values.items()}
    town.crms[SALESFORCE].put(OBJECTS[SALESFORCE], RECORD, fields, by=INTEGRATION)


def settled(town: Town) -> Town:
    """One account, delivered."""
    town.accounts("acme")
    return town.settled()


def test_our_own_forgotten_write_is_no_edit(town: Town) -> None:
    """A value that our connection wrote after the last thing we remember is ours, and the warehouse's replaces it."""
    settled(town)
    forgotten(town, motion="hybrid")
    town.product("acme", motion="sales_led")
    run = town.sync()

    assert town.holds("acme", "motion") == "sales_led"
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}
    assert town.memory("acme").code is None


def test_our_write_beside_a_persons_edit_does_not_hide_it(town: Town) -> None:
    """A record whose last writer is our connection, because we wrote its score, still holds a person's motion."""
    settled(town)
    town.edit("acme", motion="partner")
    town.product("acme", score=61)
    town.sync()
    for hours, motion in enumerate(("hybrid", "sales_led"), start=1):
        town.later(hours=hours)
        town.product("acme", score=61 + hours, motion=motion)
        town.sync()
        assert town.holds("acme", "motion") == "partner"
    assert town.holds("acme", "score") == 63


def test_who_set_a_value_is_asked_only_where_it_matters(town: Town) -> None:
    """One look-up for the records with a value that is none of ours, and none for the others."""
    settled(town)
    town.accounts("beta")
    town.sync()
    town.forget_calls()
    town.edit("acme", motion="partner")
    for key in ("acme", "beta"):
        town.product(key, motion="sales_led")
    town.sync()

    assert town.crms[SALESFORCE].calls["authors"] == 1
    assert town.holds("beta", "motion") == "sales_led"


def test_a_merged_record_is_followed(town: Town) -> None:
    """What the remembered record was merged into, over two merges, is the account's record from then on."""
    settled(town)
    crm, name = town.crms[SALESFORCE], OBJECTS[SALESFORCE]
    for survivor in ("half-way", "final"):
        crm.put(name, survivor, {})
    crm.merge(name, RECORD, "half-way")
    crm.merge(name, "half-way", "final")
    town.product("acme", score=77)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes[OutcomeKind.HELD] == 0
    assert crm.values(name, "final")[named(SALESFORCE, "score")] == 77
    assert town.memory("acme").record_id == "final"


def test_of_two_accounts_merged_into_one_record_its_key_says_whose_it_is(town: Town) -> None:
    """Two accounts whose records a person merged never both write: the one whose key it carries does (D7)."""
    town.accounts("acme", "beta")
    town.settled()
    town.crms[SALESFORCE].merge(OBJECTS[SALESFORCE], f"{SALESFORCE}-beta", RECORD)
    for key in ("acme", "beta"):
        town.product(key, score=77)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1, OutcomeKind.HELD: 1}
    assert (town.memory("acme").code, town.memory("beta").code) == (None, "AMBIGUOUS")


def test_a_write_whose_answer_was_lost_hides_no_edit(town: Town) -> None:
    """The CRM took our first write beside a person's edit and we died before hearing so: the edit is still theirs."""
    town.accounts("acme")
    town.edit("acme", motion="partner")
    kill_in_send(town, after=True)
    with pytest.raises(Killed):
        town.sync()
    town.later(hours=1)
    town.sync()

    assert town.holds("acme", "motion") == "partner"
    assert town.memory("acme").code == "EDITED"
