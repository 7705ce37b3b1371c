"""The ladder: what is due when, what stops it, and what snoozing and reassigning do to it (D40, K1, E14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pytest

from bot.lifecycle import State
from bot.sla.amounts import parse
from bot.sla.history import HANDED_FROM, HANDED_TO, UNTIL, History, history_of
from bot.sla.planning import Clock, clock_of
from bot.sla.policy import DEFAULTS, HOT, WARM, Reassign, Rung, Snooze, Term, policy_for
from bot.sla.roster import Member, Roster
from bot.sla.rungs import promised, rungs
from tests.unit.bot.sla.weeks import BERLIN, OFFICE, at, week
from tests.unit.bot.told import OWNER, alert, fyi_payload, payload

MONDAY = "01-19 09:00"
IN_BERLIN = week("09:00-17:00", zone=BERLIN)
ROSTER = Roster(OFFICE, members={OWNER: Member(OWNER, OFFICE), "berlin@workspace.example": Member("berlin", IN_BERLIN)})


@dataclass(frozen=True)
class Did:
    """One step of an alert's record."""

    from_state: str
    to_state: str
    at: datetime
    told: dict[str, Any] | None = None


def ack(when: str, left: str = "open") -> Did:
    return Did(left, State.ACKNOWLEDGED, at(when))


def snoozed(when: str, until: str, left: str = "open") -> Did:
    return Did(left, State.SNOOZED, at(when), {UNTIL: at(until).isoformat()})


def handed(when: str, to: str | None, left: str = "open") -> Did:
    return Did(left, State.OPEN, at(when), {HANDED_FROM: OWNER, HANDED_TO: to})


def did(when: str, to: State, left: str = "open") -> Did:
    return Did(left, to, at(when))


def told(*steps: Did) -> History:
    return history_of(steps, ROSTER.hours_of)


def shown(due: Sequence[Any]) -> dict[str, str]:
    """Rungs with when they are due, as New York's clocks show it."""
    return {str(one.rung): f"{one.at.astimezone(OFFICE.zone):%m-%d %H:%M}" for one in due}


