"""What SQL databases do not agree on, as far as reading accounts needs it.

A `wrong` predicate is true of stored values that certainly are not of the declared type; what it cannot tell is found
while reading. Where a database has none, everything is found while reading.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
)
from sqlalchemy.dialects import mysql

from connector.model import ColumnType
from connector.warehouse.decoding import FALSE, ISO, TRUE

Expression = ColumnElement[Any]


def _as_timestamp(column: Expression) -> Expression:
    return cast(column, TIMESTAMP(timezone=True))


def _bound(moment: datetime) -> Expression:
    return literal(moment, TIMESTAMP(timezone=True))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of database is read.

    `begin` is said at the start of each read. `streams` tells whether several results can be open at once and be
    fetched piece by piece; without it results are buffered, and memory grows with the relations. `instant` makes a
    stored date comparable with `moment`.
    """

    begin: tuple[str, ...] = ()
    streams: bool = True
    collation: str | None = None
    instant: Callable[[Expression], Expression] = _as_timestamp
    moment: Callable[[datetime], Expression] = _bound
    wrong: Callable[[Expression, ColumnType], Expression] | None = None

    def bytewise(self, key: Expression) -> Expression:
        """The key, compared byte by byte (D28)."""
        return collate(key, self.collation) if self.collation else key


# --- SQLite: types belong to values, dates are text ------------------------------------------------


def _sqlite_instant(column: Expression) -> Expression:
    return func.julianday(column)


def _sqlite_moment(moment: datetime) -> Expression:
    return func.julianday(moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))


def _sqlite_wrong(column: Expression, declared: ColumnType) -> Expression:
    storage = func.typeof(column)
    match declared:
        case ColumnType.TEXT:
            return storage == "blob"
        case ColumnType.INTEGER:
            return or_(storage.in_(("text", "blob")), and_(storage == "real", _has_fraction(column)))
        case ColumnType.DECIMAL:
            return storage.in_(("text", "blob"))
        case ColumnType.BOOLEAN:
            return _not_a_truth(column)
        case ColumnType.DATE | ColumnType.DATETIME:
            day = func.substr(column, 1, 10)
            unreadable = or_(func.date(day).is_distinct_from(day), func.julianday(column).is_(None))
            return and_(column.is_not(None), unreadable)
        case ColumnType.LIST:
            is_list = case((func.json_valid(column) == 1, func.json_type(column) == "array"), else_=false())
            return and_(column.is_not(None), not_(is_list))


def _has_fraction(column: Expression) -> Expression:
    return and_(func.abs(column) < 1e18, func.round(column) != column)


def _not_a_truth(column: Expression) -> Expression:
    return func.lower(cast(column, Text)).not_in((*TRUE, *FALSE))


# --- PostgreSQL: types belong to columns -----------------------------------------------------------

_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_DATES = ("date", "timestamp without time zone", "timestamp with time zone")


def _postgresql_wrong(column: Expression, declared: ColumnType) -> Expression:
    storage = cast(func.pg_typeof(column), Text)
    text = cast(column, Text)
    match declared:
        case ColumnType.TEXT:
            return or_(storage.in_(("bytea", "json", "jsonb")), storage.like("%[]"))
        case ColumnType.INTEGER:
            return or_(storage.not_in(_NUMBERS), text.regexp_match(r"\.\d*[1-9]"))
        case ColumnType.DECIMAL:
            return storage.not_in(_NUMBERS)
        case ColumnType.BOOLEAN:
            return _not_a_truth(column)
        case ColumnType.DATE | ColumnType.DATETIME:
            outside = or_(text.in_(("infinity", "-infinity")), text.like("% BC"))
            return case((storage.in_(_DATES), outside), else_=not_(text.regexp_match(ISO)))
        case ColumnType.LIST:
            return case((storage.like("%[]"), false()), else_=not_(text.regexp_match(r"^\s*\[")))


SQLITE = Dialect(
    begin=("BEGIN", "SELECT count(*) FROM sqlite_master"),  # the first read fixes the moment, and needs a database
    collation="BINARY",
    instant=_sqlite_instant,
    moment=_sqlite_moment,
    wrong=_sqlite_wrong,
)
POSTGRESQL = Dialect(
    begin=("SET LOCAL TIME ZONE 'UTC'", "SET LOCAL DateStyle TO 'ISO, YMD'"), collation="C", wrong=_postgresql_wrong
)
MYSQL = Dialect(  # an unbuffered result occupies its connection, so three cannot be merged on one
    begin=("SET time_zone = '+00:00'",),
    streams=False,
    collation="utf8mb4_bin",
    instant=lambda column: cast(column, mysql.DATETIME(fsp=6)),
    moment=lambda moment: literal(moment.astimezone(UTC).replace(tzinfo=None), mysql.DATETIME(fsp=6)),
)

_KNOWN = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL}


def dialect_of(backend: str) -> Dialect:
    """How to read a database by SQLAlchemy's name for it; standard SQL where we know nothing special."""
    return _KNOWN.get(backend, Dialect())
