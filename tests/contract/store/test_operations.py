"""Storms, notices and requests in both databases: conditional, once, and in order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from connector.model import NewFact
from connector.store import Store, facts, notices, requests, runs, storms
from tests.contract.store_fixture import NOW

LATER = NOW + timedelta(minutes=5)


def fact(key: str, kind: str = "alert_wanted") -> NewFact:
    return NewFact(kind, key, f"{kind}:{key}", NOW, {"kind": "hot_pql"})


@pytest.fixture
def run(conn: Connection) -> str:
    """A run with three alerts and an SQL in the outbox."""
    started = runs.start(conn, "full", NOW)
    facts.append(conn, started, [fact("a"), fact("b"), fact("c"), fact("b", "sql_seen")])
    return started


def test_held_facts_are_nobodys_until_they_are_let_go(conn: Connection, run: str) -> None:
    """Neither listed nor taken; but known as about to be, so that the connector wants no second alert."""
    storm = storms.join(conn, run, "flood", 2, NOW)
    assert storms.hold(conn, storm.id, [1, 2, 4]).held == 2
    assert [one.id for one in facts.untaken(conn, 9)] == [3]
    assert not facts.take(conn, 1, LATER)
    assert [one.account_key for one in facts.waiting(conn, "alert_wanted", ["a", "b"])] == ["a", "b"]
    assert storms.held_accounts(conn, ["a", "b", "c"]) == {"a": storm.id, "b": storm.id}
    assert [one.id for one in storms.held(conn, storm.id, 9)] == [1, 2]

    assert storms.let_go(conn, storm.id, 2) == 2
    assert [one.id for one in facts.untaken(conn, 9)] == [1, 2, 3]
    assert storms.let_go(conn, storm.id, 2) == 1
    assert facts.take(conn, 1, LATER)
    assert not storms.any_held(conn)


def test_a_held_fact_is_taken_by_its_storm_alone(conn: Connection, run: str) -> None:
    """Once; what somebody took is not held any more."""
    storm = storms.join(conn, run, "flood", 2, NOW)
    assert facts.take(conn, 3, NOW)
    assert storms.hold(conn, storm.id, [1, 2, 3]).held == 2
    assert facts.take(conn, 1, LATER, storm.id)
    assert not facts.take(conn, 1, LATER, storm.id)
    assert not facts.take(conn, 2, LATER, storm.id + 1)


def test_one_storm_is_undecided_and_the_first_word_counts(conn: Connection, run: str) -> None:
    """A second run joins it; after the word a third opens another, and a run keeps the storm it went into."""
    second, third = runs.start(conn, "alerts", NOW), runs.start(conn, "alerts", NOW)
    first = storms.join(conn, run, "flood", 20, NOW)
    assert storms.join(conn, second, "definitions", 20, LATER).id == first.id
    assert storms.decide(conn, first.id, storms.RELEASE, "U1", LATER)
    assert storms.decide(conn, first.id, storms.DISCARD, "U2", LATER) is None
    assert storms.join(conn, third, "flood", 20, LATER).id != first.id
    kept = storms.join(conn, run, "flood", 20, LATER)
    assert (kept.id, kept.decided, kept.decided_by, kept.decided_at) == (first.id, storms.RELEASE, "U1", LATER)


def test_a_notice_is_one_message_while_it_lasts(conn: Connection) -> None:
    """The same again is nothing, news moves its version; over, the next is another."""
    assert notices.tell(conn, "sync", "full", {"error": "x"}, NOW)
    assert not notices.tell(conn, "sync", "full", {"error": "x"}, LATER)
    assert notices.ongoing(conn)[0].version == 1
    assert not notices.tell(conn, "sync", "full", {"error": "y"}, LATER)
    (notice,) = notices.ongoing(conn)
    assert (notice.version, notice.told, notice.opened_at) == (2, {"error": "y"}, NOW)

    for _ in range(2):
        notices.reply(conn, notice, notices.ALARM, NOW)
    assert notices.end(conn, notice.id, notice.told, LATER)
    assert not notices.end(conn, notice.id, notice.told, LATER)
    assert notices.ongoing(conn) == []
    assert notices.tell(conn, "sync", "full", {"error": "x"}, LATER)
    claimed = [one.kind for _ in range(4) if (one := notices.claim(conn, LATER))]
    assert claimed == ["sync", "alarm", "sync"]


def test_a_notice_is_claimed_sent_and_shown_once(conn: Connection) -> None:
    """Not before its time; unknown until it is settled; a settled one is not posted again."""
    notices.tell(conn, "sync", "full", {}, NOW)
    claimed = notices.claim(conn, NOW)
    assert claimed
    assert notices.claim(conn, NOW) is None
    notices.mark_pending(conn, claimed, LATER)
    assert notices.claim(conn, NOW) is None
    again = notices.claim(conn, LATER)
    assert again
    assert again.attempt == 2
    notices.mark_pending(conn, claimed, LATER)  # an earlier attempt learns late, and changes nothing
    assert notices.claim(conn, LATER) is None
    notices.mark_unknown(conn, again)
    assert [one.id for one in notices.unresolved(conn, NOW)] == [again.id]
    notices.mark_sent(conn, again.id, "C1", "1.2", 1)
    notices.mark_pending(conn, again, LATER)  # too late: another replica found it posted
    assert (notices.claim(conn, LATER), notices.stale(conn), notices.any_waiting(conn)) == (None, [], False)
    notices.tell(conn, "sync", "full", {"error": "y"}, LATER)
    assert [one.ts for one in notices.stale(conn)] == ["1.2"]
    notices.mark_shown(conn, again.id, 2)
    assert notices.stale(conn) == []


def test_what_slack_cannot_say_waits_for_no_post(conn: Connection) -> None:
    """It is known as long as it lasts, and never claimed, nor is what is said below it."""
    notices.tell(conn, "slack", "access", {}, NOW, mute=True)
    (notice,) = notices.ongoing(conn)
    notices.reply(conn, notice, notices.OVER, NOW)
    assert notices.claim(conn, LATER) is None


def test_work_is_asked_for_once_until_it_is_answered(store: Store) -> None:
    """Then it can be asked for again; the newest is what a message shows."""
    with store.write() as conn:
        assert requests.ask(conn, requests.APPLY_PLAN, "h", "U1", NOW)
        assert not requests.ask(conn, requests.APPLY_PLAN, "h", "U2", LATER)
        (asked,) = requests.waiting(conn)
        assert requests.end(conn, asked.id, "moved", LATER)
        assert not requests.end(conn, asked.id, "applied", LATER)
        assert requests.ask(conn, requests.APPLY_PLAN, "h", "U2", LATER)
        newest = requests.newest(conn, requests.APPLY_PLAN, NOW)
        assert newest is not None
        assert (newest.asked_by, newest.answer) == ("U2", None)
        assert requests.newest(conn, requests.APPLY_PLAN, LATER + timedelta(seconds=1)) is None


def test_what_is_told_once_is_nobodys_news_again(store: Store) -> None:
    """Two writers take note of overlapping MQLs: each MQL is one writer's, and has one message at most."""
    with store.write() as conn:
        assert notices.take_note(conn, notices.MQL, ["b", "a"], NOW) == {"a", "b"}
        notices.say(conn, notices.MQL, "a", {notices.READER: "person:manager@workspace.example"}, LATER)
    with store.write() as conn:
        assert notices.untold(conn, notices.MQL, ["a", "b", "c"]) == {"c"}
        assert notices.take_note(conn, notices.MQL, ["a", "b", "c"], LATER) == {"c"}
        notices.say(conn, notices.MQL, "c", {"count": 1})
    with store.write() as conn:
        assert [one.about for one in notices.ongoing(conn)] == []  # nothing of it is an operation that lasts
        first = notices.claim(conn, NOW)
        assert first is not None
        assert (first.about, notices.claim(conn, NOW)) == ("c", None)
        second = notices.claim(conn, LATER)
        assert second is not None
        assert (second.about, notices.claim(conn, LATER)) == ("a", None)  # and "b" is said in it


def test_a_notice_that_was_said_is_not_said_differently(conn: Connection) -> None:
    """Words are given once."""
    notices.take_note(conn, notices.MQL, ["a"], NOW)
    for count in (1, 2):
        notices.say(conn, notices.MQL, "a", {"count": count})
    told = notices.claim(conn, NOW)
    assert told is not None
    assert told.told == {"count": 1}


def test_a_notice_its_reader_cannot_get_goes_to_revops(conn: Connection) -> None:
    """Once more from the beginning, with the same words."""
    notices.take_note(conn, notices.MQL, ["a"], NOW)
    notices.say(conn, notices.MQL, "a", {notices.READER: "person:x@workspace.example", "count": 1})
    refused = notices.claim(conn, NOW)
    assert refused is not None
    notices.redirect(conn, refused, NOW)
    again = notices.claim(conn, NOW)
    assert again is not None
    assert (again.id, again.told) == (refused.id, {"count": 1})
