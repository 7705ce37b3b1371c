"""What the product did for a deal, by the dates of its stages alone (A19): nothing of it is stored.

Days compare, and before is strict, as they do for motion: what happened on one day came in no order.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from connector.errors import InvalidValueError
from connector.model import Record

INFLUENCED, ASSISTED, EVALUATED = "plg_influenced", "plg_assisted", "plg_evaluated"
SALES_CONTACT = ("mql_at", "sql_at", "opportunity_at")


def attribution(record: Record) -> tuple[str, ...]:
    """The tags of an account, in this order.

    Influenced: sales won it after it used the product or became a PQL. Assisted: it signed up before sales first had
    to do with it. Evaluated: it was activated before it signed. Raises InvalidValueError for a date beyond all others.
    """
    won, activated = _day(record, "closed_won_at"), _day(record, "activated_at")
    held = {
        INFLUENCED: _before(_first(record, "activated_at", "pql_at"), won),
        ASSISTED: _before(_day(record, "signup_at"), _first(record, *SALES_CONTACT)),
        EVALUATED: _before(activated, won),
    }
    return tuple(tag for tag, holds in held.items() if holds)


def _before(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one < other


def _first(record: Record, *columns: str) -> date | None:
    return min((day for column in columns if (day := _day(record, column))), default=None)


def _day(record: Record, column: str) -> date | None:
    """The day of a stage, in UTC; a stage the warehouse does not have has none. Raises InvalidValueError."""
    value = record.values.get(column)
    if not isinstance(value, datetime):
        return value if isinstance(value, date) else None
    try:
        return value.astimezone(UTC).date() if value.tzinfo else value.date()
    except OverflowError:
        raise InvalidValueError(f"{column} {value.isoformat()} is outside the calendar in UTC") from None
