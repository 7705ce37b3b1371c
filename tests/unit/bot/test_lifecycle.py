"""The alert's state machine as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.lifecycle import MOVES, OVER, Event, State, Verdict, allowed, asks_for_somebody, possible, verdict
from connector.model import CAN_CHANGE_HANDS
from tests.unit.bot.told import alert, fyi_payload, payload

NOON = datetime(2026, 1, 12, 12, 0, tzinfo=UTC)
ACTIVE = ("open", "acknowledged", "snoozed", "escalated", "expired")
FROM = {
    # event: the states it may leave, where it leads, who must have the alert (None: does not matter)
    Event.ACKNOWLEDGE: (("open", "snoozed", "escalated", "expired"), "acknowledged", False),
    Event.UNACKNOWLEDGE: (("acknowledged", "escalated", "expired"), "open", True),
    Event.SNOOZE: (ACTIVE, "snoozed", None),
    Event.WAKE: (("snoozed",), "open", False),
    Event.RESUME: (("snoozed",), "acknowledged", True),
    Event.REASSIGN: (ACTIVE, "open", None),
    Event.CONTACT: (ACTIVE, "contacted", None),
    Event.PROVE: (("contacted",), "contacted", None),
    Event.PROVE_CLOSED: (("closed",), "closed", None),
    Event.CLOSE: ((*ACTIVE, "contacted"), "closed", None),
    Event.DISQUALIFY: ((*ACTIVE, "contacted"), "disqualified", None),
    Event.REINSTATE: (("disqualified",), "open", None),
    Event.ESCALATE: (("open", "acknowledged", "snoozed", "expired"), "escalated", None),
    Event.EXPIRE: (("open", "acknowledged", "snoozed", "escalated"), "expired", None),
    Event.HAND_OVER: (("open", "snoozed", "escalated", "expired"), "open", False),
    Event.SUPERSEDE: (ACTIVE, "superseded", None),
    Event.CONVERT: ((*ACTIVE, "contacted"), "converted", None),
}
TABLE = [(event, state, state in FROM[event][0]) for event in Event for state in State]


@pytest.mark.parametrize(("event", "state", "may"), TABLE)
def test_what_may_happen_in_each_state(event: Event, state: State, may: bool) -> None:
    """A superseded alert cannot be acknowledged; an acknowledged one can be superseded (D3), not handed over (D43)."""
    assert allowed(event, state) is may


def test_the_table_is_complete() -> None:
    """Every event has a move, and leads where the table says."""
    assert set(MOVES) == set(Event)
    assert {event: (move.to, move.held) for event, move in MOVES.items()} == {
        event: (to, held) for event, (_, to, held) in FROM.items()
    }


def test_nothing_brings_back_what_has_ended_but_an_undo() -> None:
    """No late click revives an alert (slack E19), only an undo of "not a fit". A proof leaves it closed (D40)."""
    ended = [state for state in OVER if state != State.CONTACTED]
    late = [event for event in Event if any(allowed(event, state) for state in ended)]
    assert [event for event in late if MOVES[event].to not in ended] == [Event.REINSTATE]
    assert [event for event in late if MOVES[event].to in ended] == [Event.PROVE_CLOSED]


@pytest.mark.parametrize(
    ("event", "changes", "after", "may"),
    [
        pytest.param(Event.ACKNOWLEDGE, {"state": "escalated"}, 0, True, id="nobody took it before the manager heard"),
        pytest.param(
            Event.ACKNOWLEDGE, {"state": "escalated", "acknowledged_by": "U1"}, 0, False, id="somebody has it"
        ),
        pytest.param(Event.UNACKNOWLEDGE, {"state": "expired"}, 0, False, id="nobody has it to give back"),
        pytest.param(Event.WAKE, {"state": "snoozed"}, 0, True, id="wakes open"),
        pytest.param(Event.WAKE, {"state": "snoozed", "acknowledged_by": "U1"}, 0, False, id="wakes with who has it"),
        pytest.param(Event.RESUME, {"state": "snoozed", "acknowledged_by": "U1"}, 0, True, id="comes back to them"),
        pytest.param(Event.REINSTATE, {"state": "disqualified", "closed_at": NOON}, 7, True, id="undone after a week"),
        pytest.param(Event.REINSTATE, {"state": "disqualified", "closed_at": NOON}, 8, False, id="undone too late"),
        pytest.param(Event.REINSTATE, {"state": "disqualified"}, 0, False, id="nobody knows since when"),
        pytest.param(Event.CLOSE, {"state": "superseded"}, 0, False, id="over already"),
    ],
)
def test_what_may_happen_to_one_alert(event: Event, changes: dict[str, object], after: int, may: bool) -> None:
    """Beside its state it depends on who has it, and for an undo on how long ago that was (D42)."""
    assert possible(event, alert(payload(), **changes), NOON + timedelta(days=after)) is may


@pytest.mark.parametrize(
    ("moved", "changes", "expected"),
    [
        (True, {"state": "acknowledged", "acknowledged_by": "U1", "acknowledged_at": NOON}, Verdict.WON),
        (False, {"state": "acknowledged", "acknowledged_by": "U1", "acknowledged_at": NOON}, Verdict.YOURS),
        (False, {"state": "acknowledged", "acknowledged_by": "U2", "acknowledged_at": NOON}, Verdict.TAKEN),
        (False, {"state": "escalated", "acknowledged_by": "U1"}, Verdict.YOURS),
        (False, {"state": "superseded", "acknowledged_by": "U1"}, Verdict.SUPERSEDED),
        (False, {"state": "disqualified", "acknowledged_by": "U2"}, Verdict.OVER),
        (False, {"state": "contacted"}, Verdict.OVER),
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
    assert asks_for_somebody(alert(payload(), state="escalated"))
    assert not asks_for_somebody(alert(payload(), state="escalated", acknowledged_by="U1"))
    assert not asks_for_somebody(alert(payload(), state="acknowledged"))
    assert not asks_for_somebody(alert(fyi_payload()))


def test_the_connector_hands_over_what_may_be_handed_over() -> None:
    """What it takes for an alert that can change hands is what the lifecycle lets."""
    assert {*MOVES[Event.HAND_OVER].allowed_from} == CAN_CHANGE_HANDS
