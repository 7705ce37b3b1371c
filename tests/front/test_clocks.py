"""What the mapping folder says of clocks: sla.toml and the hours of people.toml, with every mistake told."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry

from bot import calendars
from bot.sla.crm_dates import CRM_CLOCKS
from bot.sla.hours import OFFICE_WEEK, Hours
from bot.sla.policy import DEFAULTS, Reassign, Rung, Snooze, policy_for
from connector.store import Store, alerts, rungs
from plsync import exits
from plsync.clocks import Clocks, read_clocks
from plsync.config import load
from plsync.standing import LATE_RUNGS, Standing
from plsync.wiring import opened
from tests.front.door import MAPPINGS, Door

SEGMENTS = {"segment": [{"name": "self_serve"}, {"name": "enterprise"}]}
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MORNING = (9 * 60, 12 * 60 + 30)
AFTERNOON = (13 * 60 + 30, 17 * 60)


def shipped(name: str) -> dict[str, Any]:
    return tomllib.loads((MAPPINGS / f"{name}.toml").read_text("utf-8"))


def read(sla: dict[str, Any] | None = None, people: str = "") -> tuple[Clocks, list[str]]:
    """The clocks of a folder with this sla.toml, the shipped one if None, and this people.toml."""
    documents = {"people": tomllib.loads(people), "segments": SEGMENTS}
    return read_clocks(shipped("sla") if sla is None else sla, documents)


def changed(old: str, new: str) -> dict[str, Any]:
    """The shipped sla.toml with something else in it."""
    text = (MAPPINGS / "sla.toml").read_text("utf-8")
    assert old in text
    return tomllib.loads(text.replace(old, new, 1))


def hours(people: str, email: str = "ae@workspace.example") -> Hours:
    """Somebody's hours as people.toml says them, without a problem."""
    clocks, problems = read(people=people)
    assert problems == []
    return clocks.roster.hours_of(email)


# ------------------------------------------------------------------------------------------------------------ sla.toml


def test_the_shipped_file_is_the_default() -> None:
    """What sla.toml says out of the box is what counts without it, source for source."""
    clocks, problems = read()
    assert problems == []
    assert clocks.policies == DEFAULTS
    assert clocks.crm == CRM_CLOCKS
    assert read_clocks(None, {})[0].policies == DEFAULTS
    assert all(term.source for clock in CRM_CLOCKS for term in (clock.within, clock.manager) if term)


