"""The store: what plsync remembers, in one database. SQLite for one machine, PostgreSQL for several replicas.

`Store` hands out connections; the modules beside it hold one subject each and take a connection first, so that
the story decides what is committed together. Times go in and come out as aware UTC datetimes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from connector.store.engine import PATIENCE, open_engine, reading, writing


class Store:
    """An open store. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, patience: float = PATIENCE) -> Store:
        """The store at `url`, connected on first use; never created or migrated here (D36).

        `patience` is how long to wait for another writer, in seconds. Raises StoreError for a URL we cannot use.
        """
        return cls(open_engine(url, patience))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the store and cannot write. Raises StoreError."""
        with reading(self._engine) as conn:
            yield conn

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed at the end and rolled back on any exception. Raises StoreError.

        On SQLite it is the only writer from the start (D32): keep it short, and never call a network inside it.
        """
        with writing(self._engine) as conn:
            yield conn

    def current_revision(self) -> str | None:
        """The revision the store is at; None when it was never migrated. Raises StoreError."""
        from connector.store import revisions

        with self.read() as conn:
            return revisions.current(conn)

    def require_current(self) -> None:
        """Raise StoreError, with what to do, unless the store is at this program's revision."""
        from connector.store import revisions

        with self.read() as conn:
            revisions.require_newest(conn)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def migrate(url: str, patience: float = PATIENCE) -> list[str]:
    """Bring the store at `url` to this program's revision, creating it if need be; returns the revisions applied.

    Takes a lock, all or nothing, and a second time is nothing (D36). Raises StoreError.
    """
    from connector.store import revisions

    engine = open_engine(url, patience, create=True)
    try:
        with writing(engine) as conn:
            return revisions.upgrade(conn)
    finally:
        engine.dispose()
