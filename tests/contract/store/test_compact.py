"""Values in few bytes (P14) come back as they were."""

from __future__ import annotations

from typing import Any

import pytest

from connector.store import compact

STORED = {
    "018b36827937009cd2300c34b644331239f82a28004ab100": [
        *(2, "plg", "PQL", "This account has 39 active users.", "nurture", "x" * 60),
    ],
    "02abc6dda230b6c4685340cadac4e45c70054c83da02bde4b5348284978981014af15b015452410150aa0500": {
        "account": {"active_users": 39, "country": "US", "key": "acme"},
        "kind": "hot_pql",
        "layers": {"behavioural": None, "intent": None, "organisational": True},
        "reason": "Hot at 92 with 400 employees",
        "x": "x" * 60,
    },
}
LONG = "This account has 12 active users. " * 20


@pytest.mark.parametrize(
    "value",
    [[], {}, [1, None, True, 1.5, "naïve \U0001f600"], {"a": ["\0", "\ud800"]}, [LONG], {LONG: LONG}, [["x"] * 500]],
    ids=["nothing", "no names", "every type", "hostile text", "long", "long name", "long list"],
)
def test_values_come_back(value: Any) -> None:
    """Short and long, whatever the text."""
    assert compact.loads(compact.dumps(value)) == value


def test_equal_values_are_equal_bytes() -> None:
    """In whatever order their names were given, so that bytes tell whether anything changed."""
    assert compact.dumps({"a": LONG, "b": 1}) == compact.dumps({"b": 1, "a": LONG})


def test_long_values_take_less_room_and_short_ones_are_left_alone() -> None:
    """A sentence of the product's own is deflated to less than half; what is short stays legible."""
    sentence = [
        "plg",
        "PQL",
        "2026-05-01",
        "Warm at 50.7, small",
        "nurture",
        "warm",
        "This account has 39 active users.",
    ]

    assert len(compact.dumps(sentence)) < len(str(sentence)) / 2
    assert compact.dumps([1, "short"]) == b'[1,"short"]'


@pytest.mark.parametrize(("stored", "told"), STORED.items())
def test_the_vocabularies_never_change(stored: str, told: object) -> None:
    """What an earlier release deflated is read by the same words: a new vocabulary gets a new number."""
    assert compact.loads(bytes.fromhex(stored)) == told


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number_is_nothing(number: float) -> None:
    """No CRM takes NaN or infinities, and JSON has no word for them."""
    assert compact.loads(compact.dumps([number])) == [None]


def test_numbers_of_any_size_come_back() -> None:
    """Also where they do not fit 64 bits."""
    assert compact.loads(compact.dumps([10**30, -(10**30)])) == [10**30, -(10**30)]
