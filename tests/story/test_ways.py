"""Guarded and blind writes (A4, D21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from connector.errors import QuotaError
from connector.model import By, Live, Outcome, OutcomeKind, Write
from tests.story.house import FIELDS, HUBSPOT, SALESFORCE, Town, mapping, named

BLIND = {"score": FIELDS["score"]}


def strict(town: Town) -> Town:
    """Salesforce's writes depend on nobody having changed the record."""
    town.mappings = {SALESFORCE: mapping(SALESFORCE, concurrency_guard="strict")}
    town.accounts("acme", "beta", "gamma")
    town.settled()
    for key in ("acme", "beta", "gamma"):
        town.product(key, motion="sales_led")
    return town


def edits(town: Town, times: int) -> None:
    """A person changes acme between the live read and the write, so many times."""
    crm, left = town.crms[SALESFORCE], iter(range(times))
    sound = crm.send_guarded

    def overtaken(
        object_name: str, match_field: str, writes: Sequence[Write], unmodified_since: Mapping[str, datetime]
    ) -> list[Outcome]:
        if "acme" in [write.key for write in writes] and (number := next(left, None)) is not None:
            town.later(seconds=2)
            town.edit("acme", motion=f"partner {number}")
        return sound(object_name, match_field, writes, unmodified_since)

    crm.send_guarded = overtaken  # type: ignore[method-assign]  # somebody types meanwhile


def test_guarded_writes_arrive(town: Town) -> None:
    """With nobody in the way a strict mapping delivers what any other does."""
    run = strict(town).sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 3}
    assert run.tallies[SALESFORCE].window == "1 s"
    assert town.crms[SALESFORCE].calls["send"] == 0


def test_an_edit_between_read_and_write_is_kept(town: Town) -> None:
    """The record is read and merged again: the person's value stays, its neighbours are written."""
    strict(town)
    edits(town, 1)
    run = town.sync()

    assert town.holds("acme", "motion") == "partner 0"
    assert town.holds("beta", "motion") == "sales_led"
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 2, OutcomeKind.HELD: 1}


def test_another_field_changed_meanwhile_is_written_beside(town: Town) -> None:
    """A change that is in nobody's way costs one more round, and no value."""
    strict(town)
    crm, sound = town.crms[SALESFORCE], town.crms[SALESFORCE].send_guarded

    def overtaken(
        object_name: str, match_field: str, writes: Sequence[Write], unmodified_since: Mapping[str, datetime]
    ) -> list[Outcome]:
        crm.send_guarded = sound  # type: ignore[method-assign]  # once
        town.later(seconds=2)
        town.edit("acme", reason="called them")
        return sound(object_name, match_field, writes, unmodified_since)

    crm.send_guarded = overtaken  # type: ignore[method-assign]  # somebody types meanwhile
    run = town.sync()

    assert town.holds("acme", "motion") == "sales_led"
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 3}


def test_a_record_that_never_rests_stays_due(town: Town) -> None:
    """After three rounds the record waits for the next run, by name."""
    strict(town)
    town.mappings[SALESFORCE] = mapping(
        SALESFORCE,
        fields={**FIELDS, "motion": {"from": "motion", "merge": "warehouse_wins"}},
        concurrency_guard="strict",
    )
    edits(town, 3)
    run = town.sync()
    assert run.tallies[SALESFORCE].reasons == {"CHANGED_MEANWHILE": 1}

    town.sync()
    assert town.holds("acme", "motion") == "sales_led"


def test_a_quota_that_ends_between_two_rounds_defers(town: Town) -> None:
    """A record that was changed and cannot be read again today stays due by name; the run goes on without it."""
    strict(town)
    edits(town, 1)
    crm, sound = town.crms[SALESFORCE], town.crms[SALESFORCE].fetch
    reads = iter([False, True, False])

    def fetch(object_name: str, by: By, field: str, values: Sequence[str], fields: Sequence[str]) -> list[Live]:
        if next(reads):
            raise QuotaError("the day's calls are used up")
        return sound(object_name, by, field, values, fields)

    crm.fetch = fetch  # type: ignore[method-assign]  # the second read is one too many
    run = town.sync()
    assert (town.run().state, run.tallies[SALESFORCE].reasons) == ("done", {"QUOTA": 1})

    town.sync()
    assert (town.holds("acme", "motion"), town.memory("acme").code) == ("partner 0", "EDITED")


def blind(town: Town) -> Town:
    """HubSpot is written by key, without reading."""
    town.mappings = {HUBSPOT: mapping(HUBSPOT, fields=BLIND, read=False, domain=None)}
    town.accounts("acme", "beta")
    return town


def test_blind_writes_read_nothing(town: Town) -> None:
    """Values go out by key, without one call to read; the next run calls nobody."""
    blind(town).settled()
    for key in ("acme", "beta"):
        town.product(key, score=77)
    run = town.sync()
    calls = town.crms[HUBSPOT].calls

    assert {town.holds(key, "score", HUBSPOT) for key in ("acme", "beta")} == {77}
    assert run.tallies[HUBSPOT].outcomes == {OutcomeKind.UPDATED: 2}
    assert (calls["send_blind"], calls["fetch"], calls["send"]) == (1, 0, 0)
    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_blind_writes_send_only_what_moved(town: Town) -> None:
    """What we last wrote is taken for what is there."""
    blind(town)
    town.mappings[HUBSPOT] = mapping(
        HUBSPOT, fields={**BLIND, "motion": {"from": "motion", "merge": "warehouse_wins"}}, read=False, domain=None
    )
    town.settled()
    town.product("acme", score=77)
    town.sync()

    assert [write.fields for write in town.crms[HUBSPOT].sent] == [{named(HUBSPOT, "score"): 77}]


def test_a_clear_goes_out_blind(town: Town) -> None:
    """A null clears the field even where nothing is known yet of what it holds."""
    blind(town)
    town.edit("acme", HUBSPOT, score=50)
    town.product("acme", score=None)
    town.sync()

    assert town.holds("acme", "score", HUBSPOT) is None


def test_a_blind_write_without_a_record_is_held(town: Town) -> None:
    """Nothing is created: an account whose key no record carries is held by name."""
    blind(town)
    town.product("nobody")
    town.sync()

    assert town.memory("nobody", HUBSPOT).code == "NO_RECORD"
