"""What every warehouse must do, whatever database is behind it: reaching and reading it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.errors import ConfigError, WarehouseError
from connector.model import ColumnType, Person, Record, Signal
from connector.warehouse import Column, Relation, Relations, SqlWarehouse
from tests.contract.warehouses import (
    PEOPLE,
    PEOPLE_TABLE,
    SIGNALS,
    SIGNALS_TABLE,
    accounts,
    check,
    read,
    read_one,
    signal,
)
from tests.databases import KINDS, Database, opened


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind in turn."""
    with opened(request.param, tmp_path) as one:
        yield one


# --- relations and columns --------------------------------------------------------------------------


def test_reads_a_table_a_view_a_query_and_a_qualified_name(database: Database) -> None:
    """A relation is a table, a view, a name with its schema, or a query."""
    database.run(
        "CREATE TABLE accounts (key TEXT, score INTEGER)",
        "INSERT INTO accounts VALUES ('hot', 92), ('quiet', 12)",
        "CREATE VIEW warm AS SELECT * FROM accounts WHERE score > 50",
    )
    queries = (
        "accounts",
        "warm",
        f"{database.schema}.warm",
        "SELECT key, score FROM accounts WHERE score > 50",
        "with w as (select * from warm) select * from w where '12:30' <> ' :no_parameter' and '%' = '%'; ",
        "SELECT * FROM warm -- closes with a comment",
    )

    counts = {query: len(read(database, Relations(accounts(query, score="integer")))) for query in queries}

    assert counts == {query: 2 if query == "accounts" else 1 for query in queries}


@pytest.mark.parametrize("name", ["a score", 'a "b"', "100% b", "a: (b)", "A;--", "a'b", "order"])
def test_column_names_are_quoted(database: Database, name: str) -> None:
    """A column may have any name; none of it is read as SQL."""
    quoted = name.replace('"', '""').replace("%", "%%" if database.kind == "postgresql" else "%")
    database.run(f'CREATE TABLE accounts (key TEXT, "{quoted}" INTEGER)', "INSERT INTO accounts VALUES ('hot', 92)")
    relation = Relation("accounts", {"key": Column("key", ColumnType.TEXT), "score": Column(name, ColumnType.INTEGER)})

    assert check(database, Relations(relation)) == []
    assert read_one(database, relation)["score"] == 92


def test_one_column_may_be_declared_twice(database: Database) -> None:
    """Two logical columns may share a physical one."""
    database.run("CREATE TABLE accounts (key TEXT)", "INSERT INTO accounts VALUES ('hot')")
    relation = Relation("accounts", {name: Column("key", ColumnType.TEXT) for name in ("key", "name")})

    assert read_one(database, relation) == {"key": "hot", "name": "hot"}


def test_declaration_is_judged_before_any_database(tmp_path: Path) -> None:
    """An incomplete declaration is a configuration error that names all of it."""
    signals = Relation(
        "signals",
        {"account_key": Column("a", ColumnType.TEXT), "ocurred_at": Column("b", ColumnType.DATETIME)},
    )

    with pytest.raises(ConfigError) as caught:
        SqlWarehouse(f"sqlite:///{tmp_path}/none.db", Relations(Relation("accounts", {}), signals))

    assert len(caught.value.problems) == 4
    assert "accounts: declare which column holds 'key'" in str(caught.value)
    assert "Did you mean 'occurred_at'?" in str(caught.value)


# --- reading ----------------------------------------------------------------------------------------


def test_records_come_in_byte_order(database: Database) -> None:
    """Keys are ordered by their UTF-8 bytes on every database (D28)."""
    keys = ["a", "B", "ä", "z", "_", "10", "9", "a-b", "a b", "😀", "ﬀ"]
    database.run("CREATE TABLE accounts (key TEXT)")
    database.insert("accounts", [{"key": key} for key in keys])

    assert [record.key for record in read(database, Relations(accounts()))] == sorted(keys, key=str.encode)


