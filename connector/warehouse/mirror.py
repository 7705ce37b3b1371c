"""What the store has confirmed, kept beside the accounts in a schema of the warehouse (D28). PostgreSQL only.

Two tables: `confirmed` holds per account the fingerprints a plan would compare it with, null where it must be looked
at in any case; `mirror` holds the one stamp that says which state of the store this is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    delete,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateSchema

from connector.warehouse.connecting import place, reason
from connector.warehouse.copying import copy_in

_log = logging.getLogger(__name__)


def mirror_in(engine: Engine, schema: str) -> SqlMirror | None:
    """A mirror, where the database can keep one; where it cannot, that is logged."""
    if engine.dialect.driver == "psycopg":
        return SqlMirror(engine, schema)
    _log.warning(
        'warehouse.strategy = "warehouse" keeps fingerprints in PostgreSQL (postgresql+psycopg://…) only: plans over '
        '%s read every account instead. Set it to "stream" to hear no more of this.',
        place(engine.url),
    )
    return None


class SqlMirror:
    """Implements ports.Mirror in the schema `schema` of the PostgreSQL behind `engine`.

    What the database does not allow is logged once; then plans are made without it.
    """

    def __init__(self, engine: Engine, schema: str) -> None:
        self._engine = create_engine(engine.url, poolclass=NullPool, hide_parameters=True)
        self._tables = MetaData(schema=schema)
        self.confirmed = Table(
            "confirmed",
            self._tables,
            Column("key", Text(collation="C"), primary_key=True),
            Column("prints", Text),
        )
        self.stamps = Table("mirror", self._tables, Column("stamp", Text, nullable=False))
        self._told = False

    def stamp(self) -> str | None:
        """What it carries; None where it is not there or cannot be read."""
        with self._tolerant() as said, self._engine.connect() as connection:
            said.append(self.carried(connection))
        return said[0] if said else None

    def carried(self, connection: Connection) -> str | None:
        """The stamp as one transaction sees it."""
        there = inspect(connection).has_table("mirror", schema=self._tables.schema)
        return connection.execute(select(self.stamps.c.stamp)).scalar() if there else None

    def prepare(self) -> str | None:
        """Make the tables if need be, and a stamp nobody ever had; None where that is not allowed."""
        with self._tolerant() as said, self._engine.begin() as connection:
            schema = str(self._tables.schema)
            if not inspect(connection).has_schema(schema):
                connection.execute(CreateSchema(schema, if_not_exists=True))
            self._tables.create_all(connection)
            said.append(str(connection.execute(select(func.gen_random_uuid())).scalar_one()))
        return said[0] if said else None

    def renew(self, before: str | None, after: str, rows: Iterator[tuple[str, str | None]]) -> bool:
        """Take these rows in, all or nothing, and carry the stamp `after`; False where that did not happen.

        With `before` they replace rows of the same keys, provided that it is carried still; without, all that is there.
        """
        with self._tolerant() as said, self._engine.begin() as connection:
            connection.exec_driver_sql(f"LOCK TABLE {self._named(self.stamps)} IN EXCLUSIVE MODE")
            if before is not None and self.carried(connection) != before:
                return False
            if before is None:
                connection.execute(delete(self.confirmed))
                copy_in(connection, f"{self._named(self.confirmed)} (key, prints)", rows)
            else:
                self._replace(connection, rows)
            connection.execute(delete(self.stamps))
            connection.execute(insert(self.stamps).values(stamp=after))
            said.append(after)
        if before is None and said:
            self._analyze()
        return bool(said)

    def _replace(self, connection: Connection, rows: Iterator[tuple[str, str | None]]) -> None:
        confirmed = self._named(self.confirmed)
        connection.exec_driver_sql('CREATE TEMP TABLE fresh (key text COLLATE "C", prints text) ON COMMIT DROP')
        copy_in(connection, "fresh (key, prints)", rows)
        connection.exec_driver_sql(
            f"INSERT INTO {confirmed} (key, prints) SELECT key, prints FROM fresh "  # noqa: S608 - our own table, quoted
            "ON CONFLICT (key) DO UPDATE SET prints = excluded.prints"
        )

    def _analyze(self) -> None:
        """The planner must know how many there are before it joins them."""
        with self._tolerant(), self._engine.begin() as connection:
            connection.exec_driver_sql(f"ANALYZE {self._named(self.confirmed)}")

    def _named(self, table: Table) -> str:
        return self._engine.dialect.identifier_preparer.format_table(table)

    @contextmanager
    def _tolerant(self) -> Iterator[list[str | None]]:
        said: list[str | None] = []
        try:
            yield said
        except SQLAlchemyError as error:
            said.clear()
            self._tell(error)

    def _tell(self, error: SQLAlchemyError) -> None:
        if not self._told:
            _log.warning(
                "the warehouse %s keeps no fingerprints in schema %s (%s): plans read every account instead. Let its "
                'user create and write that schema, or set warehouse.strategy = "stream".',
                place(self._engine.url),
                self._tables.schema,
                reason(error),
            )
        self._told = True
