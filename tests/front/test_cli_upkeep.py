"""The commands for what did not go as wanted, against the stand-ins: what they say, print as JSON, and end with."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from plsync import exits
from tests.front.door import Door, refused

SALESFORCE, HUBSPOT = "salesforce_account", "hubspot_company"
POISON = "UPDATE accounts SET score = 1e300 WHERE account_key = 'golden-sentence'"
ANTIDOTE = "UPDATE accounts SET score = 71 WHERE account_key = 'golden-sentence'"
MOVED = "UPDATE accounts SET score = score + 1 WHERE account_key LIKE 'hot-%'"


@pytest.fixture
def synced(door: Door) -> Door:
    """A door after its baseline."""
    assert door.migrated().run("sync").code == exits.DONE
    return door


def told(door: Door, *words: str, code: int = exits.DONE) -> Any:
    """What a command prints as JSON."""
    ran = door.run(*words, "--json")
    assert (ran.code, ran.err) == (code, ""), ran
    return json.loads(ran.out)


# --- seeing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", [["runs"], ["rejects"], ["held"], ["retry", "--all"], ["adopt", "--all"], ["pause"]])
def test_without_a_store_advice_is_given(door: Door, words: list[str]) -> None:
    """Before `migrate` each command ends with 4 and says what to run; it makes no store of its own."""
    refused(door.run(*words), exits.UNAVAILABLE, "plsync migrate")
    assert not door.store.exists()


def test_runs_tell_how_each_ended(synced: Door) -> None:
    """The newest first, with lane, state, duration and what became of the records."""
    synced.run("sync")
    found = told(synced, "runs")["runs"]
    assert [(one["run"], one["lane"], one["state"]) for one in found] == [
        ("r-000002", "full", "done"),
        ("r-000001", "full", "done"),
    ]
    assert found[1]["counts"][SALESFORCE]["planned"] > 0
    assert found[1]["seconds"] > 0
    assert len(told(synced, "runs", "--limit", "1")["runs"]) == 1
    shown = synced.run("runs").out.splitlines()
    assert "nothing to do" in shown[1]
    assert "updated" in shown[2]


def test_a_killed_run_is_not_called_running(synced: Door) -> None:
    """A run without an end is at work only while a process has the right to sync."""
    with closing(sqlite3.connect(synced.store)) as store, store:
        store.execute("UPDATE runs SET state = 'running', finished_at = NULL, counts = '{}'")
    assert told(synced, "runs")["runs"][0]["state"] == "killed"
    assert "its records stay due" in synced.run("runs").out
    holder = f"{socket.gethostname()}:{os.getppid()}"
    with closing(sqlite3.connect(synced.store)) as store, store:
        store.execute(
            "INSERT INTO claims VALUES ('sync:hubspot', '1970-01-01 00:00:00.000000', ?, '2026-01-01 00:00:00.000000',"
            " '2999-01-01 00:00:00.000000', NULL)",
            (holder,),
        )
    assert told(synced, "runs")["runs"][0]["state"] == "running"


def test_failed_runs_give_the_reason(door: Door) -> None:
    """A run that failed names its error in its line."""
    changes = {door.sandbox.hubspot_url: "http://127.0.0.1:9"}
    door.migrated().run("sync", changes=changes)
    assert "hubspot" in door.run("runs").out
    assert told(door, "runs")["runs"][0]["state"] == "failed"


def test_rejects_name_record_reason_and_way_out(synced: Door) -> None:
    """Each refused record with account, mapping, words, advice, since when, how often; code 1 while there are any."""
    assert told(synced, "rejects") == {"rejects": []}
    synced.sql(POISON)
    synced.run("sync")
    found = told(synced, "rejects", code=exits.REJECTS)["rejects"]
    assert [(one["account"], one["mapping"], one["code"], one["times"]) for one in found] == [
        ("golden-sentence", HUBSPOT, "VALUE", 1),
        ("golden-sentence", SALESFORCE, "VALUE", 1),
    ]
    assert all(one["message"] and one["advice"] and one["since"] for one in found)
    ran = synced.run("rejects")
    assert "plsync retry ACCOUNT" in ran.out
    assert "correct the value in the warehouse" in ran.out


def test_retry_sends_once_more_and_no_more(synced: Door) -> None:
    """Not resent by itself; due once on a person's word; gone from the list when cured."""
    synced.sql(POISON)
    synced.run("sync")
    assert told(synced, "sync")["planned"] == 0
    assert told(synced, "retry", "golden-sentence") == {"due": 1}
    assert told(synced, "sync", code=exits.REJECTS)["planned"] == 1
    assert told(synced, "retry", "--all") == {"due": 2}
    assert {one["times"] for one in told(synced, "rejects", code=exits.REJECTS)["rejects"]} == {2}
    synced.sql(ANTIDOTE)
    synced.run("sync")
    assert told(synced, "rejects") == {"rejects": []}


