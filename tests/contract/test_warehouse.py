"""What every warehouse must do, whatever database is behind it: reaching and reading it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

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
from tests.databases import WAREHOUSES, Database, opened


@pytest.fixture(params=WAREHOUSES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind in turn."""
    with opened(request.param, tmp_path) as one:
        yield one


# --- relations and columns --------------------------------------------------------------------------


def test_reads_a_table_a_view_a_query_and_a_qualified_name(database: Database) -> None:
    """A relation is a table, a view, a name with its schema, or a query."""
    database.run(
        "CREATE TABLE accounts (id TEXT, score INTEGER)",
        "INSERT INTO accounts VALUES ('hot', 92), ('quiet', 12)",
        "CREATE VIEW warm AS SELECT * FROM accounts WHERE score > 50",
    )
    queries = (
        "accounts",
        "warm",
        f"{database.schema}.warm",
        "SELECT id, score FROM accounts WHERE score > 50",
        "with w as (select * from warm) select * from w where '12:30' <> ' :no_parameter' and '%' = '%'; ",
        "SELECT * FROM warm -- closes with a comment",
    )

    counts = {query: len(read(database, Relations(accounts(query, score="integer")))) for query in queries}

    assert counts == {query: 2 if query == "accounts" else 1 for query in queries}


@pytest.mark.parametrize("name", ["a score", 'a "b"', "100% b", "a: (b)", "A;--", "a'b", "order"])
def test_column_names_are_quoted(database: Database, name: str) -> None:
    """A column may have any name; none of it is read as SQL."""
    quoted = name.replace('"', '""').replace("%", "%%" if database.kind in ("postgresql", "mariadb") else "%")
    database.run(f'CREATE TABLE accounts (id TEXT, "{quoted}" INTEGER)', "INSERT INTO accounts VALUES ('hot', 92)")
    relation = Relation("accounts", {"key": Column("id", ColumnType.TEXT), "score": Column(name, ColumnType.INTEGER)})

    assert check(database, Relations(relation)) == []
    assert read_one(database, relation)["score"] == 92


def test_one_column_may_be_declared_twice(database: Database) -> None:
    """Two logical columns may share a physical one."""
    database.run("CREATE TABLE accounts (id TEXT)", "INSERT INTO accounts VALUES ('hot')")
    relation = Relation("accounts", {name: Column("id", ColumnType.TEXT) for name in ("key", "name")})

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
    database.run("CREATE TABLE accounts (id TEXT)")
    database.insert("accounts", [{"id": key} for key in keys])

    assert [record.key for record in read(database, Relations(accounts()))] == sorted(keys, key=str.encode)


def test_numeric_keys_are_read_and_ordered_as_text(database: Database) -> None:
    """Accounts keyed by a number are found by its text, and ordered like any other key."""
    database.run("CREATE TABLE accounts (id INTEGER)", "INSERT INTO accounts VALUES (9), (10), (100)")
    relations = Relations(accounts())

    assert [record.key for record in read(database, relations)] == ["10", "100", "9"]
    assert [record.key for record in read(database, relations, ["9", "100"])] == ["100", "9"]


def test_asks_for_keys_bytewise_and_once(database: Database) -> None:
    """Only the accounts asked for are read, each once, even where their number exceeds one query."""
    database.run("CREATE TABLE accounts (id TEXT)", SIGNALS_TABLE)
    database.insert("accounts", [{"id": f"account-{number:04}"} for number in range(1_300)])
    database.insert("signals", [signal(f"account-{number:04}", "limit_hit", "2026-06-01") for number in range(1_300)])
    wanted = [f"account-{number:04}" for number in range(1_201)]

    records = read(database, Relations(accounts(), SIGNALS), [*reversed(wanted), "ACCOUNT-0001", wanted[0]])

    assert [record.key for record in records] == wanted
    assert all(len(record.signals) == 1 for record in records)


