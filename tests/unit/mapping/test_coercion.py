"""What a field would store for a warehouse value, and which values it cannot."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from connector.errors import InvalidValueError
from connector.mapping.coercion import clip, coerce
from connector.model import Canonical, FieldKind, FieldSpec, WarehouseValue

EAST = timezone(timedelta(hours=5, minutes=30))
WEST = timezone(timedelta(hours=-8))
OPTIONS = ("hot", "warm")

TEXT = FieldSpec("F", FieldKind.TEXT, length=10)
REFERENCE = FieldSpec("F", FieldKind.REFERENCE, length=18)
NUMBER = FieldSpec("F", FieldKind.NUMBER)
ONE_PLACE = FieldSpec("F", FieldKind.NUMBER, scale=1)
WHOLE = FieldSpec("F", FieldKind.NUMBER, scale=0)
BOOLEAN = FieldSpec("F", FieldKind.BOOLEAN)
DATE = FieldSpec("F", FieldKind.DATE)
DATETIME = FieldSpec("F", FieldKind.DATETIME)
PICKLIST = FieldSpec("F", FieldKind.PICKLIST, options=OPTIONS)
OPEN_PICKLIST = FieldSpec("F", FieldKind.PICKLIST)
MULTI = FieldSpec("F", FieldKind.MULTI_PICKLIST, options=OPTIONS)

STORED: list[tuple[FieldSpec, WarehouseValue, Canonical]] = [
    (TEXT, "  acme  ", "acme"),
    (TEXT, "ten letter", "ten letter"),
    (TEXT, 87, "87"),
    (TEXT, 87.0, "87"),
    (TEXT, 87.5, "87.5"),
    (TEXT, True, "true"),
    (TEXT, ("a", "b"), "a;b"),
    (TEXT, date(2026, 3, 2), "2026-03-02"),
    (TEXT, "   ", None),
    (FieldSpec("F", FieldKind.TEXT), datetime(2026, 3, 2, 9, 30, tzinfo=EAST), "2026-03-02T04:00:00Z"),
    (REFERENCE, "005000000000001AAA", "005000000000001AAA"),
    (NUMBER, 87, 87),
    (NUMBER, 87.0, 87),
    (NUMBER, "87.25", 87.25),
    (NUMBER, Decimal("87.25"), 87.25),
    (NUMBER, Decimal("87.00"), 87),
    (NUMBER, True, 1),
    (NUMBER, -0.0, 0),
    (ONE_PLACE, 86.95, 87),
    (ONE_PLACE, Decimal("0.25"), 0.3),
    (ONE_PLACE, Decimal("0.35"), 0.4),
    (ONE_PLACE, Decimal("-0.25"), -0.3),
    (ONE_PLACE, 0.04, 0),
    (WHOLE, 86.5, 87),
    (WHOLE, 2.5, 3),
    (ONE_PLACE, 999_999_999_999_999_999, 999_999_999_999_999_999),
    (BOOLEAN, True, True),
    (BOOLEAN, False, False),
    (BOOLEAN, 1, True),
    (BOOLEAN, 0, False),
    (BOOLEAN, Decimal(1), True),
    (DATE, date(2026, 3, 2), "2026-03-02"),
    (DATE, datetime(2026, 3, 2, 23, 59, tzinfo=UTC), "2026-03-02"),
    (DATE, datetime(2026, 3, 2, 20, 0, tzinfo=WEST), "2026-03-03"),
    (DATE, date(9999, 12, 31), "9999-12-31"),
    (DATE, date(1, 1, 1), "0001-01-01"),
    (DATETIME, datetime(2026, 3, 2, 9, 30, 15, 999_999, tzinfo=UTC), "2026-03-02T09:30:15Z"),
    (DATETIME, datetime(2026, 3, 2, 20, 0, tzinfo=WEST), "2026-03-03T04:00:00Z"),
    (DATETIME, date(2026, 3, 2), "2026-03-02T00:00:00Z"),
    (DATETIME, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "9999-12-31T23:59:59Z"),
    (DATETIME, datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00Z"),
    (PICKLIST, " hot ", "hot"),
    (OPEN_PICKLIST, "anything", "anything"),
    (MULTI, ("hot", "warm"), "hot;warm"),
    (MULTI, "hot; warm", "hot;warm"),
    (MULTI, "hot", "hot"),
]


@pytest.mark.parametrize(("spec", "value", "stored"), STORED)
def test_fitting_values_are_canonical(spec: FieldSpec, value: WarehouseValue, stored: Canonical) -> None:
    """A value that fits has one spelling, whatever SQL type it came in: same value, same JSON type."""
    found = coerce(value, spec)

    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize("spec", [TEXT, REFERENCE, NUMBER, BOOLEAN, DATE, DATETIME, PICKLIST, MULTI])
@pytest.mark.parametrize("blank", [None, "", ()])
def test_blank_is_null_in_every_field(spec: FieldSpec, blank: WarehouseValue) -> None:
    """Null, empty text and the empty list are one: nothing."""
    assert coerce(blank, spec) is None


REFUSED: list[tuple[FieldSpec, WarehouseValue, str]] = [
    (TEXT, "eleven char", "11 characters, the field takes 10"),
    (REFERENCE, "x" * 19, "19 characters, the field takes 18"),
    (NUMBER, float("nan"), "nan is not a number a CRM can hold"),
    (NUMBER, float("inf"), "inf is not a number a CRM can hold"),
    (NUMBER, Decimal("-Infinity"), "-Infinity is not a number a CRM can hold"),
    (ONE_PLACE, float("nan"), "nan is not a number a CRM can hold"),
    (ONE_PLACE, 1e300, "1e+300 is not a number a CRM can hold"),
    (ONE_PLACE, Decimal("1e27"), "1E+27 is not a number a CRM can hold"),
    (NUMBER, Decimal("1e400"), "1E+400 is not a number a CRM can hold"),
    (NUMBER, "eighty", "'eighty' is not a number"),
    (NUMBER, date(2026, 3, 2), "is not a number"),
    (BOOLEAN, 2, "2 is not true or false"),
    (BOOLEAN, "yes", "'yes' is not true or false"),
    (BOOLEAN, float("nan"), "nan is not true or false"),
    (DATE, "2026-03-02", "'2026-03-02' is not a date"),
    (DATE, 20260302, "20260302 is not a date"),
    (DATE, datetime(9999, 12, 31, 20, 0, tzinfo=WEST), "outside the calendar in UTC"),
    (DATETIME, "yesterday", "'yesterday' is not a date with a time"),
    (DATETIME, datetime(9999, 12, 31, 20, 0, tzinfo=WEST), "outside the calendar in UTC"),
    (PICKLIST, "cold", "'cold' is not one of ['hot', 'warm']"),
    (PICKLIST, "Hot", "'Hot' is not one of"),
    (MULTI, ("hot", "cold"), "['cold'] not among ['hot', 'warm']"),
    (MULTI, "hot;cold", "['cold'] not among"),
]


@pytest.mark.parametrize(("spec", "value", "said"), REFUSED)
def test_misfits_are_refused_in_words(spec: FieldSpec, value: WarehouseValue, said: str) -> None:
    """A value no such field can hold is refused with the reason, and nothing else stops."""
    with pytest.raises(InvalidValueError) as caught:
        coerce(value, spec)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "length", "clipped"),
    [
        ("fits exactly", 12, "fits exactly"),
        ("hit the usage limit 3 days ago", 20, "hit the usage…"),
        ("hit the usage limit", 12, "hit the…"),
        ("unbrokenword", 6, "unbro…"),
        ("", 5, ""),
    ],
)
def test_sentences_are_cut_at_words(text: str, length: int, clipped: str) -> None:
    """Our own sentences end at a whole word and an ellipsis, within the field."""
    assert clip(text, length) == clipped
    assert len(clip(text, length)) <= length
