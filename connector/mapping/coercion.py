"""A warehouse value in the canonical form of the field it goes into, or the reason why it cannot be."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from connector.errors import InvalidValueError
from connector.model import Canonical, FieldKind, FieldSpec, WarehouseValue, choices

MOST_DIGITS = 18  # before the decimal point: what a Salesforce number field holds at most


def clip(text: str, length: int) -> str:
    """Our own sentences fit the field: cut at a word and end in an ellipsis."""
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0] + "…"


def coerce(value: WarehouseValue, spec: FieldSpec) -> Canonical:
    """The canonical value `spec` would store for `value`. Raises InvalidValueError when it cannot."""
    if value is None or value in ("", ()):
        return None
    return _COERCE[spec.kind](value, spec)


def _text(value: WarehouseValue, spec: FieldSpec) -> Canonical:
    text = _spelled(value).strip()
    if spec.length is not None and len(text) > spec.length:
        raise InvalidValueError(f"{len(text)} characters, the field takes {spec.length}")
    return text or None


def _spelled(value: WarehouseValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _number(value: WarehouseValue, spec: FieldSpec) -> Canonical:
    try:
        number = Decimal(str(value)) if not isinstance(value, bool) else Decimal(int(value))
    except InvalidOperation:
        raise InvalidValueError(f"{value!r} is not a number") from None
    if not number.is_finite() or number.adjusted() >= MOST_DIGITS:
        raise InvalidValueError(f"{value} is not a number a CRM can hold")
    if spec.scale is not None:
        number = number.quantize(Decimal(1).scaleb(-spec.scale), rounding=ROUND_HALF_UP)
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(value: WarehouseValue, _: FieldSpec) -> Canonical:
    if isinstance(value, bool):
        return value
    if value in (0, 1):
        return bool(value)
    raise InvalidValueError(f"{value!r} is not true or false")


def _date(value: WarehouseValue, _: FieldSpec) -> Canonical:
    if isinstance(value, datetime):
        return instant(value)[:10]
    if isinstance(value, date):
        return value.isoformat()
    raise InvalidValueError(f"{value!r} is not a date")


def _datetime(value: WarehouseValue, _: FieldSpec) -> Canonical:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return instant(datetime(value.year, value.month, value.day, tzinfo=UTC))
    raise InvalidValueError(f"{value!r} is not a date with a time")


def _picklist(value: WarehouseValue, spec: FieldSpec) -> Canonical:
    text = _spelled(value).strip()
    if spec.options and text not in spec.options:
        raise InvalidValueError(f"{text!r} is not one of {list(spec.options)}")
    return text or None


def _multi_picklist(value: WarehouseValue, spec: FieldSpec) -> Canonical:
    parts = value if isinstance(value, tuple) else tuple(_spelled(value).split(";"))
    chosen = choices(parts)
    unknown = [part for part in chosen if spec.options and part not in spec.options]
    if unknown:
        raise InvalidValueError(f"{unknown} not among {list(spec.options)}")
    if text := next((part for part in chosen if ";" in part), None):
        raise InvalidValueError(f"{text!r} holds a semicolon, which separates choices")
    return ";".join(chosen) or None


_COERCE = {
    FieldKind.TEXT: _text,
    FieldKind.REFERENCE: _text,
    FieldKind.NUMBER: _number,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.DATE: _date,
    FieldKind.DATETIME: _datetime,
    FieldKind.PICKLIST: _picklist,
    FieldKind.MULTI_PICKLIST: _multi_picklist,
}


def instant(value: datetime) -> str:
    """A moment in canonical form: UTC, whole seconds. Raises InvalidValueError outside the years 1 to 9999."""
    try:
        return f"{value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    except OverflowError:
        raise InvalidValueError(f"{value.isoformat()} is outside the calendar in UTC") from None