# --- a person's word -------------------------------------------------------------------------------


def test_held_says_why_and_who_is_meant(synced: Door) -> None:
    """Ambiguous accounts name candidates, edits their fields; those without a record are counted."""
    found = {(one["account"], one["mapping"]): one for one in told(synced, "held")["held"]}
    ambiguous = found["ambiguous-domain", SALESFORCE]
    assert (ambiguous["reason"], len(ambiguous["candidates"])) == ("AMBIGUOUS", 2)
    assert found["edited-by-rep", HUBSPOT]["reason"] == "EDITED"
    assert "NO_RECORD" in {one["reason"] for one in found.values()}
    text = synced.run("held").out
    assert all(
        part in text for part in (ambiguous["candidates"][0], "plsync link", "plsync adopt", "without a CRM record")
    )


@pytest.mark.parametrize("mapping", [SALESFORCE, HUBSPOT])
def test_link_is_written_by_the_next_sync(synced: Door, mapping: str) -> None:
    """The chosen candidate is checked, remembered and linked; the other CRM still holds the account."""
    held = {one["mapping"]: one for one in told(synced, "held")["held"] if one["account"] == "ambiguous-domain"}
    record = held[mapping]["candidates"][0]
    before = synced.writes()
    assert told(synced, "link", "ambiguous-domain", record, "--mapping", mapping)["record"] == record
    assert synced.writes() == before
    assert told(synced, "sync")["mappings"][mapping]["linked"] == 1
    assert mapping not in {
        one["mapping"] for one in told(synced, "held")["held"] if one["account"] == "ambiguous-domain"
    }


def test_link_finds_the_mapping_that_waits(synced: Door) -> None:
    """Once one CRM is linked, the other is the one meant; before that, and later, the mapping must be said."""
    held = {one["mapping"]: one for one in told(synced, "held")["held"] if one["account"] == "ambiguous-domain"}
    record = held[HUBSPOT]["candidates"][0]
    refused(synced.run("link", "ambiguous-domain", record), exits.CONFIGURATION, f"--mapping {HUBSPOT}", SALESFORCE)
    synced.run("link", "ambiguous-domain", held[SALESFORCE]["candidates"][0], "--mapping", SALESFORCE)
    synced.run("sync")
    assert told(synced, "link", "ambiguous-domain", record)["mapping"] == HUBSPOT


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["link", "nobody", "001000000000001AAA", "--mapping", SALESFORCE], ["the warehouse has no account", "nobody"]),
        (
            ["link", "ambiguous-domain", "001nonsense", "--mapping", SALESFORCE],
            ["salesforce", "Account", "001nonsense"],
        ),
        (["link", "ambiguous-domain", "nonsense", "--mapping", HUBSPOT], ["hubspot", "companies", "nonsense"]),
        (["link", "ambiguous-domain", "1", "--mapping", "hubspto"], ['no mapping "hubspto"', SALESFORCE, HUBSPOT]),
        (["link", "hot-no-sql", "001000000000001AAA", "--mapping", SALESFORCE], ["is the record of golden-sentence"]),
        (["retry"], ["--all", "plsync rejects"]),
        (["retry", "golden-sentence", "--all"], ["--all"]),
        (["retry", "nobody"], ['"nobody"', "case sensitive"]),
        (["adopt"], ["--all", "plsync held"]),
        (["adopt", "golden-sentence"], ['"golden-sentence"', "plsync held"]),
        (["adopt", "--all", "--mapping", "hubspto"], ['no mapping "hubspto"']),
        (["revert", "r-000099"], ['"r-000099"', "plsync runs"]),
        (["pause", "salesfrce"], ['"salesfrce"', "full, alerts, recheck, salesforce, hubspot, slack"]),
        (["resume", "salesfrce"], ['"salesfrce"', "full, alerts, recheck, salesforce, hubspot, slack"]),
    ],
)
def test_mistakes_are_named(synced: Door, words: list[str], parts: list[str]) -> None:
    """What cannot be meant ends with 2, names what it is about, and changes nothing."""
    before = (synced.writes(), synced.stored("SELECT id FROM runs"))
    refused(synced.run(*words), exits.CONFIGURATION, *parts)
    assert (synced.writes(), synced.stored("SELECT id FROM runs")) == before


