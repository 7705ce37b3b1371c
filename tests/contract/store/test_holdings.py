"""How many accounts each person has by the decisions in force: counted once, then kept beside every change (D14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from connector.model import Route
from connector.store import Store, decisions, holdings, tables
from connector.store.ledger import SqlLedger
from tests.contract.store.test_decisions import FULL

A, B = "ae-1@workspace.example", "ae-2@workspace.example"
ACCOUNTS = 7


@pytest.fixture(autouse=True)
def few_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several pages, without thousands of rows."""
    monkeypatch.setattr("connector.store.holdings.PAGE", 3)


def decide(store: Store, run: int, owners: Mapping[int, str | None], route: Route = Route.ASSIGN_AE) -> None:
    """A run that gives these accounts to these people."""
    made = [replace(FULL, account_key=f"acct-{n}", route=route, routed_to=owner) for n, owner in owners.items()]
    SqlLedger(store).commit_decisions(f"r-{run:06d}", [(one, f"fp-{run}") for one in made], [])


def held(store: Store) -> dict[str, int]:
    return dict(SqlLedger(store).holdings((A, B)))


def test_accounts_decided_before_are_counted(store: Store) -> None:
    """A store from before anybody had a capacity: page by page to the last account."""
    decide(store, 1, {n: (A, B)[n % 2] for n in range(ACCOUNTS)})

    assert held(store) == {A: 4, B: 3}


def test_an_empty_store_has_given_nobody_anything(store: Store) -> None:
    """And what is decided next counts."""
    assert held(store) == {A: 0, B: 0}
    decide(store, 1, {0: A, 1: A})
    assert held(store) == {A: 2, B: 0}


def test_every_change_is_counted(store: Store) -> None:
    """Handed on, held, decided anew without a change: the count is that of the decisions in force."""
    held(store)
    decide(store, 1, dict.fromkeys(range(ACCOUNTS), A))
    decide(store, 2, {0: B, 1: None})
    decide(store, 3, {2: A})
    decide(store, 4, {3: None}, Route.HOLD)

    assert held(store) == {A: 4, B: 1}


def test_who_is_only_told_of_an_account_does_not_have_it(store: Store) -> None:
    """An FYI goes to whoever has it already: it is nobody's share of a pool."""
    decide(store, 1, {0: A}, Route.FYI_OWNER)
    assert held(store) == {A: 0, B: 0}
    decide(store, 2, {0: A}, Route.ASSIGN_SDR)
    assert held(store) == {A: 1, B: 0}


@pytest.mark.parametrize("counted", [0, 1, 2])
def test_what_changes_while_it_is_counted_is_counted_once(store: Store, counted: int) -> None:
    """Between two pages accounts before and after the page reached move: none is lost, none counts twice."""
    decide(store, 1, dict.fromkeys(range(ACCOUNTS), A))
    for _ in range(counted):
        with store.write() as conn:
            holdings._count_on(conn)
    decide(store, 2, {0: B, ACCOUNTS - 1: B})

    assert held(store) == {A: ACCOUNTS - 2, B: 2}


def test_nothing_is_counted_that_nobody_asks_for(store: Store) -> None:
    """Without a capacity the store keeps no count."""
    decide(store, 1, {0: A})
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.marks)).scalar_one() == 0


def test_a_broken_transaction_counts_nothing(store: Store) -> None:
    """The count and the decisions are committed together."""
    held(store)
    with pytest.raises(RuntimeError):
        decide_and_break(store)
    assert held(store) == {A: 0, B: 0}


def decide_and_break(store: Store) -> None:
    with store.write() as conn:
        decisions.append(conn, "r-000001", [(replace(FULL, route=Route.ASSIGN_AE, routed_to=A), "fp")])
        raise RuntimeError


def test_what_is_routed_to_somebody_is_found(store: Store) -> None:
    """Whatever the route, in key order; others' and nobody's accounts are left out."""
    decide(store, 1, {0: A, 1: B, 2: None})
    decide(store, 2, {3: A}, Route.FYI_OWNER)

    with store.read() as conn:
        assert list(holdings.routed_to(conn, A)) == ["acct-0", "acct-3"]
