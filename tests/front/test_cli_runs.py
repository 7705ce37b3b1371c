"""How commands end: interrupted, surprised, refused in part, or well; and what they print where."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import pytest

from connector.calling import Caller
from connector.deliver import deliver
from connector.model import Outcome, Write
from connector.ways import Way
from plsync import exits
from tests.front.door import Door

# --- interrupted -----------------------------------------------------------------------------------


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ctrl-C comes at the first send."""

    def ctrl_c(*_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("connector.applying.deliver", ctrl_c)
        yield


def test_ctrl_c_says_what_was_delivered(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after one CRM got its records counts them, and says that the rest stays due, which it does."""

    def one_crm(caller: Caller, way: Way, writes: Sequence[Write]) -> Iterator[list[Outcome]]:
        if caller.destination.name == "hubspot":
            raise KeyboardInterrupt
        return deliver(caller, way, writes)

    with monkeypatch.context() as patch:
        patch.setattr("connector.applying.deliver", one_crm)
        ran = door.migrated().run("sync")
    assert ran.code == exits.INTERRUPTED
    assert ran.err.splitlines()[-1] == (
        "plsync: stopped. r-000001 delivered records: salesforce 35. The rest stays due, run it again to go on"
    )
    assert "stopped by Ctrl-C; updated 34" in door.run("runs").out
    assert json.loads(door.run("sync", "--json").out)["crms"]["hubspot"]["delivered"] == 35


@pytest.mark.usefixtures("interrupted")
def test_ctrl_c_in_a_sync_says_that_nothing_is_lost(door: Door) -> None:
    """Ctrl-C ends a sync with one line and 130; the run is marked failed, and the right to sync given back."""
    ran = door.migrated().run("sync")
    assert ran.code == exits.INTERRUPTED
    assert ran.err.splitlines()[-1] == (
        "plsync: stopped before any record was delivered; all of it stays due, run it again to go on"
    )
    assert door.stored("SELECT state, error FROM runs") == [("failed", "KeyboardInterrupt")]
    assert door.stored("SELECT job FROM claims") == []


def test_an_unknown_error_marks_the_run_failed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is not swallowed: it propagates, and the run is marked failed with its name."""

    def fall_over(*_: object) -> object:
        raise ZeroDivisionError("nobody foresaw this")

    monkeypatch.setattr("connector.applying.deliver", fall_over)
    with pytest.raises(ZeroDivisionError):
        door.migrated().run("sync")
    assert door.stored("SELECT state, error FROM runs") == [("failed", "ZeroDivisionError")]
    assert door.stored("SELECT job FROM claims") == []


# --- what goes well --------------------------------------------------------------------------------


def test_planning_twice_is_the_same(door: Door) -> None:
    """`plan` writes nothing anywhere: twice in a row it has one hash, and the CRMs see no write."""
    first, second = (json.loads(door.migrated().run("plan", "--json").out) for _ in range(2))
    assert first["hash"] == second["hash"]
    assert first["planned"] == first["compared"] > 0
    assert door.writes() == 0
    assert door.stored("SELECT * FROM decisions UNION ALL SELECT * FROM decisions") == []


@pytest.mark.parametrize("words", [["check"], ["plan"], ["sync"], ["explain", "hot-open-sql"], ["funnel"]])
def test_json_stands_alone(door: Door, words: list[str]) -> None:
    """With --json standard output is one JSON object, and standard error is silent."""
    ran = door.migrated().run(*words, "--json")
    assert ran.code == exits.DONE
    assert isinstance(json.loads(ran.out), dict)
    assert ran.err == ""


def test_a_refused_record_is_named(door: Door) -> None:
    """A record the CRM refuses ends a sync with 1 and is named with the CRM's words; its neighbours arrive."""
    door.migrated().sql("UPDATE accounts SET score = 1e15 WHERE account_key = 'hot-no-sql'")
    ran = door.run("sync")
    assert ran.code == exits.REJECTS
    assert re.search(r"salesforce_account refused hot-no-sql: \w+: .+", ran.out)
    held = door.sandbox.org.records("Account")
    assert sum(1 for record in held if record.get("PLS_Score__c") is not None) > 30
