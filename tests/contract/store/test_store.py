"""The store's promises about connections, transactions, times and failures, on both databases."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError, StatementError

from connector.errors import StoreError
from connector.store import Store, bindings, migrate, runs, tables
from tests.contract.store_fixture import NOW


def test_write_commits_at_its_end(store: Store) -> None:
    """What a write transaction stored is visible to the next connection."""
    with store.write() as conn:
        run_id = runs.start(conn, "full", NOW)

    with store.read() as conn:
        assert runs.get(conn, run_id) is not None


def test_an_exception_rolls_everything_back(store: Store) -> None:
    """A transaction that raises leaves nothing behind, and the exception is the caller's own."""

    def interrupted() -> None:
        with store.write() as conn:
            runs.start(conn, "full", NOW)
            raise RuntimeError("the plug was pulled")

    with pytest.raises(RuntimeError, match="the plug was pulled"):
        interrupted()

    with store.read() as conn:
        assert runs.latest(conn, 10) == []


def test_reading_refuses_to_write(store: Store) -> None:
    """A reading connection cannot write, so that nobody upgrades a read lock (D32)."""
    with store.read() as conn, pytest.raises(StoreError, match="may not be written"):
        runs.start(conn, "full", NOW)


def test_a_reader_sees_one_state(store: Store) -> None:
    """A write committed during a read does not show in it."""
    with store.read() as reader:
        before = runs.latest(reader, 10)
        with store.write() as writer:
            runs.start(writer, "full", NOW)

        assert runs.latest(reader, 10) == before == []


def test_times_come_back_aware_and_in_utc(store: Store) -> None:
    """An instant given in any zone comes back as the same instant in UTC, to the microsecond."""
    at = datetime(2026, 3, 2, 11, 30, 15, 123456, tzinfo=timezone(timedelta(hours=5, minutes=30)))

    with store.write() as conn:
        runs.start(conn, "full", at)
    with store.read() as conn:
        stored = runs.latest(conn, 1)[0].started_at

    assert stored == at
    assert stored.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_refused(store: Store) -> None:
    """A naive datetime is an error, never a guess."""
    with store.write() as conn, pytest.raises(StatementError, match="no time zone"):
        runs.start(conn, "full", NOW.replace(tzinfo=None))


def test_json_is_compact_sorted_text(store: Store) -> None:
    """Equal values are equal bytes whatever the order of their fields (P14)."""
    with store.write() as conn:
        run_id = runs.start(conn, "full", NOW)
        runs.finish(conn, run_id, "done", NOW, {"updated": 1, "created": None, "a": {"d": True, "c": "é\0"}}, None)
        stored = conn.execute(text("SELECT counts FROM runs")).scalar_one()

    assert stored == '{"a":{"c":"é\\u0000","d":true},"created":null,"updated":1}'


def test_foreign_keys_hold(store: Store) -> None:
    """A delivery cannot belong to an alert that does not exist; an unexpected failure is not dressed up."""
    row = {"alert_id": 99, "target": "dm:U1", "state": "pending", "attempt": 0}
    with pytest.raises(IntegrityError), store.write() as conn:
        conn.execute(insert(tables.deliveries).values(row))


def test_a_store_kept_busy_is_named_after_patience(store: Store, store_url: str) -> None:
    """A writer that waits longer than its patience gets advice instead of a driver's error (D32)."""
    hurried = Store.open(store_url, patience=0.05)
    with store.write() as conn:
        bindings.rebind(conn, "salesforce", "00D000000000001", NOW)
        with pytest.raises(StoreError, match="longer than the busy time-out"), hurried.write() as second:
            bindings.rebind(second, "salesforce", "00D000000000002", NOW)
    hurried.close()


def test_a_process_out_of_connections_is_told_so(store_url: str) -> None:
    """When every connection is in use, the next caller gets advice after its patience."""
    store = Store.open(store_url, patience=0.05)
    with ExitStack() as held:
        for _ in range(15):
            held.enter_context(store.read())
        with pytest.raises(StoreError, match="every connection of this process is in use"):
            store.current_revision()
    store.close()


def test_sqlite_runs_as_decided(tmp_path: Path) -> None:
    """WAL, synchronous NORMAL, foreign keys on and ten seconds of patience (D32)."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(url)
    store = Store.open(url)
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    with store.read() as conn:
        values = [conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]
    store.close()

    assert values == ["wal", 1, 1, 10_000]


def test_sqlite_writers_lock_from_the_start(tmp_path: Path) -> None:
    """A write transaction holds the write lock before its first statement (D32)."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    migrate(url)
    store, hurried = Store.open(url), Store.open(url, patience=0.05)
    with store.write(), pytest.raises(StoreError, match="locked"), hurried.write():
        pass
    store.close()
    hurried.close()


def test_a_new_file_somebody_holds_is_named(tmp_path: Path) -> None:
    """Switching to WAL does not fail on its own account while another process holds the file: the wait decides."""
    file = tmp_path / "store.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="longer than the busy time-out"):
        migrate(f"sqlite:///{file}", patience=0.05)
    other.close()

    assert migrate(f"sqlite:///{file}", patience=0.05) != []


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """Only `migrate` creates a store; a mistyped path stays free of an empty file."""
    file = tmp_path / "mistyped.db"
    store = Store.open(f"sqlite:///{file}")
    with pytest.raises(StoreError, match="run `plsync migrate`"):
        store.require_current()
    store.close()

    assert not file.exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The advice names the file and says to create its folder."""
    with pytest.raises(StoreError, match=r"absent/store\.db.*create its folder"):
        migrate(f"sqlite:///{tmp_path / 'absent' / 'store.db'}")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """A store URL that points at another file is refused, and the file stays as it was."""
    file = tmp_path / "notes.db"
    file.write_text("not a database, but long enough to have a header of a hundred bytes and more " * 3)
    before = file.read_bytes()
    with pytest.raises(StoreError, match="not an SQLite database"):
        migrate(f"sqlite:///{file}")

    assert file.read_bytes() == before


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("sqlite://", "give it a file"),
        ("sqlite:///:memory:", "give it a file"),
        ("mysql://127.0.0.1/plsync", "cannot live in mysql"),
        ("plsync.db", "cannot be read"),
    ],
)
def test_urls_we_cannot_use_are_refused(url: str, advice: str) -> None:
    """A URL that cannot hold a store is refused with what to write instead."""
    with pytest.raises(StoreError, match=advice):
        Store.open(url)


def test_an_unreachable_server_is_named_without_its_password() -> None:
    """The advice names the server; the password stays out of it."""
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        migrate("postgresql://plsync:hush@127.0.0.1:1/plsync")

    assert "127.0.0.1:1" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the PostgreSQL driver the advice is what to install."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'plsync\[postgresql\]'"):
        Store.open("postgresql+psycopg://plsync@127.0.0.1/plsync")


def test_unknown_failures_pass_through(store: Store) -> None:
    """An error nobody can mend by operating stays what it is."""
    with store.read() as conn, pytest.raises(Exception, match="absent_table") as caught:
        conn.execute(select(text("1")).select_from(text("absent_table")))

    assert not isinstance(caught.value, StoreError | sqlite3.Error)