def test_a_segment_has_what_it_names_and_the_rest_of_its_tier() -> None:
    """The most specific wins, value by value; snooze, reassign and ladder are everybody's."""
    text = 'snooze = "runs"\nreassign = "continues"\nladder = ["breach", "at_risk"]\n'
    sla = {**shipped("sla"), **tomllib.loads(text)}
    sla["hot"]["segment"] = {"enterprise": {"breach": {"within": "2bh", "source": "agreed"}}}
    clocks, problems = read(sla)
    assert problems == []
    special, usual = (policy_for(clocks.policies, "hot", segment) for segment in ("enterprise", "self_serve"))
    assert special is not None
    assert usual is not None
    assert (str(special.breach.amount), special.breach.source, special.manager) == ("2bh", "agreed", usual.manager)
    assert str(usual.breach.amount) == "4bh"
    for policy in (special, usual):
        assert (policy.snooze, policy.reassign) == (Snooze.RUNS, Reassign.CONTINUES)
        assert policy.ladder == (Rung.AT_RISK, Rung.BREACH)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('snooze = "pauses"', 'snooze = "pause"', 'unknown snooze "pause"; did you mean "pauses"?'),
        ('reassign = "restarts"', "reassign = true", '"reassign" must be a text'),
        ('"at_risk", "breach"', '"at_rsk", "breach"', 'unknown rung "at_rsk"; did you mean "at_risk"?'),
        ("[warm]", "[wrm]", 'unknown key "wrm"; did you mean "warm"?'),
        ("[warm]", "[wrm]", "[warm]: this table is missing; alerts open on accounts of this tier"),
        ('"4bh", source = "000" }      #', '"4 hours", source = "000" } #', 'write it as "4bh" (business hours)'),
        ('"4bh", source = "000" }      #', '"0bh", source = "000" } #', "is no time to keep"),
        ('"4bh", source = "000" }      #', '"3bd", source = "000" } #', '"3bd" counts days; this clock counts hours'),
        ('"4bh", source = "000" }      #', '"4bh" } #', '[hot] breach: "source" is missing'),
        ('"4bh", source = "000" }      #', '"9bh", source = "000" } #', '"manager" (8bh) comes before "breach" (9bh)'),
        (
            '"4bh", source = "000" }      #',
            '"4bh", sorce = "x", source = "y" } #',
            'unknown key "sorce"; did you mean "source"?',
        ),
        ('breach = { within = "4bh"', 'brach = { within = "4bh"', 'unknown key "brach"; did you mean "breach"?'),
        ('breach = { within = "4bh"', 'brach = { within = "4bh"', '[hot]: "breach" is missing'),
        ('late = { within = "72h", source = "003" }', 'late = "72h"', '"late" must say { within'),
        ("[warm]", "[hot.segment.enterprize]\n[warm]", 'unknown segment "enterprize"; did you mean "enterprise"?'),
        ("[crm.discovery]", "[crm.discvery]", 'unknown key "discvery"; did you mean "discovery"?'),
        ('due = { within = "5bd"', 'due = { within = "5 days"', '[crm.discovery] due: write it as "4bh"'),
        ("[crm.mql_verdict]", "[crm.mql_verdict]\nmanager = 1", 'unknown key "manager"'),
    ],
)
def test_mistakes_in_sla_toml(old: str, new: str, told: str) -> None:
    """Each names its place and what to write."""
    _, problems = read(changed(old, new))
    assert any(told in problem for problem in problems), problems
    assert all(problem.startswith("mappings/sla.toml") for problem in problems)


# ---------------------------------------------------------------------------------------------------------- people.toml


def test_without_a_word_it_is_office_hours_of_utc() -> None:
    """Monday to Friday, nine to five."""
    clocks, problems = read(people="")
    assert (clocks.roster.company, problems) == (Hours(ZoneInfo("UTC"), OFFICE_WEEK), [])


COMPANY = (
    '[company]\nzone = "Europe/Berlin"\nhours = "09:00-12:30, 13:30-17:00"\ndays = { 2026-12-24 = "09:00-12:30" }\n'
)


@pytest.mark.parametrize("email", ["ae@workspace.example", "AE@Workspace.example", "nobody@elsewhere.example", None])
def test_the_companys_hours_are_everybodys(email: str | None) -> None:
    """Whoever says nothing, and whoever is not listed."""
    found = hours(f'{COMPANY}[people."AE@workspace.example"]\nrole = "ae"', email or "")
    assert found.zone.key == "Europe/Berlin"
    assert found.week == (*[(MORNING, AFTERNOON)] * 5, (), ())
    assert found.on(date(2026, 12, 24)) == (MORNING,)


def test_what_somebody_says_themselves_counts() -> None:
    """Zone, hours by weekday, and dates of their own beside the company's."""
    found = hours(
        f'{COMPANY}[people."ae@workspace.example"]\nzone = "Asia/Kolkata"\n'
        'hours = { mon = "10:00–18:00", sat = "22:00-24:00" }\ndays = { 2026-12-31 = "off" }'
    )
    assert found.zone.key == "Asia/Kolkata"
    assert found.week == (((600, 1080),), (), (), (), (), ((1320, 1440),), ())
    assert (found.on(date(2026, 12, 24)), found.on(date(2026, 12, 31))) == ((MORNING,), ())