def test_numeric_keys_are_read_and_ordered_as_text(database: Database) -> None:
    """Accounts keyed by a number are found by its text, and ordered like any other key."""
    database.run("CREATE TABLE accounts (key INTEGER)", "INSERT INTO accounts VALUES (9), (10), (100)")
    relations = Relations(accounts())

    assert [record.key for record in read(database, relations)] == ["10", "100", "9"]
    assert [record.key for record in read(database, relations, ["9", "100"])] == ["100", "9"]


def test_asks_for_keys_bytewise_and_once(database: Database) -> None:
    """Only the accounts asked for are read, each once, even where their number exceeds one query."""
    database.run("CREATE TABLE accounts (key TEXT)", SIGNALS_TABLE)
    database.insert("accounts", [{"key": f"account-{number:04}"} for number in range(1_300)])
    database.insert("signals", [signal(f"account-{number:04}", "limit_hit", "2026-06-01") for number in range(1_300)])
    wanted = [f"account-{number:04}" for number in range(1_201)]

    records = read(database, Relations(accounts(), SIGNALS), [*reversed(wanted), "ACCOUNT-0001", wanted[0]])

    assert [record.key for record in records] == wanted
    assert all(len(record.signals) == 1 for record in records)


def test_signals_and_people_follow_their_account(database: Database) -> None:
    """Each record holds its own signals, newest first, and its people; strangers' rows are passed over."""
    database.run("CREATE TABLE accounts (key TEXT)", SIGNALS_TABLE, PEOPLE_TABLE)
    database.insert("accounts", [{"key": key} for key in ("b", "d", "e")])
    database.insert(
        "signals",
        [
            signal("a", "stranger", "2026-06-01"),
            signal("b", "pricing_view", "2026-06-01T10:00:00Z"),
            signal("b", "limit_hit", "2026-06-02T09:00:00+02:00", "usage limit"),
            signal("c", "stranger", "2026-06-01"),
            signal("e", "hand_raise", "2026-06-03 08:00"),
            signal("z", "stranger", "2026-06-01"),
        ],
    )
    database.run(
        "INSERT INTO people VALUES ('e', 'p2', NULL, NULL, NULL, NULL, NULL, NULL)",
        "INSERT INTO people VALUES ('e', 'p1', 'p1@buyer.example', 'Admin 1', 'CTO', TRUE, '2026-06-03', FALSE)",
        "INSERT INTO people VALUES (NULL, 'p3', NULL, NULL, NULL, NULL, NULL, NULL)",
    )

    by_key = {record.key: record for record in read(database, Relations(accounts(), SIGNALS, PEOPLE))}

    assert by_key["b"].signals == (
        Signal("limit_hit", datetime(2026, 6, 2, 7, tzinfo=UTC), "usage limit"),
        Signal("pricing_view", datetime(2026, 6, 1, 10, tzinfo=UTC)),
    )
    assert by_key["d"] == Record("d", {"key": "d"})
    assert [one.kind for one in by_key["e"].signals] == ["hand_raise"]
    assert by_key["e"].people == (
        Person("p1", "Admin 1", "CTO", "p1@buyer.example", True, datetime(2026, 6, 3, tzinfo=UTC), False),
        Person("p2", None, None),
    )


def test_words_for_signals_become_canonical_kinds(database: Database) -> None:
    """A warehouse may call a signal by its own word; unknown words pass and are listed by check (D16)."""
    database.run("CREATE TABLE accounts (key TEXT)", "INSERT INTO accounts VALUES ('a')", SIGNALS_TABLE)
    database.insert("signals", [signal("a", kind, "2026-06-01") for kind in ("quota_reached", "limit_hti")])
    relations = Relations(accounts(), SIGNALS)
    kinds = {"limit_hit": "limit_hit", "quota_reached": "limit_hit"}

    with SqlWarehouse(database.url, relations, kinds).reading() as reading:
        (record,) = reading.records()

    assert {one.kind for one in record.signals} == {"limit_hit", "limit_hti"}
    (problem,) = check(database, relations, kinds)
    assert "'limit_hti' is not a kind of signal plsync knows" in problem
    assert "Did you mean 'limit_hit'?" in problem


