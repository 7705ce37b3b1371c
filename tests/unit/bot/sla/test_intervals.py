"""How long it took: three intervals, by the clock and in working hours, and what an outreach is called by its age."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.sla.crm_dates import CRM_CLOCKS, DISCOVERY, MQL_REVIEW, MQL_VERDICT, Consequence, Standing, judge
from bot.sla.intervals import Took, age_label, intervals
from bot.sla.policy import HOT
from tests.unit.bot.sla.weeks import OFFICE, at

CLOCKS = {clock.name: clock for clock in CRM_CLOCKS}


def took(clock: float, business: float) -> Took:
    return Took(timedelta(hours=clock), timedelta(hours=business))


def test_intervals_run_from_the_event_and_from_the_message() -> None:
    """A cap that posted an hour late shows in what the customer waited, not in what the reader took (D40)."""
    found = intervals(at("01-16 15:00"), at("01-16 16:00"), at("01-16 16:30"), at("01-19 10:00"), OFFICE)
    assert found.event_to_posted == took(1, 1)
    assert found.posted_to_acknowledged == took(0.5, 0.5)
    assert found.event_to_outreach == took(67, 3)
    assert found.posted_to_outreach == took(66, 2)


def test_what_has_not_happened_took_nothing() -> None:
    """An acknowledgement is never taken for an outreach."""
    found = intervals(at("01-16 15:00"), None, at("01-16 16:30"), None, OFFICE)
    assert found.event_to_posted is found.posted_to_acknowledged is None
    assert found.event_to_outreach is found.posted_to_outreach is None


def test_a_click_before_slack_named_the_message_took_no_time() -> None:
    """Two clocks may differ by a moment."""
    found = intervals(at("01-16 15:00"), at("01-16 16:00"), at("01-16 15:59"), None, OFFICE)
    assert found.posted_to_acknowledged == took(0, 0)


@pytest.mark.parametrize(
    ("hours", "label"),
    [(47, None), (48, "window closed"), (71, "window closed"), (72, "late"), (95, "late"), (96, "cold"), (500, "cold")],
)
def test_what_an_outreach_is_called(hours: int, label: str | None) -> None:
    """By the clock hours since the signal (E5)."""
    since = at("01-16 15:00")
    assert age_label(HOT, since, since + timedelta(hours=hours), OFFICE) == label


# ---------------------------------------------------------------------------------------------------- dates of the CRM

CASES = [
    # MQL reviewed within four business hours, the manager at eight (E7)
    pytest.param(MQL_REVIEW, "01-19 13:00", None, "01-19 16:00", "01-19 17:00", Standing.RUNNING, id="review runs"),
    pytest.param(MQL_REVIEW, "01-19 13:00", "01-19 17:00", "01-20 09:00", "01-19 17:00", Standing.KEPT, id="in time"),
    pytest.param(MQL_REVIEW, "01-19 13:00", "01-20 09:30", "01-20 10:00", "01-19 17:00", Standing.LATE, id="too late"),
    pytest.param(MQL_REVIEW, "01-19 13:00", None, "01-20 09:30", "01-19 17:00", Standing.OVERDUE, id="review overdue"),
    pytest.param(MQL_REVIEW, "01-16 18:00", None, "01-19 09:00", "01-19 13:00", Standing.RUNNING, id="of the weekend"),
    # accepted or rejected within 48 hours of the clock (E8, K3)
    pytest.param(MQL_VERDICT, "01-16 12:00", None, "01-18 12:00", "01-18 12:00", Standing.RUNNING, id="verdict runs"),
    pytest.param(MQL_VERDICT, "01-16 12:00", None, "01-18 12:01", "01-18 12:00", Standing.OVERDUE, id="no verdict"),
    # discovery within five business days of the SQL (E9)
    pytest.param(DISCOVERY, "01-19 10:00", "01-26 16:00", "01-27 09:00", "01-26 17:00", Standing.KEPT, id="discovery"),
    pytest.param(DISCOVERY, "01-19 10:00", None, "01-26 17:01", "01-26 17:00", Standing.OVERDUE, id="no discovery"),
]


@pytest.mark.parametrize(("name", "started", "done", "now", "due", "standing"), CASES)
def test_promises_over_dates_of_the_crm(
    name: str, started: str, done: str | None, now: str, due: str, standing: Standing
) -> None:
    """The same engine, with dates in the place of clicks (D41)."""
    found = judge(CLOCKS[name], at(started), at(done) if done else None, OFFICE, at(now))
    assert (found.due_at, found.standing) == (at(due), standing)


@pytest.mark.parametrize(
    ("done", "expected"),
    [(None, "01-20 13:00"), ("01-20 13:01", "01-20 13:00"), ("01-20 12:00", None), ("01-19 14:00", None)],
)
def test_the_manager_hears_of_an_mql_nobody_reviewed(done: str | None, expected: str | None) -> None:
    """After eight business hours, unless somebody did before (E7)."""
    found = judge(CLOCKS[MQL_REVIEW], at("01-19 13:00"), at(done) if done else None, OFFICE, at("01-21 09:00"))
    assert found.manager_at == (at(expected) if expected else None)


def test_where_each_is_brought_up() -> None:
    """The manager, RevOps' weekly report, the pipeline review (E7 to E9)."""
    assert {name: clock.then for name, clock in CLOCKS.items()} == {
        MQL_REVIEW: Consequence.MANAGER,
        MQL_VERDICT: Consequence.WEEKLY_REPORT,
        DISCOVERY: Consequence.PIPELINE_REVIEW,
    }
    assert [clock.name for clock in CRM_CLOCKS if clock.manager] == [MQL_REVIEW]