def test_who_says_no_zone_is_known() -> None:
    """They are counted in the company's; people who have left are not asked for."""
    clocks, _ = read(
        people='[people."a@x.example"]\nzone = "UTC"\n[people."b@x.example"]\n[people."c@x.example"]\nactive = false'
    )
    assert clocks.roster.unzoned == ("b@x.example",)
    assert read(people=(MAPPINGS / "people.toml").read_text("utf-8"))[0].roster.unzoned == ()


def test_role_team_and_manager_are_the_bots_too() -> None:
    """Who may act on an alert, and who hears of it."""
    clocks, _ = read(people='[people."a@x.example"]\nrole = "revops"\nteam = "east"\nmanager = "M@x.example"')
    member = clocks.roster.members["a@x.example"]
    assert (member.role, member.team, member.manager) == ("revops", "east", "m@x.example")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('zone = "Europe/Berln"', 'unknown zone "Europe/Berln"; did you mean "Europe/Berlin"?'),
        ('zone = "Europe"', 'unknown zone "Europe"'),
        ('zone = "../../etc/passwd"', "unknown zone"),
        ("zone = 1", '"zone" must be a text, not 1'),
        ('hours = "09:00-17:00, 16:00-18:00"', '"hours" has intervals that overlap'),
        ('hours = "17:00-09:00"', '"17:00-09:00" ends before it begins; what goes past midnight is two intervals'),
        ('hours = "09:00-09:00"', "ends before it begins"),
        ('hours = "9 to 5"', '"9 to 5" is no interval of a day such as 09:00-17:00'),
        ('hours = "09:00-25:00"', "is no interval of a day"),
        ('hours = "09:00-16:60"', "is no interval of a day"),
        ("hours = 8", "must be a table, not 8"),
        ("hours = { mon = 8 }", '"hours.mon" must be "off" or hours such as'),
        ('hours = { mn = "09:00-17:00" }', 'unknown key "mn"; did you mean "mon"?'),
        ("hours = {}", '"hours" has no hour of work'),
        ('days = { 2026-13-24 = "off" }', '"2026-13-24" is no date such as 2030-12-24'),
        ('days = { 2026-12-24 = "half" }', '"half" is no interval of a day'),
        ('country = "USA"', 'unknown country "USA"; did you mean "US"?'),
        ('country = "XX"', 'unknown country "XX"'),
        ('country = "US"\nsubdivision = "XY"', 'unknown subdivision of US "XY"'),
        ('subdivision = "CA"', '"country" is missing'),
    ],
)
@pytest.mark.parametrize("table", ["company", 'people."ae@workspace.example"'])
def test_mistakes_in_hours(line: str, told: str, table: str) -> None:
    """Of the company and of people, each by name."""
    _, problems = read(people=f"[{table}]\n{line}")
    assert any(told in problem for problem in problems), problems
    assert all(problem.startswith(f"mappings/people.toml [{table}]") for problem in problems)


def test_all_mistakes_come_together(door: Door) -> None:
    """Two in sla.toml, two in people.toml and one elsewhere are one answer of one command (2)."""
    door.mapping("sla.toml", {'snooze = "pauses"': 'snooze = "never"', "[warm]": "[wram]"})
    door.mapping("people.toml", {'zone = "America/New_York"': 'zone = "New York"', "09:00-17:00": "17:00-09:00"})
    door.mapping("rules.toml", {"hot = 80": 'hot = "eighty"'})
    ran = door.run("check")
    assert ran.code == exits.CONFIGURATION
    for told in ('"never"', '"wram"', '"New York"', "17:00-09:00", "[tiers]"):
        assert told in ran.err, ran.err


# ------------------------------------------------------------------------------------------------------------- holidays


def rested(people: str) -> frozenset[date]:
    """Somebody's public holidays of 2026."""
    clocks, problems = read(people=people)
    assert problems == []
    roster = calendars.with_holidays(clocks.roster, calendars.needed_years(NOW))
    return frozenset(day for day in roster.hours_of("ae@workspace.example").holidays if day.year == 2026)


