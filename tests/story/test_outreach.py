"""The recheck lane looks whether the outreach that alerts wait for took place (D40, D34)."""

from __future__ import annotations

from functools import cache

import pytest

from connector.errors import TransientError
from connector.model import OUTREACH_SEEN, UNREADABLE, AlertKind, OutreachKind
from connector.outreach import look_for_outreach
from connector.store.facts import FactRow
from tests.story.house import HUBSPOT, SALESFORCE, Town


@pytest.fixture
def calm(town: Town) -> Town:
    """Two accounts with a record in both CRMs, delivered a while ago."""
    town.accounts("acme", "bolt")
    town.sync()
    town.later(minutes=30)
    town.recheck()
    town.forget_calls()
    return town


def told(town: Town) -> list[FactRow]:
    """What is told of outreach, in the order in which it is."""
    return [fact for fact in town.facts() if fact.kind == OUTREACH_SEEN]


def asked(town: Town) -> dict[str, int]:
    """How often each CRM was asked about outreach."""
    return {name: crm.calls["outreach"] for name, crm in town.crms.items()}


def test_an_activity_on_an_account_whose_alert_waits_is_told(calm: Town) -> None:
    """With the alert it is for, and everything the bot needs to say whether it counts."""
    calm.raise_alert("acme")
    calm.later(minutes=10)
    calm.reach_out("acme", "00T-1")
    at = calm.now
    calm.later(minutes=5)
    calm.recheck()

    (fact,) = told(calm)
    assert (fact.account_key, fact.at) == ("acme", calm.now)
    assert fact.payload == {
        "kind": "hot_pql",
        "episode": "e1",
        "crm": "salesforce",
        "activity": "call",
        "id": "00T-1",
        "by": "ae-1@workspace.example",
        "at": at.isoformat(),
    }


def test_without_an_alert_that_waits_nobody_is_asked(calm: Town) -> None:
    """No alert is no call; so is one of an account that no CRM has a record of, and a place in a queue (D18)."""
    calm.reach_out("acme", "00T-1")
    calm.later(minutes=5)
    calm.recheck()
    calm.raise_alert("unknown")
    calm.raise_alert("acme", episode="hot:baseline")
    calm.recheck()

    assert asked(calm) == {SALESFORCE: 0, HUBSPOT: 0}
    assert told(calm) == []


def test_one_question_for_all_accounts_that_wait_and_for_no_other(calm: Town) -> None:
    """Both CRMs are asked once; what is done on other accounts is not told."""
    calm.raise_alert("acme", AlertKind.EXPANSION)
    calm.later(minutes=1)
    calm.reach_out("bolt", "00T-1")
    calm.reach_out("acme", "m-1", HUBSPOT, OutreachKind.MEETING)
    calm.later(minutes=5)
    calm.recheck()

    assert asked(calm) == {SALESFORCE: 1, HUBSPOT: 1}
    assert [(fact.payload["crm"], fact.payload["id"]) for fact in told(calm)] == [(HUBSPOT, "m-1")]


def test_what_was_done_before_the_alert_is_no_outreach(calm: Town) -> None:
    """Also where another account's older alert makes the question reach further back."""
    calm.raise_alert("bolt")
    calm.later(minutes=10)
    calm.reach_out("acme", "00T-1")
    calm.later(minutes=10)
    calm.raise_alert("acme")
    calm.later(minutes=5)
    calm.recheck()

    assert told(calm) == []


def test_an_activity_is_told_once_however_often_one_looks(calm: Town) -> None:
    """Looked at and killed before anything was noted, and looked at again twice: one fact."""
    calm.raise_alert("acme")
    calm.later(minutes=1)
    calm.reach_out("acme", "00T-1")
    calm.later(minutes=5)
    assert look_for_outreach(calm.ledger, cache(calm.house), calm.now) is not None
    calm.recheck()
    calm.later(minutes=5)
    calm.recheck()

    assert [fact.payload["id"] for fact in told(calm)] == ["00T-1"]


def test_the_first_outreach_is_told_first(calm: Town) -> None:
    """Whichever CRM is asked first: the bot takes facts in their order."""
    calm.raise_alert("acme")
    calm.later(minutes=1)
    calm.reach_out("acme", "m-1", HUBSPOT)
    calm.later(minutes=1)
    calm.reach_out("acme", "00T-1")
    calm.later(minutes=5)
    calm.recheck()

    assert [fact.payload["id"] for fact in told(calm)] == ["m-1", "00T-1"]


def test_a_crm_that_keeps_no_activities_is_marked_until_it_does(calm: Town) -> None:
    """What one CRM does not tell the other may: what it shows is told all the same."""
    calm.raise_alert("acme")
    calm.crms[HUBSPOT].unreadable = {OutreachKind.EMAIL: "no scope"}
    calm.later(minutes=1)
    calm.reach_out("acme", "00T-1")
    calm.later(minutes=5)
    calm.recheck()
    assert calm.ledger.mark(UNREADABLE) == HUBSPOT
    assert len(told(calm)) == 1

    calm.crms[HUBSPOT].unreadable = {}
    calm.recheck()
    assert calm.ledger.mark(UNREADABLE) == ""


def test_a_crm_that_does_not_answer_is_no_crm_without_activities(calm: Town) -> None:
    """Nothing is marked: the error reaches whoever keeps the time of the last look, and one looks again."""
    calm.raise_alert("acme")
    calm.crms[SALESFORCE].fail(*[TransientError("no answer")] * 9)

    with pytest.raises(TransientError):
        calm.recheck()
    assert calm.ledger.mark(UNREADABLE) is None
