"""Whose a value is that we do not remember, and where a merged record went (D8, D20; invariant 7)."""

from __future__ import annotations

import pytest

from connector.destinations.memory import MemoryBulk
from connector.destinations.memory.records import INTEGRATION
from connector.model import OutcomeKind
from tests.story.house import HUBSPOT, OBJECTS, SALESFORCE, Town, mapping, named
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


# --- what the warehouse wins is put right, and it is said whose edit that was (D20) ----------------


def touched(town: Town) -> Town:
    """A Warm account whose score a person changed, a while after it was delivered."""
    settled(town)
    town.later(minutes=10)
    town.edit("acme", score=1)
    town.later(seconds=1)
    town.forget_calls()
    return town


def test_a_restored_field_names_who_had_changed_it(town: Town) -> None:
    """By the recheck lane: in the outcome, in the audit, and counted with the run."""
    touched(town).recheck()
    words = f"restored {named(SALESFORCE, 'score')}: AE 1 had changed it, and the warehouse wins"

    assert town.holds("acme", "score") == 60
    assert (town.memory("acme").outcome, town.memory("acme").code) == ("updated", "RESTORED")
    assert town.memory("acme").message == words
    assert [row.message for row in town.audit("acme") if row.code == "RESTORED"] == [words]
    assert town.run().counts[SALESFORCE]["restored"] == 1
    assert "restored" not in town.run().counts[HUBSPOT]


def test_restoring_takes_one_look_up_for_all_records(town: Town) -> None:
    """And none in the CRM where nobody changed anything."""
    town.accounts(*(f"a-{n}" for n in range(9)))
    town.settled()
    for n in range(9):
        town.edit(f"a-{n}", score=n)
        town.product(f"a-{n}", score=70)
    town.sync()

    assert (town.crms[SALESFORCE].calls["authors"], town.crms[HUBSPOT].calls["authors"]) == (1, 0)
    assert town.run().counts[SALESFORCE]["restored"] == 9


def test_an_ordinary_sync_asks_nobody(town: Town) -> None:
    """Every value met is what we wrote: not one further call."""
    settled(town)
    for score in (61, 62):
        town.later(hours=1)
        town.product("acme", score=score)
        town.sync()

    assert {crm.calls["authors"] for crm in town.crms.values()} == {0}
    assert town.memory("acme").code is None


def test_a_value_from_before_we_came_is_not_restored(town: Town) -> None:
    """What stood there at first contact was nobody's edit of ours."""
    town.product("acme")
    town.record("acme", score=1)
    town.sync()

    assert (town.holds("acme", "score"), town.memory("acme").code) == (60, None)


def test_our_own_forgotten_write_is_not_restored(town: Town) -> None:
    """Our connection wrote it, after all we remember: nobody changed anything of ours."""
    settled(town)
    forgotten(town, motion="plg", score="61")
    town.product("acme", score=70)
    town.sync()

    assert (town.holds("acme", "score"), town.memory("acme").code) == (70, None)


def test_who_hides_behind_our_own_write_is_somebody(town: Town) -> None:
    """A CRM that keeps one author for the whole record names us, for a write so near to ours that it proves nothing."""
    settled(town)
    town.later(minutes=1)
    town.edit("acme", score=1)
    town.crms[SALESFORCE].put(OBJECTS[SALESFORCE], RECORD, {"Website": "acme.example"}, by=INTEGRATION)
    town.product("acme", score=70)
    town.sync()

    assert (town.memory("acme").message or "").endswith("somebody had changed it, and the warehouse wins")


def test_a_held_edit_and_a_restored_field_are_both_told(town: Town) -> None:
    """One record, two fields: the one people may edit is held and listed, the other put right."""
    settled(town)
    town.later(minutes=10)
    town.edit("acme", score=1, motion="partner")
    town.later(seconds=1)
    town.recheck()
    memory = town.memory("acme")

    assert memory.code == "EDITED"
    assert f"{MOTION}: edited in the CRM by AE 1" in (memory.message or "")
    assert f"restored {named(SALESFORCE, 'score')}: AE 1" in (memory.message or "")
    assert (town.holds("acme", "score"), town.holds("acme", "motion")) == (60, "partner")


def test_restored_once_is_not_restored_again(town: Town) -> None:
    """The record is ours from then on, and its trouble forgotten with the next ordinary write."""
    touched(town).recheck()
    town.later(minutes=10)
    town.forget_calls()
    town.product("acme", score=61)
    town.sync()

    assert town.crms[SALESFORCE].calls["authors"] == 0
    assert town.memory("acme").code is None


def test_a_restored_field_is_told_after_a_job_too(town: Town) -> None:
    """What was meant for a record of a bulk job waits in the store, with whose edit it puts right."""
    town.mappings[SALESFORCE] = mapping(SALESFORCE, fields={"score": {"from": "score", "merge": "warehouse_wins"}})
    town.bulk_from, town.bulk[SALESFORCE] = 3, MemoryBulk(town.crms[SALESFORCE])
    keys = [f"a-{n}" for n in range(4)]
    town.accounts(*keys)
    town.settled()
    town.edit("a-1", score=1)
    for key in keys:
        town.product(key, score=70)
    town.sync()

    assert town.memory("a-1").code == "RESTORED"
    assert {town.holds(key, "score") for key in keys} == {70}