def test_a_country_brings_its_holidays() -> None:
    """And a part of it those of its own; who says nothing has the company's."""
    thanksgiving, epiphany = date(2026, 11, 26), date(2026, 1, 6)
    anyone = '\n[people."ae@workspace.example"]\n'
    assert thanksgiving in rested(f'[company]\ncountry = "us"{anyone}')
    assert epiphany not in rested(f'[company]\ncountry = "DE"{anyone}')
    assert epiphany in rested(f'[company]\ncountry = "DE"{anyone}subdivision = "BY"')
    berlin = rested(f'[company]\ncountry = "US"{anyone}country = "DE"\nsubdivision = "BE"')
    assert thanksgiving not in berlin
    assert date(2026, 3, 8) in berlin
    assert rested(anyone) == frozenset()


def test_only_the_years_around_now_are_asked_for() -> None:
    """Reports look back, and a process may live into another year."""
    assert list(calendars.needed_years(NOW)) == [2025, 2026, 2027, 2028]


# ------------------------------------------------------------------------------------------------ who watches the clock


def late(door: Door, minutes: float, fired: float | None = None) -> None:
    """An alert with a rung that was due so many minutes ago, and fired so many minutes ago if it did."""
    now = datetime.now(UTC)
    store = Store.open(f"sqlite:///{door.store}")
    with store.write() as conn:
        alert_id = alerts.open_alert(
            conn,
            account_key="acme",
            kind="hot_pql",
            episode="e1",
            raised_at=now,
            occurred_at=now,
            owner_email=None,
            payload={},
        )
        assert alert_id is not None
        rungs.plan(conn, alert_id, {"breach": now - timedelta(minutes=minutes)}, None)
        if fired is not None:
            rungs.fire(conn, alert_id, "breach", now - timedelta(minutes=fired))
    store.close()


def checked(door: Door) -> dict[str, Any]:
    """What `check` finds of the clocks."""
    ran = door.run("check", "--json")
    (found,) = (one for one in json.loads(ran.out)["checks"] if one["what"].startswith("clocks"))
    return {**found, "code": ran.code}


@pytest.mark.parametrize(
    ("minutes", "fired", "number"),
    [
        pytest.param(4, None, 0, id="due, and in time"),
        pytest.param(6, None, 1, id="due, and nobody fired it"),
        pytest.param(60, 50, 1, id="fired ten minutes late, within a day"),
        pytest.param(60, 56, 0, id="fired in time"),
        pytest.param(3_000, 2_900, 0, id="fired late, long ago"),
    ],
)
def test_rungs_that_did_not_fire_are_found(door: Door, minutes: float, fired: float | None, number: int) -> None:
    """By `check` (4) and in /metrics, however the bot is."""
    late(door.migrated(), minutes, fired)
    found = checked(door)
    assert (len(found["problems"]), found["code"]) == (number, exits.UNAVAILABLE if number else exits.DONE)
    assert all("alert 1: breach was due" in problem for problem in found["problems"])

    registry = CollectorRegistry()
    with opened(load(door.configured())) as plsync:
        registry.register(Standing(plsync.store, (), plsync.guards, plsync.clock))
        assert registry.get_sample_value(LATE_RUNGS) == number


def test_people_without_a_zone_are_named(door: Door) -> None:
    """A note, which spoils nothing."""
    door.migrated().mapping("people.toml", {'zone = "America/New_York"\n\n[people."ae-2': '\n[people."ae-2'})
    found = checked(door)
    assert found["code"] == exits.DONE
    (note,) = found["notes"]
    assert note.startswith('mappings/people.toml [people."ae-1@workspace.example"]: no zone')
    assert "America/New_York" in note


def test_without_a_store_nothing_is_known(door: Door) -> None:
    """The store's own check says what to do."""
    assert checked(door)["notes"] == ["not known without a store"]
