"""A fresh, migrated store on SQLite and on PostgreSQL, dropped after each test.

PostgreSQL is the server at PLSYNC_TEST_POSTGRES_URL, or one on this machine; without either its half is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from connector.store import Store, migrate

ENVIRONMENT_NAME = "PLSYNC_TEST_POSTGRES_URL"
LOCAL_SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a store may be made: a file that is not there yet, or an empty schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server = _server()
    if server is None:
        pytest.skip(f"no PostgreSQL: set {ENVIRONMENT_NAME}, or start one on this machine")
    schema = f"plsync_test_{uuid4().hex}"
    _run(server, f"CREATE SCHEMA {schema}")
    yield make_url(server).update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(False)
    _run(server, f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture
def store_url(empty_url: str) -> str:
    """A migrated store's URL."""
    migrate(empty_url)
    return empty_url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open, migrated store."""
    opened = Store.open(store_url)
    yield opened
    opened.close()


@pytest.fixture
def conn(store: Store) -> Iterator[Connection]:
    """A write transaction on a migrated store."""
    with store.write() as connection:
        yield connection


@cache
def _server() -> str | None:
    named = os.environ.get(ENVIRONMENT_NAME)
    if named is not None:
        return named
    try:
        _run(LOCAL_SERVER, "SELECT 1")
    except OperationalError:
        return None
    return LOCAL_SERVER


def _run(server: str, statement: str) -> None:
    engine = create_engine(server, poolclass=NullPool, connect_args={"connect_timeout": 3})
    with engine.begin() as connection:
        connection.execute(text(statement))
