"""Whose zone people.toml does not say is counted in that of their Slack profile (E17, slack B8)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.sla.hours import Hours
from bot.sla.roster import Member, Roster
from bot.zones import with_zones
from tests.contract.bot_house import AE, SDR, House, furnished
from tests.unit.bot.told import OWNER, SQL_OWNER

COMPANY = Hours(ZoneInfo("UTC"))
STRANGER = "nobody@workspace.example"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A workspace whose AE says New York, and whose SDR Berlin."""
    with furnished(tmp_path) as built:
        built.team.users[AE]["tz"] = "America/New_York"
        built.team.users[SDR]["tz"] = "Europe/Berlin"
        yield built


def roster(*unzoned: str, **zoned: str) -> Roster:
    members = {email: Member(email, COMPANY, zoned=False) for email in unzoned}
    members |= {email: Member(email, Hours(ZoneInfo(zone))) for email, zone in zoned.items()}
    return Roster(COMPANY, members=members)


def zones(found: Roster) -> list[str]:
    return [member.hours.zone.key for member in found.members.values()]


def test_who_says_no_zone_has_that_of_slack(house: House) -> None:
    """And nobody is asked for who says one."""
    found = with_zones(roster(OWNER, **{SQL_OWNER: "Asia/Tokyo"}), house.client)
    assert zones(found) == ["America/New_York", "Asia/Tokyo"]
    assert found.unzoned == ()
    assert house.gate.passed == ["/api/users.lookupByEmail"]


def test_hours_and_holidays_stay_whose_they_are(house: House) -> None:
    """Only the zone is Slack's."""
    week = (((8 * 60, 12 * 60),), *COMPANY.week[1:])
    short = Roster(
        COMPANY, members={OWNER: Member(OWNER, Hours(ZoneInfo("UTC"), week), manager=SQL_OWNER, zoned=False)}
    )
    (member,) = with_zones(short, house.client).members.values()
    assert (member.hours, member.manager) == (Hours(ZoneInfo("America/New_York"), week), SQL_OWNER)


@pytest.mark.parametrize("said", ["Mars/Olympus", "../../etc/passwd", None, 7])
def test_a_zone_nobody_knows_is_none(house: House, monkeypatch: pytest.MonkeyPatch, said: object) -> None:
    """The company's counts, and they are still named as somebody without one."""
    answer = {"user": {"id": AE, "tz": said}}
    monkeypatch.setattr(house.client, "users_lookupByEmail", lambda **_: answer)
    found = with_zones(roster(OWNER), house.client)
    assert (zones(found), found.unzoned) == (["UTC"], (OWNER,))


def test_who_is_not_in_slack_is_passed_over(house: House) -> None:
    """The next one is asked for all the same."""
    assert zones(with_zones(roster(STRANGER, SQL_OWNER), house.client)) == ["UTC", "Europe/Berlin"]


def test_slack_that_does_not_answer_keeps_nobody_from_work(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question, one line in the log, the company's zone for everybody."""
    monkeypatch.setattr(logging.getLogger("bot.zones"), "propagate", True)
    house.fault("users.lookupByEmail", 429, body={"ok": False, "error": "ratelimited"})
    with caplog.at_level(logging.WARNING, "bot.zones"):
        found = with_zones(roster(OWNER, SQL_OWNER), house.client)
    assert zones(found) == ["UTC", "UTC"]
    assert len(house.gate.passed) == 1
    assert [each.getMessage() for each in caplog.records] == [
        f"Slack does not say in which zone {OWNER} and others are (ratelimited): the company's counts"
    ]
