"""What a sync says of calls and delivered records is what the CRMs counted themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from connector.store import Store
from plsync import exits
from sandbox.faults import Fault
from tests.front.door import CRMS, Door

MOVED = "UPDATE accounts SET score = score + 1 WHERE account_key LIKE 'hot-%'"
KINDS = {
    "read": {"read", "search"},
    "facts": {"facts"},
    "write": {"write"},
    "setup": {"auth", "describe", "schema"},
}  # what a stand-in calls the same; "directory" is the portal's identity as well as its owners, a fact
FAULTS = {
    "nothing": [],
    "429": [("hubspot", Fault(re.compile("batch/update"), 429, 2, headers={"Retry-After": "1"}))],
    "503": [("salesforce", Fault(re.compile("composite"), 503, 2)), ("hubspot", Fault(re.compile("batch/read"), 503))],
    "an expired token": [("salesforce", Fault(re.compile("composite"), 401))],
    "an answer lost": [("salesforce", Fault(re.compile("composite"), action="drop_after_accept"))],
    "a sign-in that fails": [("salesforce", Fault(re.compile("oauth2/token"), 503))],
}


def held(door: Door) -> dict[str, dict[str, dict[str, Any]]]:
    """Every record of either CRM, by its id."""
    accounts, companies = door.sandbox.org.records("Account"), door.sandbox.portal.records("companies")
    return {
        "salesforce": {one["Id"]: dict(one) for one in accounts},
        "hubspot": {one["id"]: json.loads(json.dumps(one)) for one in companies},
    }


def synced(door: Door, code: int = exits.DONE) -> dict[str, Any]:
    """A sync's own totals, after comparing them with what the CRMs saw meanwhile."""
    door.sandbox.forget_requests()
    before = held(door)
    ran = door.run("sync", "--json")
    assert ran.code == code, ran
    told: dict[str, Any] = json.loads(ran.out)["crms"]
    after = held(door)
    for crm in CRMS:
        assert told[crm]["calls"] == door.sandbox.counts()[crm].total(), crm
        assert told[crm]["calls"] == sum(told[crm][purpose] for purpose in KINDS), crm
        assert told[crm]["delivered"] == sum(after[crm][key] != before[crm].get(key) for key in after[crm]), crm
    return told


@pytest.mark.parametrize("faults", list(FAULTS))
def test_calls_and_deliveries_are_those_the_crms_counted(door: Door, faults: str) -> None:
    """First, changed and unchanged run, whatever is refused, lost or repeated; unchanged, nobody is called."""
    door.migrated()
    for moved in (False, True):
        if moved:
            door.sql(MOVED)
        for crm, fault in FAULTS[faults]:
            door.sandbox.controls[crm].faults.append(Fault(fault.match, fault.status, fault.times, action=fault.action))
        told = synced(door)
        assert all(told[crm]["delivered"] >= 10 for crm in CRMS)
        assert [control.faults for control in door.sandbox.controls.values()] == [[], [], []]
    told = synced(door)
    assert [(told[crm]["calls"], told[crm]["delivered"]) for crm in CRMS] == [(0, 0), (0, 0)]


def test_calls_are_split_by_what_they_were_for(door: Door) -> None:
    """Reads and facts, writes, and setting up, as the CRM names the requests; who set a value it takes for a fact."""
    door.migrated()
    for _ in range(2):
        told = synced(door)
        for crm in CRMS:
            counted = door.sandbox.counts()[crm]
            assert told[crm]["write"] == counted["write"]
            assert told[crm]["facts"] > 0
            asked = sum(counted[kind] for kind in KINDS["read"] | KINDS["facts"])
            begun = sum(counted[kind] for kind in KINDS["setup"])
            assert 0 <= told[crm]["read"] + told[crm]["facts"] - asked <= counted["directory"]
            assert 0 <= told[crm]["setup"] - begun <= counted["directory"]
        door.sql(MOVED)


def test_what_is_refused_is_not_delivered(door: Door) -> None:
    """A record that cannot be sent costs nothing and counts nowhere."""
    door.migrated().sql("UPDATE accounts SET score = 1e300 WHERE account_key = 'golden-sentence'")
    synced(door, exits.REJECTS)


def test_a_failed_run_has_its_calls_too(door: Door) -> None:
    """A run that a CRM ends keeps what it spent in its row, calls that never got an answer included."""
    door.sandbox.controls["hubspot"].faults.append(Fault(re.compile("POST"), 503, 10_000))
    assert door.migrated().run("sync").code == exits.UNAVAILABLE
    (told,) = json.loads(door.run("runs", "--json").out)["runs"]
    assert {crm: told["crms"][crm]["calls"] for crm in CRMS} == {
        crm: door.sandbox.counts()[crm].total() for crm in CRMS
    }


def test_the_row_holds_what_was_said(door: Door) -> None:
    """`plsync runs` repeats the totals of each run, and a table says them too."""
    ran = json.loads(door.migrated().run("sync", "--json").out)
    (row,) = json.loads(door.run("runs", "--json").out)["runs"]
    assert row["crms"] == ran["crms"]
    assert set(row["counts"]) == set(ran["mappings"])
    calls = sum(ran["crms"][crm]["calls"] for crm in CRMS)
    assert re.search(rf" s +{calls}  updated 68", door.run("runs").out)


def test_a_description_that_refused_records_ask_for_is_counted(door: Door) -> None:
    """Before a plan the CRM may be asked whether its schema changed: those calls are the run's, changed or not."""
    door.migrated().sql("UPDATE accounts SET score = 1e300 WHERE account_key = 'golden-sentence'")
    door.run("sync")
    store = Store.open(f"sqlite:///{door.store}")
    with store.write() as conn:
        conn.exec_driver_sql("UPDATE schemas SET read_at = '2020-01-01 00:00:00.000000'")
    store.close()
    told = synced(door)
    assert told["salesforce"]["setup"] >= 2
    assert told["salesforce"]["read"] == 0


def numbers(line: str) -> Sequence[str]:
    """The numbers of a line, as printed."""
    return re.findall(r"[\d,.]+", line)


def test_the_table_says_the_same(door: Door) -> None:
    """For people: one line per CRM with delivered records, their rate, calls by purpose, and what is left today."""
    ran = door.migrated().run("sync")
    for crm in CRMS:
        (line,) = [line for line in ran.out.splitlines() if line.startswith(f"{crm} ")]
        delivered, _rate, calls, *_purposes, left = numbers(line)
        assert (int(delivered), int(calls)) == (35, door.sandbox.counts()[crm].total())
        assert int(left.replace(",", "")) > 1_000
    unchanged = door.run("sync").out
    assert "nothing to do" in unchanged
    assert "no CRM was called" in unchanged