def test_a_reading_sees_one_moment(database: Database) -> None:
    """What is loaded during a read is not seen by it, in any relation."""
    if database.kind == "sqlite":
        database.run("PRAGMA journal_mode = WAL")
    database.run("CREATE TABLE accounts (key TEXT)", "INSERT INTO accounts VALUES ('a')", SIGNALS_TABLE)
    warehouse = SqlWarehouse(database.url, Relations(accounts(), SIGNALS))

    with warehouse.reading() as reading:
        before = list(reading.records())
        database.run("INSERT INTO accounts VALUES ('b')")
        database.insert("signals", [signal("a", "limit_hit", "2026-06-01")])
        after = list(reading.records())

    assert before == after == [Record("a", {"key": "a"})]


def test_a_read_may_be_left_half_way(database: Database) -> None:
    """Stopping after the first record leaves nothing open."""
    database.run("CREATE TABLE accounts (key TEXT)")
    database.insert("accounts", [{"key": f"{number:05}"} for number in range(3_000)])
    warehouse = SqlWarehouse(database.url, Relations(accounts()))

    with warehouse.reading() as reading:
        records = reading.records()
        first = next(records)

    assert first.key == "00000"


def test_a_reading_cannot_write(database: Database) -> None:
    """Not even a query that tries to can change the warehouse."""
    database.run("CREATE TABLE accounts (key TEXT)", "INSERT INTO accounts VALUES ('a')")
    sneaky = "WITH gone AS (DELETE FROM accounts RETURNING key) SELECT key FROM gone"

    with pytest.raises(WarehouseError):
        read(database, Relations(accounts(sneaky)))

    assert len(read(database, Relations(accounts()))) == 1


# --- reaching it ------------------------------------------------------------------------------------


def test_a_mistyped_path_creates_nothing(tmp_path: Path) -> None:
    """A SQLite file that is not there is an error, and still not there afterwards."""
    path = tmp_path / "warehose.db"
    warehouse = SqlWarehouse(f"sqlite:///{path}", Relations(accounts()))

    with pytest.raises(WarehouseError, match="no such file"):
        warehouse.check()

    assert not path.exists()


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    """A file of something else is named with the database's own words."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like one " * 50)

    with pytest.raises(WarehouseError, match="file is not a database"):
        SqlWarehouse(f"sqlite:///{path}", Relations(accounts())).check()


def test_a_path_may_hold_any_character(tmp_path: Path) -> None:
    """Characters that mean something in a file URI are only characters of a path."""
    path = tmp_path / "accounts #1 100%.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE accounts (key TEXT); INSERT INTO accounts VALUES ('acme')")

    with SqlWarehouse(f"sqlite:///{path}", Relations(accounts())).reading() as reading:
        assert [record.key for record in reading.records()] == ["acme"]


def test_an_unreachable_server_hides_the_password() -> None:
    """The message names the server and what to check, never the password."""
    pytest.importorskip("psycopg")
    url = "postgresql+psycopg://reader:hush@127.0.0.1:1/warehouse?password=hush"

    with pytest.raises(WarehouseError) as caught:
        SqlWarehouse(url, Relations(accounts())).check()

    assert "postgresql+psycopg://reader:***@127.0.0.1:1/warehouse" in str(caught.value)
    assert "hush" not in str(caught.value)
    assert "Check that it runs" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"), [("no url at all", "is not one SQLAlchemy understands"), ("nosuch://host/db", "needs a driver")]
)
def test_a_url_that_cannot_be_used(url: str, said: str) -> None:
    """A malformed URL and a missing driver are told apart."""
    with pytest.raises(WarehouseError, match=said):
        SqlWarehouse(url, Relations(accounts()))


def test_a_relation_that_vanishes_between_check_and_read(database: Database) -> None:
    """What the database refuses while reading is a WarehouseError with its words."""
    with pytest.raises(WarehouseError, match="accounts"):
        read(database, Relations(accounts()))
