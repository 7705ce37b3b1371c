"""Accounts are noted as touched whatever is remembered of them, from the first stamp on (D28)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from connector.model import ACCOUNTS, Intent, Outcome, OutcomeKind, Settled
from connector.store import Store, tables, troubles
from connector.store.ledger import SqlLedger
from tests.contract.store_fixture import NOW

CRM, RUN = "salesforce", "r-000001"


def decided(ledger: SqlLedger) -> None:
    with ledger.store.write() as conn:
        row = {"account_key": "a", "decide_fp": "d", "run": RUN, "document": b"[0]"}
        conn.execute(tables.decisions.insert().values(**row))


def intended(ledger: SqlLedger) -> None:
    ledger.intend(CRM, [Intent("a", "001", "key", {}, {})])


def settled(ledger: SqlLedger, kind: OutcomeKind = OutcomeKind.UPDATED) -> None:
    later = NOW + timedelta(hours=1) if kind is OutcomeKind.DEFERRED else None
    ledger.settle(CRM, RUN, NOW, [Settled(Outcome("a", kind, "001", code="X"), "w", {}, {}, not_before=later)])


def deferred(ledger: SqlLedger) -> None:
    settled(ledger, OutcomeKind.DEFERRED)


def retried(ledger: SqlLedger) -> None:
    with ledger.store.write() as conn:
        troubles.retry(conn, ["a"])


def woken(ledger: SqlLedger) -> None:
    ledger.wake(NOW + timedelta(days=1))


def missed(ledger: SqlLedger) -> None:
    ledger.sighted(ACCOUNTS, ["a"], [], NOW)


def found(ledger: SqlLedger) -> None:
    ledger.sighted(ACCOUNTS, [], ["a"], NOW)


def forgotten(ledger: SqlLedger) -> None:
    with ledger.store.write() as conn:
        for table in (tables.decisions, tables.memory):
            conn.execute(table.delete())


HISTORY: list[Callable[[SqlLedger], None]] = [
    decided,
    intended,
    deferred,
    woken,
    settled,
    retried,
    missed,
    found,
    forgotten,
]


def touched(ledger: SqlLedger, stamp: str) -> list[str]:
    """Whom a mirror of this stamp must be brought up to."""
    keys = [key for page in ledger.restamp(stamp) for key in page]
    ledger.mirrored(stamp)
    return keys


def test_everything_that_is_remembered_touches_its_account(store: Store) -> None:
    """Each step of a record's life is noted, once, and forgotten when the mirror was brought up."""
    ledger = SqlLedger(store)
    touched(ledger, "s")
    noted = []
    for number, step in enumerate(HISTORY):
        step(ledger)
        assert ledger.mirror_lags(), step.__name__
        noted.append(touched(ledger, f"s-{number}"))

    assert noted == [["a"]] * len(HISTORY)
    assert not ledger.mirror_lags()


def test_without_a_mirror_nothing_is_noted(store: Store) -> None:
    """A store whose plans have no use for it keeps no such list."""
    ledger = SqlLedger(store)
    for step in HISTORY:
        step(ledger)

    assert not ledger.mirror_lags()


def test_what_is_touched_meanwhile_stays_noted(store: Store) -> None:
    """Between setting out and arriving an account may be touched again: the mirror may not have seen that."""
    ledger = SqlLedger(store)
    touched(ledger, "s")
    decided(ledger)
    assert list(ledger.restamp("s-1")) == [["a"]]
    missed(ledger)
    ledger.mirrored("s-1")

    assert touched(ledger, "s-2") == ["a"]


@pytest.mark.parametrize("stamp", ["s", "never given"])
def test_only_the_newest_stamp_forgets(store: Store, stamp: str) -> None:
    """A plan that another one overtook clears nothing."""
    ledger = SqlLedger(store)
    touched(ledger, "s")
    decided(ledger)
    ledger.restamp("s-1")
    ledger.mirrored(stamp)

    assert ledger.mirror_lags()
    assert ledger.mark("mirror") == "s-1"


def test_many_are_told_page_by_page(store: Store) -> None:
    """In byte order, each once."""
    ledger = SqlLedger(store)
    touched(ledger, "s")
    keys = sorted(f"{word}-{number}" for word in ("a", "B", "ä") for number in range(700))
    ledger.sighted(ACCOUNTS, keys, [], NOW)

    pages = list(ledger.restamp("s-1"))

    assert [key for page in pages for key in page] == keys
    assert max(map(len, pages)) == 1_000
