"""HubSpot's values are all text: here they become canonical ones, and canonical ones become text (B1)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from connector.model import Canonical, FieldKind, choices

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"-?\d+", re.ASCII)


def canonical(text: str | None, kind: FieldKind) -> Canonical:
    """A property's value as memories and comparisons hold it. What does not fit its kind stays the text it is."""
    if text is None or text == "":
        return None
    read = _READ.get(kind)
    return read(text) if read else text


def wire(value: Canonical) -> str:
    """A canonical value as HubSpot takes it; "" clears."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{Decimal(str(value)):f}"  # never 1e+21
    return str(value)


def same(sent: str, held: str) -> bool:
    """Whether HubSpot holds what it was sent, as it spells it: trimmed, in one case, numbers and dates its own way."""
    ours, theirs = sent.strip(), str(held).strip()
    if ours.casefold() == theirs.casefold():
        return True
    if not ours or not theirs:
        return False
    return any(read(ours) is not None and read(ours) == read(theirs) for read in (_decimal, moment, _choices))


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:
        return None


def _choices(text: str) -> list[str] | None:
    return sorted(text.split(";")) if ";" in text else None


def moment(value: Canonical) -> datetime | None:
    """A date, ISO datetime or epoch milliseconds as a UTC moment. None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        if _WHOLE.fullmatch(value):
            return _EPOCH + timedelta(milliseconds=int(value))
        at = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def day(value: Canonical) -> date | None:
    """The UTC day of what `moment` reads."""
    at = moment(value)
    return at.date() if at else None


def _number(text: str) -> Canonical:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text
    if not number.is_finite():
        return text
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(text: str) -> Canonical:
    return {"true": True, "false": False}.get(text.lower(), text)


def _date(text: str) -> Canonical:
    at = day(text)
    return at.isoformat() if at else text


def _datetime(text: str) -> Canonical:
    at = moment(text)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at else text


def _multiple(text: str) -> Canonical:
    return ";".join(choices(text.split(";"))) or None


_READ: dict[FieldKind, Callable[[str], Canonical]] = {
    FieldKind.NUMBER: _number,
    FieldKind.BOOLEAN: _boolean,
    FieldKind.DATE: _date,
    FieldKind.DATETIME: _datetime,
    FieldKind.MULTI_PICKLIST: _multiple,
}
