"""Texts out of PostgreSQL and into it by COPY, which may work in parallel, as no cursor may, and converts nothing."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Row = tuple[str | None, ...]


def can(connection: Connection) -> bool:
    """Whether the driver can."""
    return connection.dialect.driver == "psycopg"


def copied(connection: Connection, statement: Any) -> Generator[Row, None, None]:
    """The rows of a statement that selects texts. Left half way, the connection's transaction is over."""
    said = str(statement.compile(connection, compile_kwargs={"literal_binds": True}))
    with _copy(connection, f"COPY ({said}) TO STDOUT") as copy:
        yield from copy.rows()


def copy_in(connection: Connection, table: str, rows: Iterator[tuple[str, str | None]]) -> None:
    """Put rows of texts into a table, given as SQL with its columns."""
    with _copy(connection, f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def _copy(connection: Connection, said: str) -> Iterator[Any]:
    """Raises SQLAlchemy's own errors, as anything else that is said to the connection."""
    import psycopg

    driver: Any = connection.connection.driver_connection
    try:
        # An empty tuple of parameters, so that a doubled % is read as one.
        with closing(driver.cursor()) as cursor, cursor.copy(said.encode(), ()) as copy:
            yield copy
    except psycopg.Error as error:
        raise DBAPIError(said, None, error) from error