def test_adopted_edit_is_held_no_more(synced: Door) -> None:
    """The rep's value is the base in both CRMs, nothing is written, and the list is shorter."""
    before = synced.writes()
    became = told(synced, "adopt", "edited-by-rep")["adopted"]
    assert {(one["mapping"], one["became"]) for one in became} == {(SALESFORCE, "adopted"), (HUBSPOT, "adopted")}
    assert set(became[0]["fields"]) == {"PLS_Motion__c"}
    assert (synced.writes(), told(synced, "sync")["planned"]) == (before, 0)
    assert "edited-by-rep" not in {one["account"] for one in told(synced, "held")["held"]}
    assert "no edit is held" in synced.run("adopt", "--all").out


# --- undoing and brakes ----------------------------------------------------------------------------


def test_revert_shows_then_does(synced: Door) -> None:
    """Dry first and without a write; applied, the old scores are back in both CRMs and the next sync leaves them."""
    synced.sql(MOVED)
    run = told(synced, "sync")
    before = synced.writes()
    dry = told(synced, "revert", run["run"])
    assert (dry["run"], {one["verdict"] for one in dry["records"]}, synced.writes()) == (None, {"restore"}, before)
    assert "--apply" in synced.run("revert", run["run"]).out

    ran = synced.run("revert", run["run"], "--apply")
    assert ran.code == exits.DONE
    assert "restored 20" in ran.out
    assert told(synced, "sync")["planned"] == 0
    again = told(synced, "revert", run["run"])
    assert {one["verdict"] for one in again["records"]} == {"already restored"}


def test_pause_is_obeyed_and_said(synced: Door) -> None:
    """A paused CRM's records are deferred and `sync` says so; resumed, they arrive."""
    assert [one["system"] for one in told(synced, "pause", "salesforce")["paused"]] == ["salesforce"]
    synced.sql(MOVED)
    ran = synced.run("sync")
    assert ran.code == exits.DONE
    assert "salesforce is paused, its records stay due" in ran.out
    assert synced.stored("SELECT DISTINCT code FROM memory WHERE outcome = 'deferred'") == [("PAUSED",)]
    assert told(synced, "resume", "salesforce") == {"paused": []}
    counts = told(synced, "sync")["mappings"]
    assert (counts[SALESFORCE]["updated"], counts[HUBSPOT]["updated"]) == (10, 0)


@pytest.mark.parametrize("system", [["full"], []])
def test_paused_lane_sends_nothing(synced: Door, system: list[str]) -> None:
    """With the lane or everything paused a sync says who did it, calls no CRM, and leaves all due."""
    synced.run("pause", *system)
    synced.sql(MOVED)
    synced.sandbox.forget_requests()
    ran = synced.run("sync")
    assert ran.code == exits.DONE
    assert "is paused since" in ran.out.splitlines()[0]
    assert synced.calls() == 0
    assert "nothing is paused" in synced.run("resume").out
    assert told(synced, "sync")["planned"] == 10
