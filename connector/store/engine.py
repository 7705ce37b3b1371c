"""Opening the store's database, and saying in words what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import URL, Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from connector.errors import StoreError
from connector.store import postgresql, sqlite

PATIENCE = 10.0  # seconds a writer waits for its turn (D32)


def open_engine(url: str, patience: float = PATIENCE, create: bool = False) -> Engine:
    """An engine for the store at `url`, not yet connected. Raises StoreError for a URL we cannot use.

    `patience` is how long to wait for a lock or a connection, in seconds. `create` lets SQLite make the file.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, **sqlite.engine_options(parsed, patience))
        sqlite.prepare(engine, create)
        _speak_plainly(engine, sqlite.advice)
        return engine
    engine = _create_postgresql(parsed, patience)
    postgresql.prepare(engine, patience)
    _speak_plainly(engine, postgresql.advice)
    return engine


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreError("the store's URL cannot be read: write it as in sqlite:///plsync.db") from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"):
        return parsed
    raise StoreError(f"the store cannot live in {parsed.drivername}: use sqlite:///FILE or postgresql+psycopg://…")


def _create_postgresql(url: URL, patience: float) -> Engine:
    try:
        return create_engine(url.set(drivername="postgresql+psycopg"), **postgresql.engine_options(patience))
    except ModuleNotFoundError as error:
        raise StoreError("the PostgreSQL driver is missing: pip install 'plsync[postgresql]'") from error


def _speak_plainly(engine: Engine, advice: Callable[[BaseException], str | None]) -> None:
    """Turn the failures an operator can mend into StoreError, and leave all others as they are."""

    def translate(context: ExceptionContext) -> None:
        words = advice(context.original_exception)
        if words is not None:
            raise StoreError(f"store {engine.url.render_as_string()}: {words}")

    event.listen(engine, "handle_error", translate)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one state of the store and cannot write. Raises StoreError."""
    options = postgresql.reading_options() if engine.dialect.name == "postgresql" else {}
    with _connected(engine) as conn:
        yield conn.execution_options(**options)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back on any exception. Raises StoreError."""
    with _connected(engine) as conn, conn.execution_options(writes=True).begin():
        yield conn


def _connected(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except NoConnectionLeft as error:
        raise StoreError(
            f"store {engine.url.render_as_string()}: every connection of this process is in use; try again"
        ) from error
