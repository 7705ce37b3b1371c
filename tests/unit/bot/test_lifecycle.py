"""The alert's state machine as a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.lifecycle import MOVES, Event, State, Verdict, allowed, asks_for_somebody, verdict
from tests.unit.bot.told import alert, fyi_payload, payload

NOON = datetime(2026, 1, 12, 12, 0, tzinfo=UTC)
TABLE = [
    (Event.ACKNOWLEDGE, State.OPEN, True),
    (Event.ACKNOWLEDGE, State.ACKNOWLEDGED, False),
    (Event.ACKNOWLEDGE, State.SUPERSEDED, False),
    (Event.SUPERSEDE, State.OPEN, True),
    (Event.SUPERSEDE, State.ACKNOWLEDGED, True),
    (Event.SUPERSEDE, State.SUPERSEDED, False),
    (Event.HAND_OVER, State.OPEN, True),
    (Event.HAND_OVER, State.ACKNOWLEDGED, False),
    (Event.HAND_OVER, State.SUPERSEDED, False),
]


@pytest.mark.parametrize(("event", "state", "may"), TABLE)
def test_what_may_happen_in_each_state(event: Event, state: State, may: bool) -> None:
    """A superseded alert cannot be acknowledged; an acknowledged one can be superseded (D3), not handed over (D43)."""
    assert allowed(event, state) is may


def test_the_table_is_complete() -> None:
    """Every event has a move, and every pair of event and state is decided."""
    assert set(MOVES) == set(Event)
    assert {(event, state) for event, state, _ in TABLE} == {(event, state) for event in Event for state in State}


@pytest.mark.parametrize(
    ("moved", "changes", "expected"),
    [
        (True, {"state": "acknowledged", "acknowledged_by": "U1", "acknowledged_at": NOON}, Verdict.WON),
        (False, {"state": "acknowledged", "acknowledged_by": "U1", "acknowledged_at": NOON}, Verdict.YOURS),
        (False, {"state": "acknowledged", "acknowledged_by": "U2", "acknowledged_at": NOON}, Verdict.TAKEN),
        (False, {"state": "superseded", "acknowledged_by": "U1"}, Verdict.SUPERSEDED),
    ],
)
def test_how_a_click_is_judged(moved: bool, changes: dict[str, object], expected: Verdict) -> None:
    """The first click wins, the same person again is quiet, others and latecomers are told."""
    assert verdict(moved, alert(payload(), **changes), "U1") is expected


def test_a_click_on_nothing_is_judged() -> None:
    """An alert that is not in the store is gone, not an error."""
    assert verdict(False, None, "U1") is Verdict.GONE


def test_only_an_open_hot_alert_asks_for_somebody() -> None:
    """An FYI asks nobody to take anything: its reader has the account already (D3)."""
    assert asks_for_somebody(alert(payload()))
    assert not asks_for_somebody(alert(payload(), state="acknowledged"))
    assert not asks_for_somebody(alert(fyi_payload()))
