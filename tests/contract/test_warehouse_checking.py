"""What every warehouse checks, refuses and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from connector.errors import WarehouseError
from connector.funnel.motions import Motions
from connector.measure import motions
from connector.rules.motion import EXPECTED, MotionPolicy, motion
from connector.warehouse import SIGNAL_COLUMNS, Relation, Relations, SqlWarehouse
from tests.contract.warehouses import (
    PEOPLE,
    PEOPLE_TABLE,
    SIGNALS,
    SIGNALS_TABLE,
    accounts,
    check,
    follower,
    read,
    signal,
)
from tests.databases import WAREHOUSES, Database, opened

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
JULY = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture(params=WAREHOUSES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind in turn."""
    with opened(request.param, tmp_path) as one:
        yield one


# --- keys -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["NULL", "''", "'  '"])
def test_a_missing_account_key_is_refused(database: Database, key: str) -> None:
    """Rows without an account key stop a read and are counted (A18)."""
    database.run("CREATE TABLE accounts (id TEXT)", f"INSERT INTO accounts VALUES ({key}), ('acme'), ({key})")
    relations = Relations(accounts())

    with pytest.raises(WarehouseError, match=r"2 row\(s\) have no account key in 'id'"):
        read(database, relations)

    assert len(check(database, relations)) == (1 if key == "NULL" else 2)


def test_event_grain_is_refused(database: Database) -> None:
    """More than one row per account is refused, naming up to five accounts (A1)."""
    database.run("CREATE TABLE accounts (id TEXT)")
    database.insert("accounts", [{"id": f"a{number}"} for number in (1, 2, 3, 4, 5, 6, 7) for _ in range(3)])
    relations = Relations(accounts())

    (problem,) = check(database, relations)
    with pytest.raises(WarehouseError) as caught:
        read(database, relations)

    assert str(caught.value) == problem
    assert "'a1' (3 rows), 'a2' (3 rows), 'a3' (3 rows), 'a4' (3 rows), 'a5' (3 rows) and more" in problem
    assert "aggregate by account" in problem


def test_keys_that_differ_in_a_byte_are_two_accounts(database: Database) -> None:
    """Keys compare bytewise: another case, an accent or a space behind make another account (D28)."""
    keys = ["ACME", "acme", "acme ", "acmé"]
    database.run("CREATE TABLE accounts (id TEXT)")
    database.insert("accounts", [{"id": key} for key in reversed(keys)])

    assert check(database, Relations(accounts())) == []
    assert [record.key for record in read(database, Relations(accounts()))] == keys
    assert [record.key for record in read(database, Relations(accounts()), ["acme"])] == ["acme"]


def test_keys_of_mixed_storage_are_refused(tmp_path: Path) -> None:
    """A SQLite column without a type can hold texts and numbers; its keys have no one order."""
    with opened("sqlite", tmp_path) as database:
        database.run("CREATE TABLE accounts (id)", "INSERT INTO accounts VALUES ('acme'), (12)")

        with pytest.raises(WarehouseError, match="not byte order"):
            read(database, Relations(accounts()))


# --- checking ---------------------------------------------------------------------------------------


def test_a_warehouse_as_declared_has_no_problems(database: Database) -> None:
    """An empty list means: all is there, and of the types declared."""
    database.run(
        "CREATE TABLE accounts (id TEXT, score DECIMAL(5, 1))",
        "INSERT INTO accounts VALUES ('a', 92.5), ('b', NULL)",
        SIGNALS_TABLE,
        PEOPLE_TABLE,
    )

    assert check(database, Relations(accounts(score="decimal"), SIGNALS, PEOPLE)) == []


def test_every_missing_relation_and_column_is_reported(database: Database) -> None:
    """Missing relations and columns are all named at once, with the nearest that exists."""
    database.run("CREATE TABLE accounts (id TEXT, score INTEGER)", SIGNALS_TABLE)
    relations = Relations(accounts(scroe="integer", employees="integer"), follower("signal", SIGNAL_COLUMNS), PEOPLE)

    problems = check(database, relations)

    assert len(problems) == 4
    assert "no column 'scroe' (declared as 'scroe'). Did you mean 'score'?" in problems[0]
    assert "'employees'" in problems[1]
    assert "signals: cannot read signal" in problems[2]
    assert "Did you mean 'signals'?" in problems[2]
    assert "people: cannot read people" in problems[3]


def test_a_query_that_fails_is_reported_in_the_databases_words(database: Database) -> None:
    """A broken query is a problem of its relation, not a crash."""
    (problem,) = check(database, Relations(accounts("SELECT id FROM nowhere")))

    assert problem.startswith("accounts: cannot read a query: ")
    assert "nowhere" in problem


def test_signals_without_an_account_are_counted(database: Database) -> None:
    """Signals that name an unknown account, or none, are one problem with their number."""
    database.run("CREATE TABLE accounts (id TEXT)", "INSERT INTO accounts VALUES ('a')", SIGNALS_TABLE)
    database.insert("signals", [signal(key, "limit_hit", "2026-06-01") for key in ("a", "A", "gone", "gone")])

    (problem,) = check(database, Relations(accounts(), SIGNALS))

    assert "3 signal(s) name no account of accounts" in problem


def test_signals_must_say_what_and_when(database: Database) -> None:
    """A signal without kind or time is reported, and refused while reading."""
    database.run(
        "CREATE TABLE accounts (id TEXT)",
        "INSERT INTO accounts VALUES ('acme')",
        SIGNALS_TABLE,
        "INSERT INTO signals VALUES ('acme', 'limit_hit', NULL, NULL, NULL)",
    )
    relations = Relations(accounts(), SIGNALS)

    (problem,) = check(database, relations)
    with pytest.raises(WarehouseError, match="account 'acme': column 'occurred_at' is empty"):
        read(database, relations)

    assert "'occurred_at' is empty in 1 row(s)" in problem


