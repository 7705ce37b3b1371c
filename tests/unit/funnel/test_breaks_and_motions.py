"""What a broken series says, and how many accounts may be without a motion (I13, B3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.funnel.breaks import Break, told
from connector.funnel.motions import Motions, alarm, from_json

MARCH = datetime(2026, 3, 4, 9, tzinfo=UTC)


def test_breaks_are_told_by_day() -> None:
    """One sentence per day, with every definition that changed then, once."""
    changes = [
        Break(MARCH.replace(day=9), "rules", "c"),
        Break(MARCH, "tiers", "a"),
        Break(MARCH.replace(hour=12), "rules", "b"),
        Break(MARCH.replace(hour=13), "tiers", "d"),
    ]

    assert told(changes) == [
        "definition changed on 4 Mar 2026: tiers, rules",
        "definition changed on 9 Mar 2026: rules",
    ]
    assert told([]) == []


@pytest.mark.parametrize(
    ("expected", "unknown", "is_alarm"),
    [
        pytest.param(100, 4, False, id="below"),
        pytest.param(100, 5, True, id="at 5 %"),
        pytest.param(1_000, 49, False, id="4.9 %"),
        pytest.param(29, 29, False, id="too few to judge"),
        pytest.param(30, 2, True, id="just enough"),
        pytest.param(30, 0, False, id="none"),
        pytest.param(0, 0, False, id="nobody"),
    ],
)
def test_from_five_percent_on_it_is_an_alarm(expected: int, unknown: int, is_alarm: bool) -> None:
    """Of the accounts a motion is expected of, and only among thirty or more (D46)."""
    assert Motions(9_999, expected, unknown).is_alarm(0.05) is is_alarm


def test_both_shares_are_said_with_their_denominators() -> None:
    """The one that is judged, and the one by the letter of the rules, which counts mere sign-ups too."""
    motions = Motions(4_000, 1_000, 60)

    assert motions.words == (
        "the motion of 60 of 1,000 accounts (6.0 %) with a PQL, MQL, SQL, opportunity, won or paid date is unknown; "
        "of all 4,000, mere sign-ups included, 76.5 %"
    )
    assert alarm(motions, 0.05).startswith(motions.words)
    assert "From 5.0 % on" in alarm(motions, 0.05)
    assert from_json(motions.as_json()) == motions
