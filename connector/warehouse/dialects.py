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


def _as_it_is(key: Expression) -> Expression:
    return key


def _collated(collation: str) -> Callable[[Expression], Expression]:
    return lambda key: collate(key, collation)


def _as_timestamp(column: Expression) -> Expression:
    return cast(column, TIMESTAMP(timezone=True))


def _bound(moment: datetime) -> Expression:
    return literal(moment, TIMESTAMP(timezone=True))


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one kind of database is read.

    `begin` is said at the start of each read. `streams` tells whether several results can be open at once and be
    fetched piece by piece; without it results are buffered, and memory grows with the relations. With `apart` each
    result needs a connection of its own. `bytewise` is the key, compared byte by byte (D28). `instant` makes a stored
    date comparable with `moment`.
    """

    begin: tuple[str, ...] = ()
    streams: bool = True
    apart: bool = False
    bytewise: Callable[[Expression], Expression] = _as_it_is
    instant: Callable[[Expression], Expression] = _as_timestamp
    moment: Callable[[datetime], Expression] = _bound
    wrong: Callable[[Expression, ColumnType], Expression] | None = None


# --- SQLite: types belong to values, dates are text ------------------------------------------------


_SQLITE_FORM = "%Y-%m-%d %H:%M:%f"


def _sqlite_instant(column: Expression) -> Expression:
    """In UTC and of one form, so that texts compare as instants do."""
    return func.strftime(_SQLITE_FORM, column)


def _sqlite_moment(moment: datetime) -> Expression:
    return func.strftime(_SQLITE_FORM, moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"))


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


# --- MySQL and MariaDB: values have types, and nobody tells which -----------------------------------

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$"
_FRACTION = r"\.[0-9]*[1-9][0-9]*$"
_OFFSET = "[+-][0-9]{2}:[0-9]{2}$"
_MICROSECONDS = mysql.DATETIME(fsp=6)


def _mysql_bytes(key: Expression) -> Expression:
    """Its UTF-8 bytes: a binary collation would still take "a" and "a " for one key."""
    return cast(cast(key, mysql.CHAR(charset="utf8mb4")), mysql.BINARY())


def _mysql_instant(column: Expression) -> Expression:
    text = cast(column, Text)
    local = cast(func.left(text, func.char_length(text) - 6), _MICROSECONDS)
    zoned = func.convert_tz(local, func.right(text, 6), "+00:00")
    plain = cast(func.replace(text, "Z", ""), _MICROSECONDS)
    return case((text.regexp_match(_OFFSET), zoned), else_=plain)


def _mysql_moment(moment: datetime) -> Expression:
    return literal(moment.astimezone(UTC).replace(tzinfo=None), _MICROSECONDS)


def _mysql_wrong(column: Expression, declared: ColumnType) -> Expression:
    text = cast(column, Text)
    match declared:
        case ColumnType.TEXT:
            return false()
        case ColumnType.INTEGER:
            return or_(not_(text.regexp_match(_NUMBER)), text.regexp_match(_FRACTION))
        case ColumnType.DECIMAL:
            return not_(text.regexp_match(_NUMBER))
        case ColumnType.BOOLEAN:
            return _not_a_truth(column)
        case ColumnType.DATE | ColumnType.DATETIME:
            return not_(text.regexp_match(ISO))
        case ColumnType.LIST:
            return not_(text.regexp_match(r"^\s*\["))


# --- DuckDB: types belong to columns ----------------------------------------------------------------

_DUCKDB_NUMBERS = ("%INT%", "DECIMAL%", "FLOAT", "DOUBLE")
_DUCKDB_DATES = ("DATE", "TIMESTAMP%")


def _duckdb_wrong(column: Expression, declared: ColumnType) -> Expression:
    storage = func.typeof(column)
    text = cast(column, Text)
    match declared:
        case ColumnType.TEXT:
            return or_(storage.in_(("BLOB", "JSON")), storage.like("%[]"), storage.like("STRUCT%"))
        case ColumnType.INTEGER:
            return or_(_not_like(storage, _DUCKDB_NUMBERS), func.regexp_matches(text, r"\.\d*[1-9]"))
        case ColumnType.DECIMAL:
            return _not_like(storage, _DUCKDB_NUMBERS)
        case ColumnType.BOOLEAN:
            return _not_a_truth(column)
        case ColumnType.DATE | ColumnType.DATETIME:
            outside = or_(text.in_(("infinity", "-infinity")), text.like("%(BC)%"))
            return case((_not_like(storage, _DUCKDB_DATES), not_(func.regexp_matches(text, ISO))), else_=outside)
        case ColumnType.LIST:
            return case((storage.like("%[]"), false()), else_=not_(func.regexp_matches(text, r"^\s*\[")))


def _not_like(storage: Expression, patterns: tuple[str, ...]) -> Expression:
    """Of a value that is there: what a null is called says nothing."""
    return not_(or_(*(storage.like(pattern) for pattern in patterns)))


SQLITE = Dialect(
    begin=("BEGIN", "SELECT count(*) FROM sqlite_master"),  # the first read fixes the moment, and needs a database
    bytewise=_collated("BINARY"),
    instant=_sqlite_instant,
    moment=_sqlite_moment,
    wrong=_sqlite_wrong,
)
POSTGRESQL = Dialect(
    begin=("SET LOCAL TIME ZONE 'UTC'", "SET LOCAL DateStyle TO 'ISO, YMD'"),
    bytewise=_collated("C"),
    wrong=_postgresql_wrong,
)
MYSQL = Dialect(  # an unbuffered result occupies its connection, so three cannot be merged on one
    begin=("SET time_zone = '+00:00'", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"),
    streams=False,
    bytewise=_mysql_bytes,
    instant=_mysql_instant,
    moment=_mysql_moment,
    wrong=_mysql_wrong,
)
DUCKDB = Dialect(begin=("SET TimeZone = 'UTC'",), apart=True, wrong=_duckdb_wrong)  # nobody writes while it is open

_KNOWN = {"sqlite": SQLITE, "postgresql": POSTGRESQL, "mysql": MYSQL, "mariadb": MYSQL, "duckdb": DUCKDB}


def dialect_of(backend: str) -> Dialect:
    """How to read a database by SQLAlchemy's name for it; standard SQL where we know nothing special."""
    return _KNOWN.get(backend, Dialect())
