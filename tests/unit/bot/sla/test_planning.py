"""Whether promises came in time, by an alert's own record (D40, E12, E13)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.sla.hours import Hours
from bot.sla.planning import NOTHING_KEPT, Keeping, keeping
from bot.sla.policy import DEFAULTS
from bot.sla.roster import Roster
from connector.store.alerts import Transition
from tests.unit.bot.told import alert, fyi_payload, payload

NINE = datetime(2026, 1, 19, 9, 0, tzinfo=UTC)  # a Monday
ROSTER = Roster(Hours(ZoneInfo("UTC")))
Told = tuple[float, str, str]


def at(hours: float | None) -> datetime | None:
    return None if hours is None else NINE + timedelta(hours=hours)


def kept(*told: Told, taken: float | None = None, reached: float | None = None, kind: str = "hot_pql") -> Keeping:
    """How promises were kept by steps told as (hours after nine, from, to); `taken` and `reached` as the alert says."""
    steps = [Transition(7, left, to, "U1", "slack", NINE + timedelta(hours=hours)) for hours, left, to in told]
    told_of = payload() if kind == "hot_pql" else fyi_payload()
    one = alert(told_of, raised_at=NINE, acknowledged_at=at(taken), contacted_at=at(reached), kind=kind)
    return keeping(one, steps, DEFAULTS, ROSTER)


@pytest.mark.parametrize(("hours", "in_time"), [(0.0, True), (1.0, True), (1.01, False), (7.9, False), (24.0, False)])
def test_an_acknowledgement_is_in_time_within_the_business_hour(hours: float, in_time: bool) -> None:
    """The promise of a Hot alert is an hour of its owner's work (E2)."""
    assert kept((hours, "open", "acknowledged"), taken=hours) == Keeping(acknowledged=in_time)


@pytest.mark.parametrize(("hours", "in_time"), [(4.0, True), (4.01, False), (26.0, False)])
def test_an_outreach_has_a_promise_of_its_own(hours: float, in_time: bool) -> None:
    """Four hours of work; whoever took it late may still reach out in time (E1)."""
    steps = ((2.0, "escalated", "acknowledged"), (hours, "acknowledged", "contacted"))
    assert kept(*steps, taken=2.0, reached=hours) == Keeping(acknowledged=False, reached_out=in_time)


def test_an_outreach_counts_from_when_it_took_place() -> None:
    """Told of by the CRM a day later, and once more proved: it was in time."""
    steps = ((26.0, "escalated", "contacted"), (27.0, "contacted", "contacted"))
    assert kept(*steps, reached=3.0) == Keeping(reached_out=True)


def test_who_took_it_again_is_judged_by_what_was_left() -> None:
    """The clock stood still while somebody had it: half an hour, three hours of theirs, and a quarter."""
    steps = ((0.5, "open", "acknowledged"), (3.5, "acknowledged", "open"), (3.75, "open", "acknowledged"))
    assert kept(*steps, taken=3.75) == Keeping(acknowledged=True)
    late = (*steps[:2], (4.25, "open", "acknowledged"))
    assert kept(*late, taken=4.25) == Keeping(acknowledged=False)


def test_where_nothing_is_promised_nothing_is_kept() -> None:
    """An FYI has no clock, and neither has an alert that nobody has touched."""
    assert kept((0.1, "open", "acknowledged"), taken=0.1, kind="fyi") == NOTHING_KEPT
    assert kept() == NOTHING_KEPT
