"""Statements both databases understand, for many rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Dialect,
    Insert,
    Row,
    Select,
    Table,
    Update,
    bindparam,
    func,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite

IN_LIST = 500  # keys per query: half of what the most cautious SQLite build takes as parameters

LISTS = (10, 100, IN_LIST)  # lengths of lists whose queries are kept as text

Values = Mapping[str, Any]
Raw = tuple[Any, ...]
"""A row as the database's driver takes it: bytes, texts, numbers and nulls."""


def insert_into(conn: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT of the connection's own dialect, which can say ON CONFLICT."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)


def insert_new(conn: Connection, table: Table, rows: Iterable[Values]) -> int:
    """Insert the rows that break no unique constraint and return how many those were."""
    listed = list(rows)
    if not listed:
        return 0
    statement = insert_into(conn, table).on_conflict_do_nothing()
    return conn.execute(statement, listed, execution_options={"preserve_rowcount": True}).rowcount


def upsert(
    conn: Connection, table: Table, rows: Iterable[Values], replaced: Sequence[str], kept: Sequence[str] = ()
) -> None:
    """Insert rows. Where the primary key is taken, replace the `replaced` columns, and the `kept` ones unless by null.

    Rows are written in key order, so that two writers on PostgreSQL wait for each other instead of deadlocking.
    """
    keys = [column.name for column in table.primary_key]
    if ordered := sorted(rows, key=lambda row: [row[key] for key in keys]):
        conn.execute(_upserting(conn.dialect.name, table, tuple(replaced), tuple(kept)), ordered)


def upsert_raw(
    conn: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Raw],
    replaced: Sequence[str],
    kept: Sequence[str] = (),
) -> None:
    """As `upsert`, of rows in the order of `columns`, which begin with the primary key.

    A thousand at a time SQLAlchemy's own way to the driver costs several times what the database does.
    """
    statement = _upserting(conn.dialect.name, table, tuple(replaced), tuple(kept))
    run_raw(conn, statement, columns, sorted(rows, key=lambda row: row[: len(table.primary_key)]))


def insert_raw(conn: Connection, table: Table, columns: Sequence[str], rows: Sequence[Raw]) -> None:
    """Append rows in the order of `columns`."""
    run_raw(conn, _inserting(table), columns, rows)


def run_raw(conn: Connection, statement: Insert | Update | Delete, columns: Sequence[str], rows: Sequence[Raw]) -> None:
    """Run a statement once per row. `columns` names the statement's parameters in the order of the rows."""
    if rows:
        conn.exec_driver_sql(_in_order(statement, conn.dialect, tuple(columns)), list(rows))


@lru_cache(100)
def _in_order(statement: Insert | Update | Delete, dialect: Dialect, columns: tuple[str, ...]) -> str:
    compiled = statement.compile(dialect=dialect, column_keys=list(columns))
    assert compiled.positiontup == list(columns), "the rows must come in the order of the statement's parameters"
    return str(compiled)


@cache
def _inserting(table: Table) -> Insert:
    return insert(table)


@cache
def _upserting(dialect: str, table: Table, replaced: tuple[str, ...], kept: tuple[str, ...]) -> Insert:
    statement = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    new: dict[str, ColumnElement[Any]] = {name: statement.excluded[name] for name in replaced}
    new |= {name: func.coalesce(statement.excluded[name], table.c[name]) for name in kept}
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(index_elements=keys, set_=new)


def rows_in(
    conn: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[Any]]:
    """Rows of `query` whose `column` is one of `values`, asked for in lists of `IN_LIST`."""
    listed = list(values)
    for start in range(0, len(listed), IN_LIST):
        yield from conn.execute(query.where(column.in_(listed[start : start + IN_LIST])))


def rows_raw(
    conn: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any], **bound: Any
) -> Iterator[Row[Any]]:
    """As `rows_in`, with columns as the driver gives them. `bound` are the parameters of `query`, in their order.

    The query's text is made once, for lists of a few lengths: a shorter one repeats its last value.
    """
    listed = list(values)
    for start in range(0, len(listed), IN_LIST):
        some = listed[start : start + IN_LIST]
        length = next(length for length in LISTS if len(some) <= length)
        text = _listing(query, column, length, conn.dialect, tuple(bound))
        yield from conn.exec_driver_sql(text, (*bound.values(), *some, *some[-1:] * (length - len(some))))


@lru_cache(100)
def _listing(
    query: Select[Any], column: ColumnElement[Any], length: int, dialect: Dialect, bound: tuple[str, ...]
) -> str:
    names = [f"listed_{number}" for number in range(length)]
    compiled = query.where(column.in_([bindparam(name, type_=column.type) for name in names])).compile(dialect=dialect)
    assert compiled.positiontup == [*bound, *names], "the query's own parameters must come first, in this order"
    return str(compiled)
