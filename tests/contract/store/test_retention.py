"""What is kept for how long (D35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.model import Outcome, OutcomeKind, Route, Settled
from connector.store import Store, audit, decisions
from connector.store.ledger import SqlLedger
from connector.store.retention import Retention, forget
from tests.contract.store.test_decisions import FULL
from tests.contract.store_fixture import NOW

MAPPING = "salesforce.Account"
KEYS = [f"acct-{number}" for number in range(5)]


@pytest.fixture(autouse=True)
def few_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several steps, without thousands of rows."""
    monkeypatch.setattr("connector.store.retention.STEP", 2)


def run(ledger: SqlLedger, at: datetime, score: int) -> str:
    """A run that decides differently and writes every account."""
    run_id = ledger.start_run("full", at)
    made = [replace(FULL, account_key=key, reason=f"score {score}", route=Route.HOLD, routed_at=at) for key in KEYS]
    ledger.commit_decisions(run_id, [(one, f"fp {score}") for one in made], [])
    changes = {"Score": (score - 1, score)}
    rows = [
        Settled(Outcome(key, OutcomeKind.UPDATED, "001"), "fp", {}, {"Score": score}, "key", changes) for key in KEYS
    ]
    ledger.settle(MAPPING, run_id, at, rows)
    return run_id


def test_old_rows_go_and_what_stays_is_told_as_before(store: Store) -> None:
    """Of four runs the audit of the two newest is kept, and the replaced decisions of the three newest."""
    ledger = SqlLedger(store)
    first, second, third, fourth = (run(ledger, NOW + timedelta(days=10 * n), n) for n in range(1, 5))
    retention = Retention(audit_days=15, history_days=25)

    forgotten = forget(store, retention, NOW + timedelta(days=40))

    assert forgotten == 2 * len(KEYS) + len(KEYS)
    assert {name: bool(ledger.changes(name)) for name in (first, second, third, fourth)} == {
        first: False,
        second: False,
        third: True,
        fourth: True,
    }
    assert {dict(one.fields)["Score"] for one in ledger.changes(third)[MAPPING]} == {(2, 3)}
    with store.read() as conn:
        assert [name for name, _ in decisions.history(conn, KEYS[0])] == [second, third, fourth]
        assert len(audit.of_account(conn, KEYS[0], 10)) == 2


def test_nothing_old_is_nothing_to_do(store: Store) -> None:
    """A young store is left alone, and a second time there is nothing left to forget."""
    ledger = SqlLedger(store)
    run(ledger, NOW, 1)
    run(ledger, NOW + timedelta(days=1), 2)

    assert forget(store, Retention(), NOW + timedelta(days=80)) == 0
    assert forget(store, Retention(), NOW + timedelta(days=500)) == 3 * len(KEYS)
    assert forget(store, Retention(), NOW + timedelta(days=500)) == 0


def test_the_decision_in_force_is_never_forgotten(store: Store) -> None:
    """However long ago it was made."""
    ledger = SqlLedger(store)
    run(ledger, NOW, 1)

    forget(store, Retention(), NOW + timedelta(days=5_000))

    assert set(ledger.decisions(KEYS)) == set(KEYS)
