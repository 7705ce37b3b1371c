"""Empty databases for the tests: a SQLite or DuckDB file, or a schema of its own on a PostgreSQL or MariaDB server."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

KINDS = ("sqlite", "postgresql")
WAREHOUSES = (*KINDS, "mariadb", "duckdb")
_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
_MARIADB = "mysql+pymysql://root@127.0.0.1:3306/mysql"


@dataclass(frozen=True, slots=True)
class Database:
    """Where a test puts its tables (`engine`), and where the product is told to read them (`url`)."""

    kind: str
    url: str
    engine: Engine
    schema: str

    def run(self, *statements: str) -> None:
        """Execute statements in one transaction."""
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that all have the columns of the first."""
        columns = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        with self.engine.begin() as connection:
            connection.execute(text(f"INSERT INTO {table} ({columns}) VALUES ({values})"), rows)


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Database]:
    """An empty database of one kind, gone afterwards; skips the test where its server cannot be reached."""
    with _OPENERS[kind](folder) as database:
        yield database


@contextmanager
def _sqlite(folder: Path) -> Iterator[Database]:
    url = f"sqlite:///{folder / 'warehouse.db'}"
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 1")  # creates the file
    yield Database("sqlite", url, engine, "main")


@contextmanager
def _duckdb(folder: Path) -> Iterator[Database]:
    url = f"duckdb:///{folder / 'warehouse.duckdb'}"
    engine = create_engine(url, poolclass=NullPool)
    _say(engine, "SELECT 1")  # creates the file
    yield Database("duckdb", url, engine, "main")


@contextmanager
def _mariadb(_folder: Path) -> Iterator[Database]:
    server = make_url(os.environ.get("PLSYNC_TEST_MARIADB_URL", _MARIADB))
    schema = f"plsync_test_{uuid4().hex[:12]}"
    administrator = create_engine(server, poolclass=NullPool)
    try:
        _say(administrator, f"CREATE DATABASE {schema} CHARACTER SET utf8mb4")
    except OperationalError as error:
        pytest.skip(f"no MariaDB server at {server.render_as_string()}: {error.orig}")
    url = server.set(database=schema)
    try:
        standard = {"init_command": "SET sql_mode = 'ANSI,STRICT_ALL_TABLES'"}  # "quotes" as the others understand them
        engine = create_engine(url, poolclass=NullPool, connect_args=standard)
        yield Database("mariadb", url.render_as_string(hide_password=False), engine, schema)
    finally:
        _say(administrator, f"DROP DATABASE {schema}")


@contextmanager
def _postgresql(_folder: Path) -> Iterator[Database]:
    server = make_url(os.environ.get("PLSYNC_TEST_POSTGRES_URL", _SERVER))
    schema = f"plsync_test_{uuid4().hex[:12]}"
    administrator = create_engine(server, poolclass=NullPool)
    try:
        _say(administrator, f"CREATE SCHEMA {schema}")
    except OperationalError as error:
        pytest.skip(f"no PostgreSQL server at {server.render_as_string()}: {error.orig}")
    url = _with_search_path(server, schema)
    try:
        yield Database("postgresql", url, create_engine(url, poolclass=NullPool), schema)
    finally:
        _say(administrator, f"DROP SCHEMA {schema} CASCADE")


def _with_search_path(server: URL, schema: str) -> str:
    url = server.update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


def _say(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


_OPENERS = {"sqlite": _sqlite, "postgresql": _postgresql, "mariadb": _mariadb, "duckdb": _duckdb}
