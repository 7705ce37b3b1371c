"""A declared relation as something to select from, in bytewise key order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnClause,
    Connection,
    FromClause,
    Select,
    Text,
    bindparam,
    cast,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy import column as named

from connector.warehouse.dialects import Dialect, Expression
from connector.warehouse.relations import Relation, key_column


@dataclass(frozen=True, slots=True)
class Source:
    """One relation of one database. `key` is the account key as text; `only` narrows the rows."""

    name: str
    relation: Relation
    dialect: Dialect
    rows: FromClause
    key: Expression
    only: Expression | None = None

    @property
    def label(self) -> str:
        """How messages name it: what it is, and the table it is read from."""
        return f"{self.relation.source or self.name} ({self.relation.title})"

    def column(self, logical: str) -> Expression:
        """A column by its logical name."""
        return self.rows.c[self.relation.columns[logical].name]

    def select(self, keys: Sequence[str] | None) -> Select[Any]:
        """The key and then every declared column, ordered by key; of all accounts or those asked for."""
        columns = [self.column(logical).label(logical) for logical in self.relation.columns]
        statement = select(self.key.label("account"), *columns).order_by(self.dialect.bytewise(self.key))
        if self.only is not None:
            statement = statement.where(self.only)
        if keys is None:
            return statement
        return statement.where(self.key.in_(bindparam("keys", list(keys), expanding=True)))


def from_clause(name: str, relation: Relation) -> FromClause:
    """The relation's declared columns under the alias `name`."""
    physical = dict.fromkeys(column.name for column in relation.columns.values())
    columns: list[ColumnClause[Any]] = [named(column) for column in physical]
    if relation.is_query:
        return text(_literal(relation.name_or_query)).columns(*columns).subquery(name)
    schema, _, simple = relation.name_or_query.rpartition(".")
    return table(simple, *columns, schema=schema or None).alias(name)


def source(connection: Connection, dialect: Dialect, name: str, relation: Relation) -> Source:
    """A relation ready to be read; looks at one row to see whether its keys are text.

    Text keys are compared as they are, so that an index on them serves; others are compared as text.
    """
    rows = from_clause(name, relation)
    stored = rows.c[relation.columns[key_column(name)].name]
    example = connection.execute(select(stored).where(stored.is_not(None)).limit(1)).scalar()
    key = stored if isinstance(example, str) else cast(stored, Text)
    return Source(name, relation, dialect, rows, key)


def columns_there(connection: Connection, name: str, relation: Relation) -> list[str]:
    """The physical columns, asked in the way that also works for queries and for DuckDB (D51)."""
    nothing: Select[Any] = select(literal_column("*")).select_from(from_clause(name, relation)).where(text("1 = 0"))
    return list(connection.execute(nothing).keys())


def _literal(query: str) -> str:
    """SQL as it is: no colon in it is a parameter, and a closing comment or semicolon ends nothing of ours."""
    return query.strip().rstrip(";").replace(":", r"\:") + "\n"
