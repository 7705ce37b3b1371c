"""Plans over real warehouses and a real store: exactly what moved, whoever fingerprints it (D13, D22, D28)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.mapping.reading import build
from connector.model import Outcome, OutcomeKind, Settled
from connector.plan import Basis
from connector.planning import planning
from connector.store import Store, memory, migrate, tables
from connector.store.ledger import SqlLedger
from connector.warehouse import Relations, SqlWarehouse
from tests.contract.warehouses import SIGNALS, SIGNALS_TABLE, accounts, signal
from tests.databases import WAREHOUSES, Database, opened
from tests.unit.mapping.files import document

AT = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
FIELDS = {"S": {"from": "score", "merge": "warehouse_wins", "on_missing": "clear"}}
TOLD = {"T": {"from": "decision.tier", "merge": "warehouse_wins"}}
MAPPINGS = [build(name, document(fields), {"key", "score", "motion"}) for name, fields in (("s", FIELDS), ("t", TOLD))]
BASIS = Basis(MAPPINGS, frozenset({"motion", "not_declared"}), "definitions-1")
RELATIONS = Relations(accounts(score="decimal", motion="text"), SIGNALS)
KEYS = [f"a-{number:02}" for number in range(40)]
Due = dict[str, set[str]]


@pytest.fixture(params=WAREHOUSES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Forty accounts, none with a signal."""
    with opened(request.param, tmp_path) as one:
        one.run("CREATE TABLE accounts (id TEXT, score DOUBLE PRECISION, motion TEXT)", SIGNALS_TABLE)
        one.insert("accounts", [{"id": key, "score": 1.5, "motion": None} for key in KEYS])
        yield one


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(url)
    one = Store.open(url)
    yield one
    one.close()


def due(database: Database, store: Store, *, settle: bool = False, days: int = 0, **options: object) -> Due:
    """What a plan says is due, by account; with `settle`, as if the CRMs had taken it."""
    ledger = SqlLedger(store)
    now = AT + timedelta(days=days)
    with planning(SqlWarehouse(database.url, RELATIONS), ledger, BASIS, now, **options) as plan:  # type: ignore[arg-type]
        found = list(plan.rows())
        for source, missing, back in plan.sightings(1_000):
            ledger.sighted(source, missing, back, now)
    assert all(one.gone or one.record.values["key"] == one.record.key for one in found)
    with store.write() as conn:
        for one in found if settle else []:
            key, row = one.record.key, {"decide_fp": one.decide_fp, "run": "r-000001", "document": b"[0]"}
            conn.execute(tables.decisions.delete().where(tables.decisions.c.account_key == key))
            conn.execute(tables.decisions.insert().values(account_key=key, **row))
            for name in one.due:
                settled = Settled(Outcome(key, OutcomeKind.UPDATED, "001"), one.wanted_fp[name], {}, {})
                memory.settle(conn, name, "r-000001", now, [settled])
    return {one.record.key: set(one.due) for one in found}


def test_a_first_plan_has_everyone_and_the_next_nobody(database: Database, store: Store) -> None:
    """Everything is due before anything was settled, and nothing after."""
    assert due(database, store, settle=True) == {key: {"s", "t"} for key in KEYS}
    assert due(database, store) == {}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE accounts SET score = 2.5 WHERE id = 'a-03'", {"a-03": {"s"}}),
        ("UPDATE accounts SET score = NULL WHERE id = 'a-03'", {"a-03": {"s"}}),
        ("UPDATE accounts SET motion = '' WHERE id = 'a-03'", {"a-03": {"t"}}),
        ("INSERT INTO accounts VALUES ('b', 1, 'plg')", {"b": {"s", "t"}}),
        ("INSERT INTO signals VALUES ('a-39', 'limit_hit', '2026-03-01', NULL, NULL)", {"a-39": {"t"}}),
        ("UPDATE accounts SET score = 2.5", {key: {"s"} for key in KEYS}),
    ],
)
def test_exactly_what_moved_is_due(database: Database, store: Store, change: str, expected: Due) -> None:
    """A value, a null, a blank, a new account, a signal, all at once: what uses it is due, and nothing else."""
    due(database, store, settle=True)
    database.run(change)

    assert due(database, store) == expected


def test_a_limit_and_keys_narrow_a_plan(database: Database, store: Store) -> None:
    """The first that moved, or those asked for."""
    due(database, store, settle=True)
    database.run("UPDATE accounts SET score = 2.5 WHERE id > 'a-35'")

    assert list(due(database, store, limit=2)) == ["a-36", "a-37"]
    assert list(due(database, store, keys=["a-39", "a-01", "none"])) == ["a-39"]


def test_an_account_that_vanished_is_due_once_after_three_days(database: Database, store: Store) -> None:
    """Where its mapping clears; back again, it is due as before (D22)."""
    due(database, store, settle=True)
    database.run("DELETE FROM accounts WHERE id = 'a-03'")
    seen = [due(database, store, settle=True, days=days) for days in (0, 2, 3, 4)]
    database.insert("accounts", [{"id": "a-03", "score": 1.5, "motion": None}])

    assert seen == [{}, {}, {"a-03": {"s"}}, {}]
    assert due(database, store, days=5) == {"a-03": {"s"}}


def test_signals_of_strangers_make_nobody_due(database: Database, store: Store) -> None:
    """A signal that names no account is passed over."""
    due(database, store, settle=True)
    database.insert("signals", [signal("nobody", "limit_hit", "2026-03-01")])

    assert due(database, store) == {}
