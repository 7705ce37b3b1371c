"""What HubSpot makes of a value: trimmed, checked against the property's type, kept in one spelling.

Every value travels as text (B1). The empty text clears. What comes back is not always what was sent:
"87.50" is kept as 87.5 and a date sent in milliseconds is kept as YYYY-MM-DD.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS = re.compile(r"-?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LARGEST_MAGNITUDE = 30


class BadValue(ValueError):
    """A value its property cannot hold, with HubSpot's code for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def instant(moment: datetime) -> str:
    """A moment as HubSpot writes it: UTC, milliseconds, the fraction left out when it is zero."""
    utc = moment.astimezone(UTC)
    precision = "milliseconds" if utc.microsecond >= 1000 else "seconds"
    return f"{utc.replace(tzinfo=None).isoformat(timespec=precision)}Z"


def moment_of(text: str) -> datetime:
    """The moment meant by epoch milliseconds, a date, or ISO 8601 with a zone. Raises BadValue."""
    try:
        if _MILLISECONDS.fullmatch(text):
            return EPOCH + timedelta(milliseconds=int(text))
        if _DATE.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise BadValue("INVALID_DATE", f"{text} is neither a timestamp nor an ISO 8601 date") from error
    if moment.tzinfo is None:
        raise BadValue("INVALID_DATE", f"{text} carries no time zone")
    return moment.astimezone(UTC)


def number_of(text: str) -> Decimal:
    """The number meant by `text`. Raises BadValue."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise BadValue("INVALID_LONG", f"{text} was not a valid long.") from error
    if not number.is_finite() or abs(number.adjusted()) > _LARGEST_MAGNITUDE:
        raise BadValue("INVALID_LONG", f"{text} was not a valid long.")
    return number


def canonical(type_name: str, raw: str, *, options: Collection[str] = (), many: bool = False) -> str:
    """`raw` as HubSpot would keep it in a property of `type_name`; "" stays "" and clears (B1).

    `options` are the values an enumeration allows, matched exactly; `many` allows several, joined by ";".
    Raises BadValue.
    """
    value = raw.strip()
    if not value:
        return ""
    if type_name == "enumeration":
        return _choice(value, options, many=many)
    return _SPELLINGS.get(type_name, str)(value)


def _choice(value: str, options: Collection[str], *, many: bool) -> str:
    for part in value.split(";") if many else [value]:
        if part not in options:
            raise BadValue(
                "INVALID_OPTION", f"{part} was not one of the allowed options: [{', '.join(sorted(options))}]"
            )
    return value


def _number(value: str) -> str:
    plain = f"{number_of(value):f}"
    return (plain.rstrip("0").rstrip(".") or "0") if "." in plain else plain


def _day(value: str) -> str:
    moment = moment_of(value)
    if moment.time() != datetime.min.time():
        raise BadValue("INVALID_DATE", f"{value} is at {moment:%H:%M:%S} UTC, not midnight!")
    return moment.date().isoformat()


def _moment(value: str) -> str:
    return instant(moment_of(value))


def _flag(value: str) -> str:
    return _choice(value, ("true", "false"), many=False)


_SPELLINGS: dict[str, Callable[[str], str]] = {
    "number": _number,
    "date": _day,
    "datetime": _moment,
    "bool": _flag,
}
