"""The values that travel: as SQL gave them, and in the one form every CRM's adapter speaks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

WarehouseValue = str | int | float | Decimal | bool | date | datetime | tuple[str, ...] | None
Canonical = str | int | float | bool | None
NOTHING: Mapping[str, Canonical] = {}


def choices(parts: Iterable[str]) -> tuple[str, ...]:
    """The choices of a multi-select field in canonical order: a CRM keeps them in an order of its own."""
    return tuple(sorted({part.strip() for part in parts} - {""}))


class ColumnType(StrEnum):
    """What a declared warehouse column holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    LIST = "list"
