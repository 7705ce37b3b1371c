"""A warehouse behind any SQLAlchemy URL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from connector.errors import ConfigError
from connector.warehouse import checking
from connector.warehouse.connecting import Sleep, connected, engine_for
from connector.warehouse.reading import SqlReading
from connector.warehouse.relations import Relations, declaration_problems


class SqlWarehouse:
    """Implements ports.Warehouse for SQLite, PostgreSQL, MySQL, MariaDB and DuckDB. Never writes to what it reads.

    `signal_kinds` maps the warehouse's words for signals to the canonical kinds, canonical ones to themselves (D16);
    without it kinds are taken as they are. `sleep` lets it wait for a busy file (D51). Raises ConfigError when the
    declaration is incomplete, and WarehouseError when the URL cannot be used.
    """

    def __init__(
        self, url: str, relations: Relations, signal_kinds: Mapping[str, str] | None = None, sleep: Sleep | None = None
    ) -> None:
        wrong = declaration_problems(relations)
        if wrong:
            raise ConfigError(wrong)
        self._engine = engine_for(url, sleep)
        self._relations = relations
        self._signal_kinds = signal_kinds or {}

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
            yield SqlReading(connection, self._relations, self._signal_kinds)
