"""Empty databases for the tests: a SQLite file, or a schema of its own on a PostgreSQL server."""

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
_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"


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
    with _sqlite(folder / "warehouse.db") if kind == "sqlite" else _postgresql() as database:
        yield database


@contextmanager
def _sqlite(path: Path) -> Iterator[Database]:
    url = f"sqlite:///{path}"
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 1")  # creates the file
    yield Database("sqlite", url, engine, "main")


@contextmanager
def _postgresql() -> Iterator[Database]:
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
