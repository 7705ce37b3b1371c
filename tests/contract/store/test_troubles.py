"""Records in trouble, and pauses, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, select

from connector.model import Intent, Outcome, OutcomeKind, Pause, Settled
from connector.store import memory, pauses, tables, troubles
from tests.contract.store_fixture import NOW

MAPPING = "salesforce.Account"
RUN = "r-000001"
LATER = NOW + timedelta(minutes=5)


def settle(conn: Connection, key: str, kind: OutcomeKind, code: str | None = None, **more: object) -> None:
    """How a record ended."""
    outcome = Outcome(key, kind, None, code, code and "data value too large", more.pop("advice", None), ("001", "002"))  # type: ignore[arg-type]  # given by name
    row = Settled(outcome, "fp", {"a": 1}, {}, None, **more)  # type: ignore[arg-type]  # given by name
    memory.settle(conn, MAPPING, RUN, more.get("at", NOW), [row])  # type: ignore[arg-type]  # given by name


def due(conn: Connection, *keys: str) -> set[str]:
    """Those of `keys` whose fingerprint says that they are due."""
    known = memory.load(conn, MAPPING, keys)
    in_flight = set(
        conn.execute(select(tables.intents.c.account_key).where(tables.intents.c.not_before.is_(None))).scalars()
    )
    return {key for key in keys if key in in_flight or known[key].wanted_fp != "fp"}


def test_rejects_are_listed_in_the_crms_own_words(conn: Connection) -> None:
    """Refused and inexpressible records are listed in bytewise key order; a later success ends that."""
    for key, kind in (
        ("b", OutcomeKind.REJECTED),
        ("B", OutcomeKind.INVALID),
        ("ok", OutcomeKind.UPDATED),
        ("a", OutcomeKind.REJECTED),
    ):
        settle(conn, key, kind, None if key == "ok" else "STRING_TOO_LONG", advice="shorten it")
    settle(conn, "a", OutcomeKind.UPDATED)

    listed = troubles.rejects(conn)

    assert [(row.account, row.outcome) for row in listed] == [("B", "invalid"), ("b", "rejected")]
    assert {(row.code, row.message, row.advice) for row in listed} == {
        ("STRING_TOO_LONG", "data value too large", "shorten it")
    }
    assert {(row.mapping, row.since, row.tries, row.run) for row in listed} == {(MAPPING, NOW, 1, RUN)}


def test_held_lists_edits_beside_writes_too(conn: Connection) -> None:
    """Held records and those written with an edit beside them are listed, with candidates."""
    settle(conn, "twice", OutcomeKind.HELD, "AMBIGUOUS")
    settle(conn, "beside", OutcomeKind.UPDATED, "EDITED")
    settle(conn, "fine", OutcomeKind.UPDATED)
    settle(conn, "poison", OutcomeKind.REJECTED, "X")

    assert [(row.account, row.candidates) for row in troubles.held(conn)] == [
        ("beside", ("001", "002")),
        ("twice", ("001", "002")),
    ]
    assert troubles.edited(conn, MAPPING, None) == troubles.edited(conn, MAPPING, ["twice", "beside"]) == ["beside"]
    assert troubles.edited(conn, MAPPING, []) == []


def test_retry_touches_what_it_names(conn: Connection) -> None:
    """One account's trouble, or every refusal of the named mappings; what is well stays as it is."""
    settle(conn, "a", OutcomeKind.REJECTED, "X")
    settle(conn, "b", OutcomeKind.INVALID, "VALUE")
    settle(conn, "held", OutcomeKind.HELD, "NO_RECORD")
    settle(conn, "fine", OutcomeKind.UPDATED)
    everyone = ("a", "b", "held", "fine")

    assert troubles.retry(conn, ["a", "fine", "nobody"]) == {"a"}
    assert due(conn, *everyone) == {"a"}
    assert troubles.retry_all(conn, ["hubspot.companies"]) == 0
    assert troubles.retry_all(conn, [MAPPING]) == 2
    assert due(conn, *everyone) == {"a", "b"}
    assert troubles.retry(conn, ["held"]) == {"held"}
    assert due(conn, *everyone) == {"a", "b", "held"}


def test_deferred_record_waits_for_its_time(conn: Connection) -> None:
    """A record with a time is not due before it; a send in between is as much in doubt as any."""
    memory.intend(conn, MAPPING, [Intent("a", "001", "key", {"a": 1}, {})])
    assert due(conn, "a") == {"a"}
    settle(conn, "a", OutcomeKind.DEFERRED, "TRANSIENT", not_before=LATER)
    assert due(conn, "a") == set()
    assert memory.load(conn, MAPPING, ["a"])["a"].intended == {"a": 1}

    troubles.wake(conn, LATER - timedelta(seconds=1))
    assert due(conn, "a") == set()
    troubles.wake(conn, LATER)
    assert due(conn, "a") == {"a"}

    settle(conn, "a", OutcomeKind.DEFERRED, "TRANSIENT", not_before=LATER)
    memory.intend(conn, MAPPING, [Intent("a", "001", "key", {"a": 2}, {})])
    assert due(conn, "a") == {"a"}


def test_holder_of_a_record(conn: Connection) -> None:
    """Which account a CRM record is remembered for, per mapping."""
    memory.settle(conn, MAPPING, RUN, NOW, [Settled(Outcome("a", OutcomeKind.UPDATED, "001"), "fp", {}, {}, "key")])
    assert troubles.holder(conn, MAPPING, "001") == "a"
    assert troubles.holder(conn, MAPPING, "002") is None
    assert troubles.holder(conn, "hubspot.companies", "001") is None


def test_pauses_say_who_and_since_when(conn: Connection) -> None:
    """A pause stops what it names, one of everything stops all; the first word stands."""
    assert pauses.pause_of(conn, "full", "slack") is None
    assert pauses.pause(conn, "slack", NOW, "RevOps")
    assert not pauses.pause(conn, "slack", LATER, "somebody else")
    assert pauses.pause_of(conn, "full", "slack") == Pause("slack", NOW, "RevOps")
    assert pauses.pause_of(conn, "full") is None

    pauses.pause(conn, pauses.EVERYTHING, LATER, "RevOps")
    assert pauses.pause_of(conn, "full") == Pause("everything", LATER, "RevOps")
    assert list(pauses.paused(conn)) == ["everything", "slack"]
    assert pauses.resume(conn, ["everything", "full"]) == {"everything"}
    assert list(pauses.paused(conn)) == ["slack"]