def test_signals_and_people_follow_their_account(database: Database) -> None:
    """Each record holds its own signals, newest first, and its people; strangers' rows are passed over."""
    database.run("CREATE TABLE accounts (id TEXT)", SIGNALS_TABLE, PEOPLE_TABLE)
    database.insert("accounts", [{"id": key} for key in ("b", "d", "e")])
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
    database.run("CREATE TABLE accounts (id TEXT)", "INSERT INTO accounts VALUES ('a')", SIGNALS_TABLE)
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
    """What is loaded during a read is not seen by it, in any relation; DuckDB lets nobody load meanwhile."""
    if database.kind == "sqlite":
        database.run("PRAGMA journal_mode = WAL")
    database.run("CREATE TABLE accounts (id TEXT)", "INSERT INTO accounts VALUES ('a')", SIGNALS_TABLE)
    warehouse = SqlWarehouse(database.url, Relations(accounts(), SIGNALS))

    with warehouse.reading() as reading:
        before = list(reading.records())
        with pytest.raises(OperationalError) if database.kind == "duckdb" else nullcontext():
            database.run("INSERT INTO accounts VALUES ('b')")
            database.insert("signals", [signal("a", "limit_hit", "2026-06-01")])
        after = list(reading.records())

    assert before == after == [Record("a", {"key": "a"})]


def test_a_read_may_be_left_half_way(database: Database) -> None:
    """Stopping after the first record leaves nothing open."""
    database.run("CREATE TABLE accounts (id TEXT)")
    database.insert("accounts", [{"id": f"{number:05}"} for number in range(3_000)])
    warehouse = SqlWarehouse(database.url, Relations(accounts()))

    with warehouse.reading() as reading:
        records = reading.records()
        first = next(records)

    assert first.key == "00000"


def test_a_reading_cannot_write(database: Database) -> None:
    """Not even a query that tries to can change the warehouse."""
    database.run("CREATE TABLE accounts (id TEXT)", "INSERT INTO accounts VALUES ('a')")
    sneaky = "WITH gone AS (DELETE FROM accounts RETURNING id) SELECT id FROM gone"

    with pytest.raises(WarehouseError):
        read(database, Relations(accounts(sneaky)))

    assert len(read(database, Relations(accounts()))) == 1


# --- reaching it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_mistyped_path_creates_nothing(kind: str, tmp_path: Path) -> None:
    """A file that is not there is an error, and still not there afterwards."""
    path = tmp_path / "warehose.db"
    warehouse = SqlWarehouse(f"{kind}:///{path}", Relations(accounts()))

    with pytest.raises(WarehouseError, match=r"no such file|does not exist"):
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
        connection.executescript("CREATE TABLE accounts (id TEXT); INSERT INTO accounts VALUES ('acme')")

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


@contextmanager
def being_loaded(path: Path) -> Iterator[Callable[[], None]]:
    """A DuckDB file that another process has open to write, until it is told to be done."""
    code = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print(flush=True); sys.stdin.read(); held.close()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as loader:
        assert loader.stdout
        loader.stdout.readline()
        yield lambda: loader.communicate() and None


def test_a_busy_file_is_waited_for(tmp_path: Path) -> None:
    """A DuckDB file that is being loaded is tried again until the load is over (D51)."""
    waited: list[float] = []
    with opened("duckdb", tmp_path) as database:
        database.run("CREATE TABLE accounts (id TEXT)", "INSERT INTO accounts VALUES ('a')")
        with being_loaded(tmp_path / "warehouse.duckdb") as done:

            def sleep(seconds: float) -> None:
                waited.append(seconds)
                if len(waited) == 3:
                    done()

            with SqlWarehouse(database.url, Relations(accounts()), sleep=sleep).reading() as reading:
                keys = [record.key for record in reading.records()]

    assert keys == ["a"]
    assert len(waited) == 3
    assert waited == sorted(waited)


def test_a_file_that_stays_busy_is_told_so(tmp_path: Path) -> None:
    """In the end it is an error that says what to do (D51)."""
    waited: list[float] = []
    with opened("duckdb", tmp_path) as database, being_loaded(tmp_path / "warehouse.duckdb"):
        warehouse = SqlWarehouse(database.url, Relations(accounts()), sleep=waited.append)
        with pytest.raises(WarehouseError, match="is busy: another process"):
            warehouse.check()

    assert len(waited) == 5
    assert sum(waited) < 60


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
