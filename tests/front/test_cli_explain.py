"""`plsync explain`: who, why and what to do first; how it stood after a run, from the store alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.intake import take_facts
from bot.moves import Click, acknowledge
from bot.settings import BotSettings
from connector.model import AlertKind
from connector.store import Store, alerts
from plsync import exits
from plsync.todo import to_do
from tests.front.door import Door, refused
from tests.unit.rules.shipped import account, decided

CRMS = ("salesforce_account", "hubspot_company")
ACCOUNT = "golden-sentence"


@pytest.fixture
def synced(door: Door) -> Door:
    """A door after its baseline."""
    assert door.migrated().run("sync").code == exits.DONE
    return door


@pytest.fixture
def moved(synced: Door) -> Door:
    """The account is Hot, and its alert was opened and taken."""
    synced.sql(f"UPDATE accounts SET score = 95 WHERE account_key = '{ACCOUNT}'")
    assert synced.run("sync").code == exits.DONE
    opened, now = Store.open(f"sqlite:///{synced.store}"), datetime.now(UTC)
    assert take_facts(opened, BotSettings(), now)
    with opened.read() as conn:
        alert = next(one for one in alerts.of_account(conn, ACCOUNT) if one.kind == AlertKind.HOT_PQL)
    acknowledge(opened, Click(alert.id, "U0AE000001", "Enterprise AE 1", now))
    opened.close()
    return synced


def told(door: Door, *words: str) -> Any:
    ran = door.run("explain", *words, "--json")
    assert (ran.code, ran.err) == (exits.DONE, ""), ran
    return json.loads(ran.out)


def test_the_first_lines_say_who_why_and_what_to_do(moved: Door) -> None:
    """Before anything else; the name as people.toml has it."""
    name, who, why, now, do, *_ = moved.run("explain", ACCOUNT).out.splitlines()

    assert name == "Golden sentence (golden-sentence)"
    assert who.split("  ", 2)[1].strip() == "who has it"
    assert "Enterprise AE" in who
    assert "why" in why
    assert "Hot at 95 with 240 employees" in why
    assert "why now" in now
    assert do.strip().startswith("to do")
    assert "Enterprise AE 1 reaches out" in do


def test_alerts_and_scores_are_told_with_their_history(moved: Door) -> None:
    """Every step with who and when; the last scores, the newest first."""
    found = told(moved, ACCOUNT)
    (alert,) = found["alerts"]

    assert [(step["from"], step["to"], step["by"], step["through"]) for step in alert["steps"]] == [
        ("open", "acknowledged", "Enterprise AE 1", "slack")
    ]
    assert [(one["score"], one["tier"]) for one in found["scores"]] == [("95", "hot"), ("70", "warm")]
    shown = moved.run("explain", ACCOUNT).out
    assert "acknowledged by Enterprise AE 1 in slack" in shown
    assert "95 hot since" in shown
    assert "before that 70 warm" in shown


def test_candidates_are_shown_with_their_names(synced: Door) -> None:
    """What there is to choose from, and the command that does it."""
    shown = synced.run("explain", "ambiguous-domain").out

    assert "plsync link ambiguous-domain RECORD --mapping salesforce_account" in shown
    assert all(f"Ambiguous domain {number}" in shown for number in (1, 2))
    assert "new record" not in shown


def test_an_account_as_it_stood_after_a_run(moved: Door) -> None:
    """The decision of that time and what the run wrote; no CRM is asked, and none needs to be there."""
    moved.sandbox.forget_requests()
    first, second = (told(moved, ACCOUNT, "--at", run) for run in ("r-000001", "r-000002"))

    assert moved.calls() == 0
    assert [one["decision"]["rule"] for one in (first, second)] == ["warm-mid-market", "hot-enterprise-size"]
    assert [(one["decided_in"], one["decision"]["evidence"]["score"]) for one in (first, second)] == [
        ("r-000001", 70),
        ("r-000002", 95),
    ]
    for one, (before, after) in ((first, (None, 70)), (second, (70, 95))):
        assert {row["mapping"] for row in one["written"]} == set(CRMS)
        fields = {field["name"].lower(): field for row in one["written"] for field in row["fields"]}
        assert (fields["pls_score"]["before"], fields["pls_score"]["after"]) == (before, after)
    shown = moved.run("explain", ACCOUNT, "--at", "r-000002").out
    assert shown.startswith("golden-sentence after r-000002, a run of full of ")
    assert "Hot at 95 with 240 employees" in shown
    assert "PLS_Score__c" in shown


def test_a_run_that_left_an_account_alone_says_so(moved: Door) -> None:
    """The decision of before stands, and nothing was written."""
    found = told(moved, "watching-45", "--at", "r-000002")

    assert (found["decided_in"], found["written"]) == ("r-000001", [])
    assert "that run wrote nothing of it" in moved.run("explain", "watching-45", "--at", "r-000002").out


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([ACCOUNT, "--at", "r-000099"], ['no run "r-000099"', "plsync runs"]),
        ([ACCOUNT, "--at", "yesterday"], ['no run "yesterday"']),
        (["Golden-Sentence", "--at", "r-000001"], ['no account "Golden-Sentence"', "case sensitive"]),
    ],
)
def test_a_run_or_an_account_nobody_knows_is_named(synced: Door, words: list[str], parts: list[str]) -> None:
    """Correct the word (2)."""
    refused(synced.run("explain", *words), exits.CONFIGURATION, *parts)


def test_without_a_store_there_is_nothing_to_look_back_at(door: Door) -> None:
    """The advice is `plsync migrate`, and none is made on the way."""
    refused(door.run("explain", ACCOUNT, "--at", "r-000001"), exits.UNAVAILABLE, "plsync migrate")
    assert not door.store.exists()


MATCHED = [{"mapping": "salesforce_account", "method": "remembered"}]
AMBIGUOUS = [{"mapping": "hubspot_company", "method": "ambiguous"}]
OPEN, TAKEN = (
    {"kind": "hot_pql", "state": "open", "acknowledged_by": None},
    {"kind": "hot_pql", "state": "acknowledged", "acknowledged_by": "AE 1"},
)
FYI = {"kind": "fyi", "state": "open", "acknowledged_by": None}


@pytest.mark.parametrize(
    ("values", "matches", "alerts", "said"),
    [
        pytest.param({}, MATCHED, [OPEN], "take the alert in Slack", id="open"),
        pytest.param({}, MATCHED, [TAKEN], "AE 1 reaches out", id="taken"),
        pytest.param({}, MATCHED, [TAKEN, OPEN], "take the alert in Slack", id="the-newest-counts"),
        pytest.param({}, MATCHED, [FYI], "no alert is open", id="only-an-fyi"),
        pytest.param({}, AMBIGUOUS, [OPEN], "plsync link acme RECORD --mapping hubspot_company", id="ambiguous"),
        pytest.param({"score": 60, "employees": 12}, MATCHED, [], "sales does not engage", id="nurture"),
        pytest.param({"employees": 12}, MATCHED, [], "sales does not engage", id="small-hot"),
        pytest.param({"domain": "rival.example"}, MATCHED, [], "nothing", id="none"),
    ],
)
def test_what_to_do(
    values: dict[str, Any], matches: list[dict[str, str]], alerts: list[dict[str, Any]], said: str
) -> None:
    """One sentence for each way an account can stand."""
    assert said in to_do(decided(account(**values)), matches, alerts)