def test_numbers_kept_as_text_are_wrong_types_in_all_rows(database: Database) -> None:
    """Check counts wrong values over the whole relation and shows one."""
    database.run("CREATE TABLE accounts (id TEXT, score TEXT)")
    database.insert("accounts", [{"id": f"a{number}", "score": "many"} for number in range(7)])

    (problem,) = check(database, Relations(accounts(score="integer")))

    assert "7 value(s) are not, for example 'many' of account 'a0'" in problem


# --- counting ---------------------------------------------------------------------------------------


def count(database: Database, relation: Relation, stages: Mapping[str, str]) -> dict[str, int]:
    """Accounts per stage in June 2026."""
    with SqlWarehouse(database.url, Relations(relation)).reading() as reading:
        return reading.counts(stages, JUNE, JULY)


def test_counts_hold_the_first_instant_and_not_the_last(database: Database) -> None:
    """A stage counts where since <= date < until, whatever form the date is stored in."""
    dates = (
        "2026-05-31T23:59:59Z",
        "2026-06-01",
        "2026-06-01T00:00:00Z",
        "2026-06-01T01:00:00+02:00",
        "2026-06-30 23:59:59",
        "2026-07-01T01:59:59+02:00",
        "2026-07-01",
        None,
    )
    database.run("CREATE TABLE accounts (id TEXT, pql_at TEXT)")
    database.insert("accounts", [{"id": f"{at}", "pql_at": at} for at in dates])

    assert count(database, accounts(pql_at="datetime"), {"pql": "pql_at"}) == {"pql": 4}


def test_native_dates_are_counted_in_utc(tmp_path: Path) -> None:
    """PostgreSQL's own dates and times count by the same instants."""
    query = (
        "SELECT 'a' AS id, DATE '2026-06-01' AS day, TIMESTAMP '2026-06-30 23:59:59' AS local, "
        "TIMESTAMPTZ '2026-07-01 01:59:59+02' AS zoned UNION ALL "
        "SELECT 'b', DATE '2026-07-01', TIMESTAMP '2026-05-31 23:59:59', TIMESTAMPTZ '2026-06-01 00:00:00+02'"
    )
    relation = accounts(query, day="date", local="datetime", zoned="datetime")
    with opened("postgresql", tmp_path) as database:
        counts = count(database, relation, {"a": "day", "b": "local", "c": "zoned"})

    assert counts == {"a": 1, "b": 1, "c": 1}


def test_counts_are_zero_without_rows_and_absent_without_a_column(database: Database) -> None:
    """Nothing counted is 0; nothing to count by is not configured (D45)."""
    database.run("CREATE TABLE accounts (id TEXT, pql_at TEXT)")

    assert count(database, accounts(pql_at="date"), {"pql": "pql_at", "sql": "sql_at"}) == {"pql": 0}
    assert count(database, accounts(), {"sql": "sql_at"}) == {}


def test_only_dates_are_counted_by(database: Database) -> None:
    """A stage over a column of another type, or over text that is no date, is refused rather than counted wrongly."""
    database.run("CREATE TABLE accounts (id TEXT, pql_at TEXT)", "INSERT INTO accounts VALUES ('a', '05-06-2026')")

    with pytest.raises(WarehouseError, match="declared text"):
        count(database, accounts(pql_at="text"), {"pql": "pql_at"})
    with pytest.raises(WarehouseError, match="stage 'pql' cannot be counted"):
        count(database, accounts(pql_at="datetime"), {"pql": "pql_at"})


# --- motions ----------------------------------------------------------------------------------------


def test_motions_are_counted_as_the_six_rules_find_them(database: Database) -> None:
    """The count of one query is that of every account's own motion, whichever dates it has; sign-ups stand beside."""
    columns = dict.fromkeys(("signup_at", *EXPECTED), "datetime")
    combinations = list(product((None, "2026-06-01T09:00:00Z"), repeat=len(columns)))
    rows = [dict(zip(columns, dates, strict=True)) for dates in combinations]
    database.run(f"CREATE TABLE accounts (id TEXT, {', '.join(f'{name} TEXT' for name in columns)})")
    database.insert("accounts", [{"id": f"a{place:03}", **row} for place, row in enumerate(rows)])
    relation = accounts(**columns)
    found = {record.key: motion(record, MotionPolicy()) for record in read(database, Relations(relation))}
    dated = [f"a{place:03}" for place, row in enumerate(rows) if any(row[name] for name in EXPECTED)]
    doubtful = [key for key, one in found.items() if one.flags]

    counted = motions(SqlWarehouse(database.url, Relations(relation)))

    assert counted == Motions(len(rows), len(dated), sum(found[key].name == "unknown" for key in dated))
    assert counted is not None
    assert counted.literal == sum(one.name == "unknown" for one in found.values()) / len(rows)
    assert set(doubtful) <= set(dated)


def test_motions_of_undeclared_dates_are_not_configured(database: Database) -> None:
    """Without any date of a stage nobody knows; a column that is no date has none (D45)."""
    database.run("CREATE TABLE accounts (id TEXT, pql_at TEXT, sql_at TEXT)")
    database.insert("accounts", [{"id": "a", "pql_at": "x", "sql_at": None}])

    assert motions(SqlWarehouse(database.url, Relations(accounts(pql_at="text")))) is None
    assert motions(SqlWarehouse(database.url, Relations(accounts(sql_at="date")))) == Motions(1, 0, 0)
