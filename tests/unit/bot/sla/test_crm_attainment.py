"""Promises over dates of the CRM, counted: what was kept, what is late, and what odd dates amount to (D41)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bot.sla.amounts import parse
from bot.sla.crm_attainment import (
    ACCEPTED_AT,
    DATES,
    DISCOVERY_AT,
    MOST_LISTED,
    MQL_AT,
    REJECT_REASON,
    REJECTED_AT,
    REVIEWED_AT,
    SQL_AT,
    CrmAttained,
    CrmKept,
    Milestones,
    crm_attained,
    missing,
    standing,
    unreviewed,
)
from bot.sla.crm_dates import CRM_CLOCKS, DISCOVERY, MQL_REVIEW, MQL_VERDICT, Standing
from bot.sla.hours import Hours
from bot.sla.policy import Term
from connector.rules.names import COLUMNS
from tests.unit.bot.sla.weeks import BERLIN, LONDON, OFFICE, at, week

CLOCKS = {clock.name: clock for clock in CRM_CLOCKS}
REVIEW = CLOCKS[MQL_REVIEW]
ALL = (*DATES, REJECT_REASON)
NOW = at("01-31 12:00")


def account(key: str = "a", owner: str | None = None, reason: str | None = None, **dates: str | datetime) -> Milestones:
    """An account with dates by column, as people write them."""
    moments = {name: value if isinstance(value, datetime) else at(value) for name, value in dates.items()}
    return Milestones(key, key.upper(), owner, moments, reason)


def office(_owner: str | None) -> Hours:
    return OFFICE


def attained_of(
    accounts: Iterable[Milestones], since: str = "01-01 00:00", until: str = "02-01 00:00", now: datetime = NOW
) -> CrmAttained:
    return crm_attained(accounts, CRM_CLOCKS, ALL, at(since), at(until), office, now)


def kept(told: CrmAttained, name: str) -> tuple[int, int, int, int, int]:
    """(kept, late, overdue, running, contradictory) of one clock."""
    one: CrmKept = next(each for each in told.kept if each.clock.name == name)
    return one.kept, one.late, one.overdue, one.running, one.contradictory


def test_the_columns_are_those_the_warehouse_may_declare() -> None:
    """One spelling, with the types `check` expects."""
    assert {name: str(COLUMNS[name]) for name in ALL} == {**dict.fromkeys(DATES, "datetime"), REJECT_REASON: "text"}


# ------------------------------------------------------------------------------- the calendar of the worked examples

EASTER = week("09:00-17:00", zone=LONDON, off=(date(2026, 4, 3), date(2026, 4, 6)))


@pytest.mark.parametrize(
    ("started", "due", "manager", "hours"),
    [
        pytest.param("01-16 16:30", "01-19 12:30", "01-19 16:30", OFFICE, id="over the weekend"),
        pytest.param("01-17 11:00", "01-19 13:00", "01-19 17:00", OFFICE, id="on a Saturday"),
        pytest.param("01-19 13:00", "01-19 17:00", "01-20 13:00", OFFICE, id="the end of the day belongs to it"),
        pytest.param("01-19 13:01", "01-20 09:01", "01-20 13:01", OFFICE, id="a minute past that"),
        pytest.param("01-19 08:00", "01-19 13:00", "01-19 17:00", OFFICE, id="before the day"),
        pytest.param("03-06 16:30", "03-09 12:30", "03-09 16:30", OFFICE, id="clocks change at the weekend"),
        pytest.param("01-19 13:00", "01-20 07:00", "01-20 11:00", week("09:00-17:00", zone=BERLIN), id="owner's zone"),
    ],
)
def test_a_review_is_due_in_its_owners_hours(started: str, due: str, manager: str, hours: Hours) -> None:
    """Four business hours, the manager at eight (E7, K4), with dates of the CRM in the place of clicks."""
    found = standing(REVIEW, account(mql_at=started), hours, at("12-31 12:00"))
    assert found is not None
    assert (found.due_at, found.manager_at) == (at(due), at(manager))


def test_holidays_of_the_owner_are_no_business_hours() -> None:
    """Good Friday and Easter Monday in London."""
    found = standing(REVIEW, account(mql_at=at("04-02 16:00", LONDON)), EASTER, at("12-31 12:00"))
    assert found is not None
    assert found.due_at == at("04-07 12:00", LONDON)


# ---------------------------------------------------------------------------------------------------- each standing

NOON = "01-19 12:00"  # a Monday

CASES = [
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 16:30", REVIEWED_AT: "01-19 12:30"}, "01-31", Standing.KEPT, id="kept"),
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 16:30", REVIEWED_AT: "01-19 12:31"}, "01-31", Standing.LATE, id="late"),
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 16:30"}, "01-31", Standing.OVERDUE, id="overdue"),
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 16:30"}, "01-19", Standing.RUNNING, id="running"),
    pytest.param(
        MQL_REVIEW, {MQL_AT: "01-16 10:00", ACCEPTED_AT: "01-16 12:00"}, "01-31", Standing.KEPT, id="accepted"
    ),
    pytest.param(
        MQL_REVIEW, {MQL_AT: "01-16 10:00", REJECTED_AT: "01-16 12:00"}, "01-31", Standing.KEPT, id="rejected"
    ),
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 10:00", SQL_AT: "01-16 12:00"}, "01-31", Standing.KEPT, id="became SQL"),
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 10:00", SQL_AT: "01-02 12:00"}, "01-31", Standing.OVERDUE, id="SQL once"),
    pytest.param(
        MQL_REVIEW, {MQL_AT: "01-16 10:00", REVIEWED_AT: "02-02 12:00"}, "01-31", Standing.OVERDUE, id="future review"
    ),
    pytest.param(MQL_REVIEW, {MQL_AT: "01-16 10:00", REVIEWED_AT: "01-15 12:00"}, "01-31", None, id="reversed"),
    pytest.param(
        MQL_REVIEW,
        {MQL_AT: "01-16 10:00", REVIEWED_AT: "01-15 12:00", ACCEPTED_AT: "01-16 11:00"},
        "01-31",
        Standing.KEPT,
        id="reversed but accepted since",
    ),
    pytest.param(MQL_REVIEW, {REVIEWED_AT: "01-15 12:00"}, "01-31", None, id="no start"),
    pytest.param(MQL_REVIEW, {MQL_AT: "02-03 10:00"}, "01-31", None, id="future start"),
    pytest.param(
        MQL_VERDICT, {MQL_AT: "01-16 12:00", REJECTED_AT: "01-18 12:00"}, "01-31", Standing.KEPT, id="48 clock hours"
    ),
    pytest.param(
        MQL_VERDICT, {MQL_AT: "01-16 12:00", ACCEPTED_AT: "01-18 12:01"}, "01-31", Standing.LATE, id="a minute more"
    ),
    pytest.param(
        MQL_VERDICT, {MQL_AT: "01-16 12:00", REVIEWED_AT: "01-16 13:00"}, "01-31", Standing.OVERDUE, id="no verdict"
    ),
    pytest.param(
        MQL_VERDICT,
        {MQL_AT: "01-16 12:00", REJECTED_AT: "01-02 09:00", ACCEPTED_AT: "01-17 09:00"},
        "01-31",
        Standing.KEPT,
        id="rejected in an earlier round",
    ),
    pytest.param(
        DISCOVERY, {SQL_AT: "01-19 10:00", DISCOVERY_AT: "01-26 17:00"}, "01-31", Standing.KEPT, id="five business days"
    ),
    pytest.param(
        DISCOVERY, {SQL_AT: "01-19 10:00", DISCOVERY_AT: "01-27 09:00"}, "01-31", Standing.LATE, id="the day after"
    ),
    pytest.param(DISCOVERY, {SQL_AT: "01-19 10:00"}, "01-31", Standing.OVERDUE, id="no discovery"),
    pytest.param(
        DISCOVERY, {SQL_AT: "01-28 10:00", DISCOVERY_AT: "02-03 10:00"}, "01-31", Standing.RUNNING, id="planned"
    ),
]


@pytest.mark.parametrize(("name", "dates", "today", "expected"), CASES)
def test_how_a_promise_stands(name: str, dates: dict[str, str], today: str, expected: Standing | None) -> None:
    """Missing, reversed and future dates are the normal case, and each has its place."""
    found = standing(CLOCKS[name], account(**dates), OFFICE, at(f"{today} 12:00"))
    assert (found and found.standing) == expected


# ------------------------------------------------------------------------------------------------------------ counts


def test_promises_are_counted_by_clock_and_by_when_they_began() -> None:
    """Kept, late, overdue, running and contradictory; what began outside of the time is not in it."""
    told = attained_of(
        [
            account("a", mql_at="01-05 10:00", mql_reviewed_at="01-05 11:00", mql_accepted_at="01-06 10:00"),
            account("b", mql_at="01-05 10:00", mql_reviewed_at="01-06 11:00", mql_rejected_at="01-09 10:00"),
            account("c", mql_at="01-05 10:00"),
            account("d", mql_at="01-30 16:30"),
            account("e", mql_at="01-05 10:00", mql_reviewed_at="01-04 10:00"),
            account("f", mql_at=at("01-01 00:00") - timedelta(seconds=1)),
            account("g", mql_at="02-01 00:00"),
            account("h", sql_at="01-05 10:00", discovery_at="01-12 17:00"),
            account("i", sql_at="01-05 10:00"),
            account("j", sql_at="01-28 10:00"),
            account("k"),
        ]
    )
    assert kept(told, MQL_REVIEW) == (1, 1, 1, 1, 1)
    assert kept(told, MQL_VERDICT) == (1, 1, 2, 1, 0)
    assert kept(told, DISCOVERY) == (1, 0, 1, 1, 0)
    (discovery,) = [one for one in told.kept if one.clock.name == DISCOVERY]
    assert discovery.share == 1 / 2
    assert [(one.key, one.due_at) for one in discovery.listed] == [("i", at("01-12 17:00"))]


def test_a_date_in_the_future_began_nothing() -> None:
    """Also where the period has not ended."""
    told = attained_of([account(mql_at="01-31 12:01", mql_rejected_at="01-31 12:01")])
    assert kept(told, MQL_REVIEW) == (0, 0, 0, 0, 0)
    assert told.rejects is not None
    assert told.rejects.rejected == 0
    assert told.rejects.share is None


def test_only_the_longest_overdue_are_listed() -> None:
    """Ten of a hundred thousand, while all are counted: the rest is not kept."""
    told = attained_of(account(f"{n:03d}", sql_at=at("01-02 10:00") + timedelta(minutes=n)) for n in range(200, 0, -1))
    (discovery,) = [one for one in told.kept if one.clock.name == DISCOVERY]
    assert discovery.overdue == 200
    assert [one.key for one in discovery.listed] == [f"{n:03d}" for n in range(1, MOST_LISTED + 1)]


def test_rejects_without_a_reason_are_counted_by_when_they_were_made() -> None:
    """A blank is no reason; an MQL of December that was rejected in January is a reject of January (E10)."""
    told = attained_of(
        [
            account("a", mql_at="01-05 10:00", mql_rejected_at="01-06 10:00", reason="no_budget"),
            account("b", mql_at="01-05 10:00", mql_rejected_at="01-07 10:00", reason="  "),
            account("c", mql_at=at("01-01 00:00") - timedelta(days=3), mql_rejected_at="01-08 10:00"),
            account("d", mql_rejected_at="01-09 10:00", reason="other"),
            account("e", mql_at="01-05 10:00", reason="a reason without a reject"),
        ]
    ).rejects
    assert told is not None
    assert (told.rejected, told.uncoded, told.share) == (4, 2, 0.5)
    assert [one.key for one in told.listed] == ["c", "b"]


def test_what_is_not_declared_is_not_zero() -> None:
    """A clock names the columns it lacks; so do rejects, by being unknown (D45)."""
    told = crm_attained([account(mql_at=NOON)], CRM_CLOCKS, {MQL_AT, REVIEWED_AT}, at("01-01 00:00"), NOW, office, NOW)
    assert [one.clock.name for one in told.kept] == [MQL_REVIEW]
    assert [(clock.name, lacks) for clock, lacks in told.undeclared] == [
        (MQL_VERDICT, (ACCEPTED_AT, REJECTED_AT)),
        (DISCOVERY, (SQL_AT, DISCOVERY_AT)),
    ]
    assert told.rejects is None
    assert missing(REVIEW, ALL) == ()


# ------------------------------------------------------------------------------------------------------- the manager


@pytest.mark.parametrize(
    ("dates", "now", "heard"),
    [
        ({}, "01-19 16:29", False),
        ({}, "01-19 16:30", True),
        ({REVIEWED_AT: "01-19 16:45"}, "01-19 17:00", False),  # done, if late: nothing is left to chase
        ({REVIEWED_AT: "01-15 10:00"}, "01-21 12:00", False),  # contradictory: nobody is told
        ({SQL_AT: "01-19 10:00"}, "01-21 12:00", False),
        ({REVIEWED_AT: "02-20 10:00"}, "01-21 12:00", True),
    ],
)
def test_the_manager_hears_of_what_nobody_reviewed(dates: dict[str, str], now: str, heard: bool) -> None:
    """From eight business hours on, of an MQL of Friday half past four (E7)."""
    found = list(unreviewed(REVIEW, [account(mql_at="01-16 16:30", **dates)], office, at(now)))
    assert [(one.key, one.since, one.due_at) for one in found] == (
        [("a", at("01-16 16:30"), at("01-19 12:30"))] if heard else []
    )


def test_a_manager_who_hears_before_the_term_is_over_does_so() -> None:
    """Whoever promises it differently in sla.toml gets what they wrote."""
    early = replace(REVIEW, manager=Term(parse("1bh"), "test"))
    assert [one.key for one in unreviewed(early, [account(mql_at="01-16 10:00")], office, at("01-16 11:00"))] == ["a"]
    silent = replace(REVIEW, manager=None)
    assert list(unreviewed(silent, [account(mql_at="01-16 10:00")], office, NOW)) == []