UNTOUCHED = {
    "acknowledge_at_risk": "01-19 09:30",
    "acknowledge_breach": "01-19 10:00",
    "at_risk": "01-19 11:00",
    "breach": "01-19 13:00",
    "manager": "01-19 17:00",
    "expired": "01-21 09:00",
}
OUTREACH = {name: UNTOUCHED[name] for name in ("at_risk", "breach", "manager", "expired")}
ASLEEP_AN_HOUR = {
    "acknowledge_at_risk": "01-19 10:30",
    "acknowledge_breach": "01-19 11:00",
    "at_risk": "01-19 12:00",
    "breach": "01-19 14:00",
    "manager": "01-20 10:00",
    "expired": "01-21 09:00",
}
HANDED_AT_NOON = {
    "acknowledge_at_risk": "01-19 12:30",
    "acknowledge_breach": "01-19 13:00",
    "at_risk": "01-19 14:00",
    "breach": "01-19 16:00",
    "manager": "01-20 12:00",
    "expired": "01-21 09:00",
}


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([], UNTOUCHED, id="nobody did anything"),
        pytest.param([ack("01-19 09:10")], OUTREACH, id="an acknowledgement is no outreach"),
        pytest.param([ack("01-19 09:10"), did("01-19 09:20", State.CONTACTED, "acknowledged")], {}, id="contacted"),
        pytest.param([did("01-19 09:20", State.CONTACTED)], {}, id="contacted without a word before"),
        pytest.param([did("01-19 09:20", State.CLOSED)], {}, id="closed"),
        pytest.param([did("01-19 09:20", State.SUPERSEDED)], {}, id="superseded"),
        pytest.param([did("01-19 09:20", State.DISQUALIFIED)], {}, id="disqualified"),
        pytest.param([did("01-19 09:20", State.CONVERTED)], {}, id="converted"),
        pytest.param([did("01-19 17:00", State.ESCALATED)], UNTOUCHED, id="an escalation ends nothing"),
        pytest.param([did("01-21 09:00", State.EXPIRED)], UNTOUCHED, id="nor does being expired"),
        pytest.param(
            [ack("01-19 09:10"), did("01-19 09:50", State.OPEN, "acknowledged")],
            {**OUTREACH, "acknowledge_at_risk": "01-19 10:10", "acknowledge_breach": "01-19 10:40"},
            id="given back: that clock stood while somebody had it",
        ),
        pytest.param([snoozed("01-19 09:15", "01-19 10:15")], ASLEEP_AN_HOUR, id="asleep for an hour"),
        pytest.param(
            [snoozed("01-19 09:15", "01-19 16:00"), did("01-19 10:15", State.OPEN, "snoozed")],
            ASLEEP_AN_HOUR,
            id="woken early",
        ),
        pytest.param(
            [snoozed("01-19 09:15", "01-19 10:15"), did("01-19 15:00", State.OPEN, "snoozed")],
            ASLEEP_AN_HOUR,
            id="nobody was there to wake it: that hides nothing",
        ),
        pytest.param(
            [snoozed("01-19 09:15", "01-19 16:00"), ack("01-19 10:15", "snoozed")],
            {name: when for name, when in ASLEEP_AN_HOUR.items() if "acknowledge" not in name},
            id="somebody else took it meanwhile",
        ),
        pytest.param(
            [snoozed("01-19 08:00", "01-19 09:00")], UNTOUCHED, id="asleep while nobody works changes nothing"
        ),
        pytest.param([did("01-19 09:15", State.SNOOZED)], UNTOUCHED, id="asleep until nobody knows when: not at all"),
        pytest.param([handed("01-19 12:00", None)], HANDED_AT_NOON, id="a new owner has all the time again"),
        pytest.param(
            [ack("01-19 09:10"), handed("01-19 12:00", None, "acknowledged")],
            HANDED_AT_NOON,
            id="and has not acknowledged it",
        ),
        pytest.param(
            [did("01-19 10:00", State.DISQUALIFIED), did("01-19 11:00", State.OPEN, "disqualified")],
            {
                **ASLEEP_AN_HOUR,
                "acknowledge_at_risk": "01-19 09:30",
                "acknowledge_breach": "01-19 10:00",
                "expired": "01-21 10:00",
            },
            id="no fit, and undone: nothing ran meanwhile",
        ),
    ],
)
def test_what_is_due_when(steps: list[Did], expected: dict[str, str]) -> None:
    """A Hot alert, raised on a Monday at nine, and what was done about it."""
    assert shown(rungs(HOT, at(MONDAY), OFFICE, told(*steps))) == expected


def test_the_first_due_comes_first() -> None:
    """In the order in which they fire."""
    due = rungs(WARM, at("01-16 16:30"), OFFICE)
    assert [one.at for one in due] == sorted(one.at for one in due)


def test_a_signal_expires_by_the_clock() -> None:
    """An alert of Friday afternoon is stale on Sunday, before anybody could breach it: both are true (K1, E5)."""
    assert shown(rungs(HOT, at("01-16 16:30"), OFFICE)) == {
        "acknowledge_at_risk": "01-16 17:00",
        "acknowledge_breach": "01-19 09:30",
        "at_risk": "01-19 10:30",
        "breach": "01-19 12:30",
        "manager": "01-19 16:30",
        "expired": "01-18 16:30",
    }


def test_warm_counts_outreach_by_the_clock() -> None:
    """Four business hours to acknowledge, 24 of the clock to reach out, 48 to the manager (K1)."""
    assert shown(rungs(WARM, at(MONDAY), OFFICE)) == {
        "acknowledge_at_risk": "01-19 11:00",
        "acknowledge_breach": "01-19 13:00",
        "at_risk": "01-19 21:00",
        "breach": "01-20 09:00",
        "manager": "01-21 09:00",
        "expired": "01-21 09:00",
    }


