"""From what a database driver returns to warehouse values, by declared type.

Databases differ in what they can say: SQLite has no dates, no truths and no lists. A text that says the same thing
unmistakably is taken (ISO dates, `t`, JSON); anything that would need a guess is refused (05-06-2024, the number "12").
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from connector.errors import ContentError
from connector.model import ColumnType, WarehouseValue
from connector.warehouse.relations import Relation

ISO = r"^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$"
TRUE = ("true", "t", "1")
FALSE = ("false", "f", "0")

_ISO = re.compile(ISO, re.ASCII)
_SHOWN = 40  # characters of a wrong value in a message

Decoder = Callable[[object], WarehouseValue]


class RowDecoder:
    """Decodes the rows of one relation, whose values come in the order its columns were declared."""

    def __init__(self, title: str, relation: Relation) -> None:
        self._title = relation.source or title
        self._relation = relation
        self._decoders = tuple(
            (name, NATIVE.get(column.type), DECODERS[column.type]) for name, column in relation.columns.items()
        )

    def decode(self, key: str, row: Sequence[Any]) -> dict[str, WarehouseValue]:
        """Values by logical name. Raises ContentError naming relation, column, account and value."""
        try:
            return {
                name: value if value is None or type(value) is native else decode(value)
                for (name, native, decode), value in zip(self._decoders, row, strict=True)
            }
        except ValueError:
            raise self._wrong(key, row) from None

    def _wrong(self, key: str, row: Sequence[object]) -> ContentError:
        pairs = zip(self._relation.columns.values(), row, strict=True)
        reasons = ((column, _why_not(column.type, value)) for column, value in pairs)
        column, reason = next(found for found in reasons if found[1])
        return ContentError(
            f"{self._title} ({self._relation.title}), {self._relation.row} {key!r}: column {column.name!r} is declared "
            f"{column.type}, but {reason}. Correct the value, or convert it in a query and name that as the relation."
        )


def shown(value: object) -> str:
    """A value for a message: quoted, and never longer than a line bears."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _why_not(declared: ColumnType, value: object) -> str | None:
    if value is None:
        return None
    try:
        DECODERS[declared](value)
    except ValueError as error:
        return f"{shown(value)} {error}"
    return None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal | UUID):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()
    raise ValueError("is not text")


def _integer(value: object) -> int | float:
    number = _number(value)
    if isinstance(number, int) or (isinstance(number, float) and not math.isfinite(number)):
        return number
    if number != int(number):
        raise ValueError("is not a whole number")
    return int(number)


def _decimal(value: object) -> Decimal | float:
    number = _number(value)
    return Decimal(number) if isinstance(number, int) else number


def _number(value: object) -> int | float | Decimal:
    """NaN and the infinities pass, as floats: they matter only where they are mapped."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("is not a number")
    if isinstance(value, Decimal) and not value.is_finite():
        return float("nan") if value.is_nan() else float(value)
    return value


def _boolean(value: object) -> bool:
    word = str(value).lower() if isinstance(value, bool | int | str) else ""
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError("is neither true nor false")


def _datetime(value: object) -> datetime:
    """UTC. A time without a zone is UTC, a date is its first instant."""
    moment = _parsed(value) if isinstance(value, str) else value
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if not isinstance(moment, datetime):
        raise ValueError("is not a date")
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("is outside the calendar") from None


def _parsed(text: str) -> datetime:
    if not _ISO.match(text):
        raise ValueError("is not a date in the form YYYY-MM-DD, with or without a time")
    return datetime.fromisoformat(text)


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return _datetime(value).date()


def _list(value: object) -> tuple[str, ...]:
    """A native array or JSON text; nulls in it name nothing and are left out."""
    items = _json(value) if isinstance(value, str) else value
    if not isinstance(items, list | tuple):
        raise ValueError("is not a list; as text it must be a JSON array")
    return tuple(_text(item) for item in items if item is not None)


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


DECODERS: Mapping[ColumnType, Decoder] = {
    ColumnType.TEXT: _text,
    ColumnType.INTEGER: _integer,
    ColumnType.DECIMAL: _decimal,
    ColumnType.BOOLEAN: _boolean,
    ColumnType.DATE: _date,
    ColumnType.DATETIME: _datetime,
    ColumnType.LIST: _list,
}

# A value of exactly this type needs no decoding: most values, most of the time.
NATIVE: Mapping[ColumnType, type[Any]] = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.DECIMAL: float,
    ColumnType.BOOLEAN: bool,
    ColumnType.DATE: date,
}
