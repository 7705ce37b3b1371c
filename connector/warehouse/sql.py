"""A warehouse behind any SQLAlchemy URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from connector.errors import ConfigError
from connector.model import ColumnType
from connector.ports import Cursor
from connector.warehouse import checking
from connector.warehouse.connecting import Sleep, connected, engine_for
from connector.warehouse.mirror import mirror_in
from connector.warehouse.reading import SqlReading
from connector.warehouse.relations import Relations, declaration_problems


class SqlWarehouse:
    """Implements ports.Warehouse for SQLite, PostgreSQL, MySQL, MariaDB and DuckDB. Never writes to what it reads.

    `signal_kinds` maps the warehouse's words for signals to the canonical kinds, canonical ones to themselves (D16);
    without it kinds are taken as they are. `sleep` lets it wait for a busy file (D51). Raises ConfigError when the
    declaration is incomplete, and WarehouseError when the URL cannot be used.

    With `fingerprint_schema` it keeps a mirror of what is confirmed in that schema, where it is a PostgreSQL; with
    `cursor` plans look at new rows only.
    """

    def __init__(
        self,
        url: str,
        relations: Relations,
        signal_kinds: Mapping[str, str] | None = None,
        sleep: Sleep | None = None,
        fingerprint_schema: str | None = None,
        cursor: Cursor | None = None,
    ) -> None:
        wrong = [*declaration_problems(relations), *_cursor_problems(relations, cursor)]
        if wrong:
            raise ConfigError(wrong)
        self._engine = engine_for(url, sleep)
        self._relations = relations
        self._signal_kinds = signal_kinds or {}
        self.mirror = mirror_in(self._engine, fingerprint_schema) if fingerprint_schema else None
        self.cursor = cursor

    def check(self) -> list[str]:
        """Every way relations, columns, types, keys and signals differ from what is declared, with advice."""
        return checking.problems(self._engine, self._relations, self._signal_kinds)

    def require_declared(self) -> None:
        """Raise ConfigError naming every declared relation and column that is not there."""
        if wrong := checking.shape_problems(self._engine, self._relations):
            raise ConfigError(wrong)

    @contextmanager
    def reading(self) -> Iterator[SqlReading]:
        """One consistent read over all relations. Raises WarehouseError when the warehouse cannot be reached."""
        with connected(self._engine) as connection:
            reading = SqlReading(connection, self._relations, self._signal_kinds, self.mirror)
            with closing(reading):
                yield reading


def _cursor_problems(relations: Relations, cursor: Cursor | None) -> list[str]:
    if cursor is None:
        return []
    column = relations.accounts.columns.get(cursor.column)
    if column and column.type is ColumnType.DATETIME:
        return []
    return [
        f'warehouse.accounts: strategy "cursor" goes by {cursor.column!r}; declare that column as a datetime, '
        'or choose "stream".'
    ]
