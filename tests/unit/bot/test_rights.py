"""Who may do what to an alert, as a table (slack A4, 10; D42)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from bot.lifecycle import Event
from bot.rights import Actor, Part, may, parts, works_for
from bot.sla.hours import Hours
from bot.sla.roster import Member, Roster
from tests.unit.bot.told import OWNER, alert, payload

HOURS = Hours(ZoneInfo("UTC"))
MANAGER, DIRECTOR, MATE, OTHER, REVOPS = (
    f"{name}@workspace.example" for name in ("manager-1", "director-1", "ae-2", "sdr-9", "revops-1")
)
ROSTER = Roster(
    HOURS,
    members={
        OWNER: Member(OWNER, HOURS, manager=MANAGER),
        MATE: Member(MATE, HOURS, manager=MANAGER),
        OTHER: Member(OTHER, HOURS, manager="somebody-else@workspace.example"),
        MANAGER: Member(MANAGER, HOURS, role="manager", manager=DIRECTOR),
        DIRECTOR: Member(DIRECTOR, HOURS, role="manager"),
        REVOPS: Member(REVOPS, HOURS, role="revops"),
    },
)
TEAMS = Roster(
    HOURS,
    members={
        OWNER: Member(OWNER, HOURS, manager=MANAGER, team="east"),
        MATE: Member(MATE, HOURS, manager=MANAGER, team="west"),
        OTHER: Member(OTHER, HOURS, manager=DIRECTOR, team="east"),
    },
)


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        (OWNER, {"owner", "team"}),
        (OWNER.upper(), {"owner", "team"}),
        (MATE, {"team"}),
        (MANAGER, {"manager"}),
        (DIRECTOR, {"manager"}),
        (REVOPS, {"revops"}),
        (OTHER, set()),
        ("stranger@elsewhere.example", set()),
        (None, set()),
    ],
)
def test_what_somebody_is_to_an_alert(email: str | None, expected: set[str]) -> None:
    """Who has the same manager is of the team; managers are those all the way up; strangers are nothing."""
    assert parts(Actor("U9", email), alert(payload()), ROSTER) == expected


def test_who_has_it_is_known_by_their_click() -> None:
    """Slack's user is what an acknowledgement knows of somebody; no list needs to have them."""
    held = alert(payload(), state="acknowledged", acknowledged_by="U9")
    assert parts(Actor("U9"), held, ROSTER) == {"holder"}
    assert parts(Actor("U8"), held, ROSTER) == set()


def test_a_team_by_name_beats_the_manager() -> None:
    """Where people.toml names teams, those count."""
    assert parts(Actor("U9", OTHER), alert(payload()), TEAMS) == {"team"}
    assert parts(Actor("U9", MATE), alert(payload()), TEAMS) == set()


@pytest.mark.parametrize("owner", [None, "not-listed@workspace.example"])
def test_an_alert_of_nobody_is_everybodys(owner: str | None) -> None:
    """Without an owner, or with one nobody knows, everybody listed may take it; strangers still may not."""
    orphan = alert(payload(routed_to=owner))
    assert "team" in parts(Actor("U9", OTHER), orphan, ROSTER)
    assert parts(Actor("U9", "stranger@elsewhere.example"), orphan, ROSTER) == set()


PEOPLE = {"owner", "holder", "team", "manager", "revops"}
RESPONSIBLE = PEOPLE - {"team"}


@pytest.mark.parametrize(
    ("event", "allowed"),
    [
        (Event.ACKNOWLEDGE, PEOPLE),
        (Event.UNACKNOWLEDGE, {"holder", "manager", "revops"}),
        (Event.SNOOZE, RESPONSIBLE),
        (Event.RESUME, RESPONSIBLE),
        (Event.WAKE, RESPONSIBLE),
        (Event.REASSIGN, RESPONSIBLE),
        (Event.CONTACT, PEOPLE),
        (Event.CLOSE, RESPONSIBLE),
        (Event.DISQUALIFY, RESPONSIBLE),
        (Event.REINSTATE, RESPONSIBLE),
        (Event.ESCALATE, set()),
        (Event.EXPIRE, set()),
        (Event.SUPERSEDE, set()),
        (Event.CONVERT, set()),
    ],
)
def test_who_may(event: Event, allowed: set[str]) -> None:
    """Each part alone; strangers nothing; what the CRM or the clock does is nobody's right."""
    assert {part for part in Part if may(event, {part})} == allowed
    assert not may(event, set())


def test_only_a_manager_calls_a_guarded_account_no_fit() -> None:
    """A named account, or one with an open opportunity, is not dismissed by whoever has the alert (D42)."""
    mine = parts(Actor("U9", OWNER), alert(payload()), ROSTER)
    above = parts(Actor("U8", MANAGER), alert(payload()), ROSTER)
    assert may(Event.DISQUALIFY, mine)
    assert not may(Event.DISQUALIFY, mine, guarded=True)
    assert may(Event.DISQUALIFY, above, guarded=True)
    assert may(Event.SNOOZE, mine, guarded=True)


def test_managers_of_each_other_are_no_endless_chain() -> None:
    """A circle in people.toml ends where it began."""
    circle = Roster(
        HOURS,
        members={OWNER: Member(OWNER, HOURS, manager=MANAGER), MANAGER: Member(MANAGER, HOURS, manager=OWNER)},
    )
    assert "manager" in parts(Actor("U9", MANAGER), alert(payload()), circle)


@pytest.mark.parametrize(
    ("email", "counts"),
    [
        pytest.param(OWNER.upper(), True, id="the-owner"),
        pytest.param("sdr-7@elsewhere.example", True, id="whoever-has-it"),
        pytest.param(MATE, True, id="the-team"),
        pytest.param(OTHER, False, id="another-team"),
        pytest.param(MANAGER, False, id="a-manager-who-did-not-take-it"),
        pytest.param(REVOPS, False, id="revops"),
        pytest.param("marketing-1@workspace.example", False, id="nobody-who-is-listed"),
        pytest.param("005000000000001AAA", False, id="a-user-without-an-e-mail"),
        pytest.param(None, False, id="nobody"),
    ],
)
def test_whose_outreach_counts(email: str | None, counts: bool) -> None:
    """The owner's, the acknowledger's, the team's (D40)."""
    assert works_for(email, "SDR-7@elsewhere.example", alert(payload()), ROSTER) is counts


def test_without_a_list_only_owner_and_acknowledger_count() -> None:
    """A team nobody wrote down is no proof; where nobody owns the alert, those who are listed are, but for RevOps."""
    nobodys = alert(payload(), owner_email=None)

    assert works_for(OWNER, None, alert(payload()), Roster())
    assert not works_for(MATE, None, alert(payload()), Roster())
    assert works_for(OTHER, None, nobodys, ROSTER)
    assert not works_for(REVOPS, None, nobodys, ROSTER)
