"""Reaching a warehouse, reading it without being able to change it, and wording what goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from connector.errors import WarehouseError
from connector.warehouse.dialects import dialect_of

_BUSY_SECONDS = 10
_TRIES, _LONGEST_WAIT = 6, 10  # of a DuckDB file that another process writes: half a minute in all

_PLAIN: dict[str, Any] = {"poolclass": NullPool, "hide_parameters": True}

Sleep = Callable[[float], None]


def engine_for(address: str, sleep: Sleep | None = None) -> Engine:
    """An engine that keeps no connection. Raises WarehouseError when the URL cannot be used here.

    `sleep` waits so many seconds between two tries to open a busy file; without it one try is all.
    """
    try:
        url = make_url(address)
    except ArgumentError:
        raise WarehouseError(
            "The warehouse URL is not one SQLAlchemy understands. Write it as dialect://user:password@host/database."
        ) from None
    try:
        if url.get_backend_name() == "sqlite":
            return create_engine(url, creator=lambda: _open_file(url), **_PLAIN)
        if url.get_backend_name() == "duckdb":
            return _patient(create_engine(url, connect_args={"read_only": True}, **_PLAIN), sleep)
        return create_engine(url, execution_options=_isolation(url), **_PLAIN)
    except (NoSuchModuleError, ImportError) as error:
        raise WarehouseError(
            f"The warehouse {place(url)} needs a driver that is not installed ({error}). Install it beside plsync."
        ) from error


def place(url: URL) -> str:
    """The URL for messages: without its password, and without options that may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """One connection with one transaction that sees one moment of the warehouse, given back when done.

    Raises WarehouseError when the warehouse cannot be reached.
    """
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        if _is_busy(error):
            raise WarehouseError(
                f"The warehouse {place(engine.url)} is busy: another process has the file open to write it. "
                "Run again when the load is over, or let plsync read a copy."
            ) from error
        raise WarehouseError(
            f"Cannot reach the warehouse {place(engine.url)}: {reason(error)}. "
            "Check that it runs, the URL, and that this machine and user may connect."
        ) from error
    with connection:
        with worded(engine):
            for statement in dialect_of(engine.dialect.name).begin:
                connection.exec_driver_sql(statement).close()
        yield connection


@contextmanager
def worded(engine: Engine) -> Iterator[None]:
    """Says what the database said as a WarehouseError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise WarehouseError(
            f"The warehouse {place(engine.url)} could not be read: {reason(error)}. "
            "Run `plsync check` to compare it with what is declared."
        ) from error


def reason(error: SQLAlchemyError) -> str:
    """The database's own words, on one line, without our statement and its values."""
    words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return " ".join(words.split()).rstrip(".")


def _isolation(url: URL) -> dict[str, object]:
    if url.get_backend_name() == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    if url.get_backend_name() in {"mysql", "mariadb"}:
        return {"isolation_level": "REPEATABLE READ"}
    return {}


def _patient(engine: Engine, sleep: Sleep | None) -> Engine:
    """DuckDB lets nobody read a file that somebody writes: wait for the writer a while (D51)."""

    def connect(dialect: Dialect, _record: object, args: Any, options: Any) -> Any:
        return tries(dialect.connect, *args, **options)

    stop = stop_after_attempt(_TRIES if sleep else 1)
    wait, busy = wait_exponential(max=_LONGEST_WAIT), retry_if_exception(_is_busy)
    tries = Retrying(sleep=sleep or _never, stop=stop, wait=wait, retry=busy, reraise=True)
    event.listen(engine, "do_connect", connect)
    return engine


def _never(_seconds: float) -> None:
    raise AssertionError("one try is all")


def _is_busy(error: BaseException) -> bool:
    return any(words in str(error) for words in ("Conflicting lock", "with a different configuration"))


def _open_file(url: URL) -> sqlite3.Connection:
    """Opened read-only, because SQLite creates an empty database at a mistyped path."""
    path = Path(url.database or "")
    if not path.is_file():
        raise WarehouseError(f"The warehouse {place(url)}: no such file {str(path)!r}. Correct the path in the URL.")
    address = f"{path.resolve().as_uri()}?mode=ro"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)
