"""Schemas that go away on a PostgreSQL server: an empty one, or one with the benchmark's accounts.

PLSYNC_BENCH_POSTGRES_URL names the server; without it, the one on this machine is tried.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, make_url, text
from sqlalchemy.exc import OperationalError

SERVER = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"
SCHEMA = "plsync_bench"

ACCOUNTS = """
CREATE TABLE accounts AS SELECT
  'bench-' || lpad(n::text, 7, '0') AS key, 'Bench ' || n AS name, 'bench-' || n || '.example' AS domain,
  1 + n % 900 AS employees, 'DevTools' AS industry, 'US' AS country, 'Pro' AS plan, NULL::text AS crm_of_record,
  NULL::text AS owner_email, (n * 13 % 1000) / 10.0 AS score, 'plg' AS motion, n % 40 AS active_users,
  20 AS seats_purchased, n % 20 AS seats_used, (n % 100) / 100.0 AS limit_used, (n % 50000)::numeric AS potential_acv,
  timestamptz '2026-01-05 10:00+00' AS signup_at, timestamptz '2026-01-06 10:00+00' AS activated_at,
  timestamptz '2026-05-01 10:00+00' AS pql_at, timestamptz '2026-06-01 10:00+00' AS scored_at
FROM generate_series(1, :count) AS n
"""
KEYED = "CREATE UNIQUE INDEX accounts_key ON accounts (key)"
REMEMBERED = "CREATE TABLE remembered AS SELECT key, md5(accounts::text) AS digest FROM accounts"
REMEMBERED_KEYED = "CREATE UNIQUE INDEX remembered_key ON remembered (key)"
ONE_PERCENT = "UPDATE accounts SET score = score + 1 WHERE right(key, 2) = '00'"


class NoServer(Exception):
    """There is no PostgreSQL server to measure on."""


@dataclass(frozen=True)
class Accounts:
    """A filled schema; `url` finds its tables."""

    url: str

    def run(self, statement: str) -> None:
        """One statement in a transaction of its own."""
        engine = create_engine(self.url, poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(statement))


@contextmanager
def accounts(count: int) -> Iterator[Accounts]:
    """`count` accounts of twenty columns, and beside them what a bare anti-join remembers. Raises NoServer."""
    with emptied(SCHEMA) as url:
        with create_engine(url, poolclass=NullPool).begin() as connection:
            connection.execute(text(ACCOUNTS), {"count": count})
            for statement in (KEYED, REMEMBERED, REMEMBERED_KEYED, "ANALYZE accounts", "ANALYZE remembered"):
                connection.execute(text(statement))
        yield Accounts(url)


@contextmanager
def emptied(schema: str) -> Iterator[str]:
    """The URL of an empty schema. Raises NoServer."""
    server = make_url(os.environ.get("PLSYNC_BENCH_POSTGRES_URL", SERVER))
    engine = create_engine(server, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
            connection.execute(text(f"CREATE SCHEMA {schema}"))
    except OperationalError as error:
        raise NoServer(f"no PostgreSQL server at {server.render_as_string()}") from error
    try:
        yield server.update_query_dict({"options": f"-csearch_path={schema}"}).render_as_string(hide_password=False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
