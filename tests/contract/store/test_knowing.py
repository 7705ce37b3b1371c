"""What plans compare the warehouse with: every account in key order, links and absences included (D13, D22, D28)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from connector.model import ACCOUNTS, Intent, Known, Outcome, OutcomeKind, Settled
from connector.store import Store, knowing, memory, tables
from connector.store.knowing import SOME
from connector.store.ledger import SqlLedger
from tests.contract.store_fixture import NOW

RUN = "r-000001"
CRM = "salesforce"


def decided(store: Store, *keys: str) -> None:
    """Accounts that were decided, as far as planning reads that."""
    rows = [{"account_key": key, "decide_fp": f"d-{key}", "run": RUN, "document": b"[0]"} for key in keys]
    with store.write() as conn:
        conn.execute(tables.decisions.insert(), rows)


def settled(store: Store, key: str, mapping: str = CRM, record_id: str | None = "001") -> None:
    row = Settled(Outcome(key, OutcomeKind.UPDATED, record_id), f"w-{key}", {}, {})
    with store.write() as conn:
        memory.settle(conn, mapping, RUN, NOW, [row])


def known(store: Store, keys: Sequence[str] | None = None) -> dict[str, Known]:
    return dict(SqlLedger(store).known([CRM], keys))


def test_each_account_has_its_fingerprints_and_links(store: Store) -> None:
    """Decision, settled mappings and those with a record; other mappings are not looked at."""
    decided(store, "a", "b", "c")
    settled(store, "a")
    settled(store, "a", "hubspot")
    settled(store, "b", record_id=None)

    assert known(store) == {
        "a": Known(("d-a", "w-a"), (True,)),
        "b": Known(("d-b", "w-b"), (False,)),
        "c": Known(("d-c", None), (False,)),
    }
    assert known(store, ["c", "a", "unknown"]).keys() == {"a", "c"}


def test_a_send_in_flight_has_no_fingerprint(store: Store) -> None:
    """Nobody knows what the CRM holds of it, so it is due."""
    decided(store, "a")
    settled(store, "a")
    with store.write() as conn:
        memory.intend(conn, CRM, [Intent("a", "001", "key", {}, {})])

    assert known(store)["a"] == Known(("d-a", None), (True,))


def test_mappings_come_in_the_order_asked_for(store: Store) -> None:
    """The decision's fingerprint, then one per mapping; without mappings the decision's alone."""
    decided(store, "a")
    settled(store, "a", "hubspot")
    ledger = SqlLedger(store)

    assert list(ledger.known([CRM, "hubspot"])) == [("a", Known(("d-a", None, "w-a"), (False, True)))]
    assert list(ledger.known([])) == [("a", Known(("d-a",)))]


def test_a_deferred_record_that_waits_is_not_due(store: Store) -> None:
    """With the value that was tried it waits for its time; then it is due."""
    decided(store, "a")
    settled(store, "a")
    with store.write() as conn:
        memory.intend(conn, CRM, [Intent("a", "001", "key", {}, {})])
        conn.execute(tables.intents.update().values(not_before=NOW))

    assert known(store)["a"].fingerprints == ("d-a", "w-a")


def test_every_account_comes_once_in_byte_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over any number of pages, whatever the alphabet (D28)."""
    keys = ["a", "B", "ä", "z", "_", "10", "9", "a-b", "a b", "😀", "ﬀ"]
    decided(store, *keys)
    monkeypatch.setattr(knowing, "PAGE", 3)

    assert [key for key, _ in SqlLedger(store).known([CRM])] == sorted(keys, key=str.encode)


def undecided(store: Store, *mappings: str, keys: Sequence[str] | None = None) -> list[tuple[str, Known]]:
    return list(SqlLedger(store).known(mappings, keys, decided=False))


def test_where_nothing_is_decided_those_sent_are_known(store: Store) -> None:
    """Accounts these mappings settled or were about to send, with the mappings' fingerprints and no decision's."""
    decided(store, "a", "decided-once")
    settled(store, "a")
    settled(store, "other", "hubspot")
    settled(store, "without-record", record_id=None)
    with store.write() as conn:
        memory.intend(conn, CRM, [Intent("in-flight", "001", "key", {}, {}), Intent("a", "001", "key", {}, {})])

    assert undecided(store, CRM) == [
        ("a", Known((None,), (True,))),
        ("in-flight", Known((None,), (False,))),
        ("without-record", Known(("w-without-record",), (False,))),
    ]
    assert undecided(store, "hubspot", CRM)[2] == ("other", Known(("w-other", None), (True, False)))
    assert undecided(store, CRM, keys=["without-record", "other", "nobody"]) == undecided(store, CRM)[2:]
    assert undecided(store) == undecided(store, CRM, keys=[]) == []


def test_where_nothing_is_decided_every_account_comes_once_in_byte_order(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over any number of pages, whether settled, in flight, both, or in two mappings (D28)."""
    keys = ["a", "B", "ä", "z", "_", "10", "9", "a-b", "a b", "😀", "ﬀ"]
    for number, key in enumerate(keys):
        if number % 3:
            settled(store, key, record_id=f"{number}")
        if number % 2 or not number % 3:
            with store.write() as conn:
                memory.intend(conn, "hubspot", [Intent(key, None, "key", {}, {})])
    monkeypatch.setattr(knowing, "PAGE", 3)

    assert [key for key, _ in undecided(store, CRM, "hubspot")] == sorted(keys, key=str.encode)


@pytest.mark.parametrize("decides", [True, False])
def test_any_number_of_accounts_can_be_asked_for(store: Store, decides: bool) -> None:
    """More keys than a query takes are asked for in several, each answered once."""
    keys = [f"a-{number:04}" for number in range(2 * SOME + 1)]
    decided(store, *keys)
    with store.write() as conn:
        memory.settle(conn, CRM, RUN, NOW, [Settled(Outcome(key, OutcomeKind.UPDATED), "w", {}, {}) for key in keys])

    assert [key for key, _ in SqlLedger(store).known([CRM], keys[::-1], decided=decides)] == keys


def test_absence_is_remembered_since_it_was_first_noticed(store: Store) -> None:
    """A second notice does not restart the clock; being back ends it; another source's key of that name is another."""
    decided(store, "a", "b")
    ledger = SqlLedger(store)
    ledger.sighted(ACCOUNTS, ["a", "b"], [], NOW)
    ledger.sighted(ACCOUNTS, ["a"], ["b"], NOW + timedelta(days=1))
    ledger.sighted("people", ["b"], ["a"], NOW + timedelta(days=1))

    assert {key: one.missing_since for key, one in known(store).items()} == {"a": NOW, "b": None}


def test_an_empty_store_knows_nobody(store: Store) -> None:
    """Nothing is known before anything was decided."""
    assert known(store) == known(store, ["a"]) == known(store, []) == {}