@pytest.mark.parametrize(
    ("snooze", "breach"),
    [
        pytest.param(Snooze.PAUSES, "01-20 12:00", id="pauses: one hour passed before, three are left"),
        pytest.param(Snooze.RUNS, "01-19 13:00", id="runs: as if nobody slept"),
    ],
)
def test_the_snooze_policy(snooze: Snooze, breach: str) -> None:
    """From ten to the next morning. How old the signal is nobody snoozes away."""
    slept = told(snoozed("01-19 10:00", "01-20 07:00"))
    due = shown(rungs(replace(HOT, snooze=snooze), at(MONDAY), OFFICE, slept))
    assert (due["breach"], due["expired"]) == (breach, UNTOUCHED["expired"])


@pytest.mark.parametrize(
    ("reassign", "breach"),
    [
        pytest.param(Reassign.RESTARTS, "01-20 07:00", id="restarts: four hours of Berlin's next day"),
        pytest.param(Reassign.CONTINUES, "01-20 05:00", id="continues: two of New York before, two of Berlin"),
    ],
)
def test_the_reassign_policy(reassign: Reassign, breach: str) -> None:
    """Handed from New York to Berlin at eleven, when Berlin goes home; nobody reassigns the signal's age away."""
    on = told(handed("01-19 11:00", "berlin@workspace.example"))
    due = shown(rungs(replace(HOT, reassign=reassign), at(MONDAY), OFFICE, on))
    assert (due["breach"], due["expired"]) == (breach, UNTOUCHED["expired"])


def test_only_rungs_of_the_ladder_are_due() -> None:
    """Whoever wants no nudges leaves them out."""
    policy = replace(HOT, ladder=(Rung.BREACH, Rung.MANAGER))
    assert [one.rung for one in rungs(policy, at(MONDAY), OFFICE)] == [Rung.BREACH, Rung.MANAGER]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        pytest.param([], "01-19 10:00", id="acknowledge first"),
        pytest.param([ack("01-19 09:10")], "01-19 13:00", id="then reach out"),
        pytest.param([snoozed("01-19 09:15", "01-19 10:15")], "01-19 11:00", id="later after a snooze"),
        pytest.param([did("01-19 09:20", State.CONTACTED)], None, id="then nothing"),
    ],
)
def test_the_next_promise(steps: list[Did], expected: str | None) -> None:
    """What the message says is due, whatever the ladder tells."""
    silent = replace(HOT, ladder=())
    assert promised(silent, at(MONDAY), OFFICE, told(*steps)) == (at(expected) if expected else None)


ENTERPRISE = replace(HOT, segment="enterprise", breach=Term(parse("2bh"), "agreed"))


@pytest.mark.parametrize(
    ("tier", "segment", "breach"),
    [("hot", "enterprise", "2bh"), ("hot", "mid_market", "4bh"), ("hot", None, "4bh"), ("warm", "enterprise", "24h")],
)
def test_the_most_specific_policy_wins(tier: str, segment: str | None, breach: str) -> None:
    """That of the segment, else that of the tier."""
    policy = policy_for((*DEFAULTS, ENTERPRISE), tier, segment)
    assert policy is not None
    assert str(policy.breach.amount) == breach


def test_no_policy_is_no_clock() -> None:
    """An alert of a tier that nothing is promised for, and an FYI, which promises nothing (K22)."""
    assert policy_for(DEFAULTS, "watching", None) is None
    assert clock_of(alert(payload(tier="watching")), [], DEFAULTS, ROSTER) is None
    assert clock_of(alert(payload()), [], (), ROSTER) is None
    assert clock_of(alert(fyi_payload()), [], DEFAULTS, ROSTER) is None
    assert clock_of(alert({**payload(), "tier": None}), [], DEFAULTS, ROSTER) is None


def test_an_alerts_clock_is_told_by_its_record() -> None:
    """It began in the hours of whom it was raised for, also once it is somebody else's."""
    raised = replace(alert(payload()), raised_at=at(MONDAY), owner_email="berlin@workspace.example")
    clock = clock_of(raised, [handed("01-19 11:00", "berlin@workspace.example")], DEFAULTS, ROSTER)
    assert isinstance(clock, Clock)
    assert clock.hours is OFFICE
    assert clock.runs
    assert shown(clock.rungs)["breach"] == "01-20 07:00"
    assert clock.due_at == at("01-20 04:00")
