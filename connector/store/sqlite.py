"""SQLite as a store: one file, many readers, one writer at a time that waits its turn (D32)."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, event

from connector.errors import StoreError

SPELL = 8  # milliseconds between two looks for the write lock
_ADVICE = {
    sqlite3.SQLITE_BUSY: "another process kept it locked for longer than the busy time-out; try again, and look for a "
    "stuck process or a backup that holds the file",
    sqlite3.SQLITE_LOCKED: "it is locked by another connection of this process; try again",
    sqlite3.SQLITE_READONLY: "it may not be written here; check the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened; create its folder, check its permissions, or correct the URL",
    sqlite3.SQLITE_PERM: "access was denied; check the permissions of the file and its folder",
    sqlite3.SQLITE_FULL: "the disk is full; free some space and run again",
    sqlite3.SQLITE_IOERR: "the disk reported an error; check it, and that the file is not on a network share",
    sqlite3.SQLITE_NOTADB: "the file is not an SQLite database; correct the store's URL",
    sqlite3.SQLITE_CORRUPT: "the file is damaged; restore it from a backup",
}


def advice(error: BaseException) -> str | None:
    """What happened and what to do, for the failures an operator can mend; None for anything else."""
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary result code
    return _ADVICE.get(code)


def engine_options(url: URL, patience: float) -> dict[str, Any]:
    """Options of `create_engine`; `patience` is the busy time-out in seconds. Raises StoreError without a file."""
    if url.database in (None, "", ":memory:"):
        raise StoreError("a store in memory forgets everything: give it a file, as in sqlite:///plsync.db")
    return {"pool_timeout": patience, "connect_args": {"timeout": patience}}


def prepare(engine: Engine, create: bool) -> None:
    """Make connections of the engine safe for several processes. Only with `create` may a missing file appear."""
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    if not create:
        event.listen(engine, "do_connect", _refuse_missing)


def _refuse_missing(_dialect: object, _record: object, args: list[Any], _kwargs: dict[str, Any]) -> None:
    if not Path(args[0]).exists():
        raise StoreError(
            f"there is no store at {args[0]}: run `plsync migrate` to create it, or correct the store's URL"
        )


def _configure(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions: `_begin` does
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        # SQLite does not wait its turn here. The holder may be switching the file; else the next connection does.
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise


def _begin(connection: Connection) -> None:
    """Take the write lock at once, or promise not to write: a reader that starts to write could only fail (D32)."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    if writes:
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Look for the write lock every few milliseconds, as long as patience lasts.

    SQLite's own wait ends up looking ten times a second, and misses the short gaps that a busy writer leaves.
    """
    held = connection.connection.driver_connection
    assert isinstance(held, sqlite3.Connection)
    (patience,) = held.execute("PRAGMA busy_timeout").fetchone()
    held.execute(f"PRAGMA busy_timeout = {SPELL}")
    try:
        if not any(_begins(held) for _ in range(patience // SPELL)):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # whatever is wrong is said as ever
    finally:
        held.execute(f"PRAGMA busy_timeout = {patience}")


def _begins(connection: sqlite3.Connection) -> bool:
    """Whether the write lock was had within a spell."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    return True
