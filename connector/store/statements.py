"""Statements both databases understand, for many rows at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func
from sqlalchemy.dialects import postgresql, sqlite

IN_LIST = 500  # keys per query: half of what the most cautious SQLite build takes as parameters

Values = Mapping[str, Any]


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
    ordered = sorted(rows, key=lambda row: [row[key] for key in keys])
    if not ordered:
        return
    statement = insert_into(conn, table)
    new: dict[str, ColumnElement[Any]] = {name: statement.excluded[name] for name in replaced}
    new |= {name: func.coalesce(statement.excluded[name], table.c[name]) for name in kept}
    conn.execute(statement.on_conflict_do_update(index_elements=keys, set_=new), ordered)


def rows_in(
    conn: Connection, query: Select[Any], column: ColumnElement[Any], values: Iterable[Any]
) -> Iterator[Row[Any]]:
    """Rows of `query` whose `column` is one of `values`, asked for in lists of `IN_LIST`."""
    listed = list(values)
    for start in range(0, len(listed), IN_LIST):
        yield from conn.execute(query.where(column.in_(listed[start : start + IN_LIST])))
