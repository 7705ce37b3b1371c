"""Column types: what Python holds on one side and what both databases store on the other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text, TypeDecorator

SERIAL = BigInteger().with_variant(Integer, "sqlite")
"""A number the database counts up. SQLite only counts columns of type INTEGER."""

KEY = Text().with_variant(Text(collation="C"), "postgresql")
"""An account key, which both databases compare bytewise (D28)."""

_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def as_utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a datetime without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: pass aware datetimes to the store")
    return at.astimezone(UTC)


def as_seconds(at: datetime) -> int:
    """Whole seconds since 1970, as a `Seconds` column holds them. Raises ValueError for a datetime without a zone."""
    return int(as_utc(at).timestamp())


def as_json(value: Any) -> bytes:
    """A value as compact JSON with sorted keys. NaN and infinities, which no CRM takes, become null."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # a half of a surrogate pair, a number beyond 64 bits: rare, and JSON all the same
        return _JSON.encode(value).encode()


def as_number(run_id: str) -> int:
    """A run's id as a `RunId` column holds it. Raises ValueError for a text that is not a run id."""
    return int(run_id.removeprefix("r-"))


class Utc(TypeDecorator[datetime]):
    """An instant, aware and in UTC on both sides. SQLite keeps it as sortable text without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. Raises ValueError for a datetime without a zone."""
        if value is None:
            return None
        at = as_utc(value)
        return at.replace(tzinfo=None) if dialect.name == "sqlite" else at

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, in UTC whatever the session's zone."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class Seconds(TypeDecorator[datetime]):
    """An instant to the second, for the many rows of a large store: a number takes five bytes, a text 26 (P14)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """To the database. Raises ValueError for a datetime without a zone."""
        return None if value is None else as_seconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        """From the database, in UTC."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


class Json(TypeDecorator[Any]):
    """JSON as compact text with sorted keys: small (P14), and equal values are equal text.

    Text rather than a database's own JSON type, which cannot hold every string on PostgreSQL (U+0000).
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        """To the database; None is NULL."""
        return None if value is None else as_json(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002  # SQLAlchemy's signature
        """From the database."""
        return None if value is None else json.loads(value)


class RunId(TypeDecorator[str]):
    """A run's id, "r-000001" for people, a number in the database: six bytes less in every row (P14)."""

    impl = SERIAL
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's signature
        """To the database. Raises ValueError for a text that is not a run id."""
        return None if value is None else as_number(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's signature
        """From the database."""
        return None if value is None else f"r-{value:06d}"
