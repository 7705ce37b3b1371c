"""PostgreSQL as a store: what several replicas share (D33)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, event, text

_MIGRATION_LOCK = int.from_bytes(b"plsync", "big")  # any fixed number; advisory locks are per database

# By SQLSTATE, the longest prefix wins.
_ADVICE = {
    "08": "the connection was lost; check that the server is up",
    "25006": "it may not be written here; use the primary server, not a standby",
    "28": "the sign-in was refused; check user and password",
    "3D": "there is no such database; create it, or correct the store's URL",
    "40": "another writer was in the way; try again",
    "42501": "this user lacks a permission; let it own the schema",
    "53": "the server ran out of connections, memory or disk space; give it more, or run fewer replicas",
    "55P03": "another process kept a lock for longer than the busy time-out; try again, and look for a stuck session",
    "57P": "the server is stopping or starting; try again",
    "58": "the server's disk reported an error; see its log",
}


def advice(error: BaseException) -> str | None:
    """What happened and what to do, for the failures an operator can mend; None for anything else."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    if error.sqlstate is None and isinstance(error, psycopg.OperationalError):
        return f"it cannot be reached ({_first_line(error)}); check the URL and that the server is up"
    state = error.sqlstate or ""
    prefixes = (state[:length] for length in range(len(state), 1, -1))
    return next((f"{_ADVICE[prefix]} ({_first_line(error)})" for prefix in prefixes if prefix in _ADVICE), None)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def engine_options(patience: float) -> dict[str, Any]:
    """Options of `create_engine`. `patience` bounds the wait for a connection, in seconds."""
    connect = {"connect_timeout": max(2, round(patience))}
    # "format": parameters by place, as SQLite has them, so that one row of values serves both.
    return {"pool_pre_ping": True, "pool_timeout": patience, "connect_args": connect, "paramstyle": "format"}


def prepare(engine: Engine, patience: float) -> None:
    """Let statements wait at most `patience` seconds for a lock, as SQLite's busy time-out does."""

    def configure(connection: Any, _record: object) -> None:
        connection.execute(f"SET lock_timeout = {round(patience * 1000)}")
        connection.commit()

    event.listen(engine, "connect", configure)


def reading_options() -> dict[str, Any]:
    """Options of a reading connection: one snapshot, and no writes, as on SQLite."""
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def lock_for_migration(conn: Connection) -> None:
    """Wait until no other process migrates this database (D36). Released with the transaction."""
    conn.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
