"""What a field does to a value on its way in: trimmed, rounded, folded to the declared case, or refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from sandbox.salesforce.errors import RowError
from sandbox.salesforce.schema import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@lru_cache(maxsize=64)  # a batch of records is written in one moment
def stamp(moment: datetime) -> str:
    """`moment` as Salesforce prints it, in UTC: fixed width, so text order is time order."""
    utc = moment.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def looks_like_id(value: object) -> bool:
    """True for 15 or 18 letters and digits."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def fold(field: Field, value: Any) -> Any:
    """`value` as comparisons see it: ids by their first 15 characters, text without case unless declared (A1)."""
    if not isinstance(value, str):
        return value
    if field.type in ID_TYPES:
        return value[:15]
    if field.type in TEXT_TYPES and not field.case_sensitive:
        return value.lower()
    return value


def normalise(field: Field, value: Any) -> Any:
    """`value` as the org would store it. Raises RowError when the field refuses it."""
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return False if field.type == "boolean" else None
    return _RULES[field.type](field, value)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str):
        raise _mistyped(field, value)
    if field.length and len(value) > field.length:
        message = f"{field.name}: data value too large: {value} (max length={field.length})"
        raise RowError("STRING_TOO_LONG", message, field.name)
    return value


def _email(field: Field, value: Any) -> str:
    address = _text(field, value).lower()
    if _EMAIL.fullmatch(address) is None:
        raise RowError("INVALID_EMAIL_ADDRESS", f"{field.name}: invalid email address: {value}", field.name)
    return address


def _choice(field: Field, value: Any) -> str:
    wanted = _text(field, value)
    for choice in field.choices:
        if choice.lower() == wanted.lower():
            return choice
    if not field.restricted:
        return wanted
    message = f"{field.name}: bad value for restricted picklist field: {wanted}"
    raise RowError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)


def _choices(field: Field, value: Any) -> str:
    """Several choices in the order they are defined, whatever order they came in."""
    wanted = dict.fromkeys(_choice(field, part.strip()) for part in _text(field, value).split(";") if part.strip())
    defined = [choice for choice in field.choices if choice in wanted]
    return ";".join([*defined, *(other for other in wanted if other not in field.choices)])


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool):
        raise _mistyped(field, value)
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise _mistyped(field, value) from None
    if not exact.is_finite() or abs(exact) >= Decimal(10) ** (field.precision - field.scale):
        message = f"{field.name}: value outside of valid range on numeric field: {value}"
        raise RowError("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
    rounded = exact.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
    return int(rounded) if field.type == "int" else float(rounded)


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _mistyped(field, value)


def _date(field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except (ValueError, TypeError):
        raise _mistyped(field, value) from None


def _datetime(field: Field, value: Any) -> str:
    if not isinstance(value, str) or "T" not in value:
        raise _mistyped(field, value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _mistyped(field, value) from None
    return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _id(field: Field, value: Any) -> str:
    if not looks_like_id(value):
        raise RowError("MALFORMED_ID", f"{field.name}: id value of incorrect type: {value}", field.name)
    return str(value)


def _mistyped(field: Field, value: Any) -> RowError:
    message = f"Cannot deserialize instance of {field.type} from value {value!r} of field {field.name}"
    return RowError("INVALID_TYPE_ON_FIELD_IN_RECORD", message, field.name)


_RULES: dict[str, Callable[[Field, Any], Any]] = {
    **dict.fromkeys(TEXT_TYPES, _text),
    **dict.fromkeys(NUMBER_TYPES, _number),
    **dict.fromkeys(ID_TYPES, _id),
    "picklist": _choice,
    "multipicklist": _choices,
    "email": _email,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
}
