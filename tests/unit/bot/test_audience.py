"""Who is told of a rung, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.audience import Telling, audience
from bot.sla.policy import Rung
from bot.sla.roster import Member, Roster
from tests.unit.bot.sla.weeks import BERLIN, OFFICE, at, week
from tests.unit.bot.told import OWNER, alert, payload

MANAGER = "manager-1@workspace.example"
IN_BERLIN = week("09:00-17:00", zone=BERLIN)
ROSTER = Roster(
    OFFICE,
    members={OWNER: Member(OWNER, OFFICE, manager=MANAGER), MANAGER: Member(MANAGER, IN_BERLIN)},
)
NOBODY = Roster(OFFICE)
NOON, EVENING = at("01-19 12:00"), at("01-19 18:00")
HOT, DM = "channel:plg-hot", f"person:{OWNER}"


def told(rung: Rung, now: datetime = NOON, roster: Roster = ROSTER, **changes: object) -> list[Telling]:
    """The messages of a rung of an alert that is shown in its channel and to its owner."""
    return audience(rung, alert(payload(), **changes), [HOT, DM], roster, "revops", now)


@pytest.mark.parametrize(
    ("rung", "expected"),
    [
        (Rung.ACKNOWLEDGE_AT_RISK, [DM]),
        (Rung.ACKNOWLEDGE_BREACH, [HOT, DM]),
        (Rung.AT_RISK, [DM]),
        (Rung.BREACH, [HOT, DM]),
        (Rung.MANAGER, [HOT, f"person:{MANAGER}"]),
        (Rung.EXPIRED, [HOT]),
    ],
)
def test_who_is_told(rung: Rung, expected: list[str]) -> None:
    """A nudge is for one; a breach is seen where the alert is; the manager hears of theirs."""
    assert [telling.target for telling in told(rung)] == expected


def test_who_has_it_is_told_in_the_owners_place() -> None:
    """Somebody else took it: reminding the owner would reach the wrong one."""
    assert [each.target for each in told(Rung.BREACH, acknowledged_by="U7")] == [HOT, "user:U7"]


@pytest.mark.parametrize("rung", Rung)
@pytest.mark.parametrize("owner", [None, "pool", "not-listed@workspace.example"])
def test_somebody_is_always_told(rung: Rung, owner: str | None) -> None:
    """Without an owner, a manager or a place: the channel, else RevOps."""
    orphan = alert(payload(), owner_email=owner)
    assert audience(rung, orphan, [HOT], NOBODY, "revops", NOON)
    assert audience(rung, orphan, [], NOBODY, "revops", NOON)
    assert all(each.target != "person:pool" for each in audience(rung, orphan, [], NOBODY, "revops", NOON))


def test_without_a_manager_revops_hears() -> None:
    """An escalation that goes nowhere would be none."""
    assert [each.target for each in told(Rung.MANAGER, roster=NOBODY)] == [HOT, "channel:revops"]


def test_direct_messages_wait_for_their_readers_hours() -> None:
    """In the evening the owner is told the next morning, the manager in theirs; the channel at once (D37)."""
    assert told(Rung.BREACH, EVENING) == [Telling(HOT), Telling(DM, at("01-20 09:00"))]
    assert told(Rung.MANAGER, NOON)[1].not_before == datetime(2026, 1, 20, 8, 0, tzinfo=UTC)
    assert told(Rung.BREACH, NOON)[1].not_before is None
