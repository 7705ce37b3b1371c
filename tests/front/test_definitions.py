"""Definitions at the front door: recorded when they take effect, and an alarm everywhere when nobody agreed (I13)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from bot.views.funnel import funnel_message
from connector.funnel.metrics import EVERYBODY
from connector.funnel.periods import recent
from connector.store import migrate
from plsync import checking, exits
from plsync.checking import Finding
from plsync.config import load
from plsync.defining import funnel_version, undocumented
from plsync.health import Metrics
from plsync.lanes import lanes
from plsync.measuring import measured
from plsync.relations import funnels_of
from plsync.running import sync_once
from plsync.standing import UNDOCUMENTED, UNKNOWN, Defining
from plsync.waking import Waking
from plsync.wiring import Plsync, opened
from tests.front.door import Door, refused

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
HOTTER = {"hot = 80": "hot = 79"}
MAY_CLEAR = {"clears = 0.05": "clears = 1.0"}
TELLING = ("pql_at", "mql_at", "self_serve_paid_at", "closed_won_at")
STRANGE = f"UPDATE accounts SET sql_at = scored_at, {', '.join(f'{name} = NULL' for name in TELLING)}"


@contextmanager
def rooms(door: Door, at: datetime, changes: dict[str, str] | None = None) -> Iterator[Plsync]:
    config = load(door.configured(changes))
    migrate(config.store.url)
    with opened(config, lambda: at) as plsync:
        yield plsync


def synced(door: Door, at: datetime) -> None:
    with rooms(door, at) as plsync:
        sync_once(plsync)


def woken(door: Door, at: datetime, changes: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """Wake the full lane at a moment: what it logs."""
    with rooms(door, at, changes) as plsync, capture_logs() as logs:
        Waking(lanes(plsync)[0], plsync, Metrics(), "replica-a:1")()
    return [dict(one) for one in logs]


def shown(door: Door, metric: str, at: datetime = NOW) -> float | None:
    """What /metrics says at a moment."""
    registry = CollectorRegistry()
    with rooms(door, at) as plsync:
        registry.register(Defining(plsync))
        return registry.get_sample_value(metric)


def checked(door: Door, what: str, at: datetime = NOW) -> Finding:
    """What `check` finds of one thing at a moment."""
    with rooms(door, at) as plsync:
        return next(one for one in checking.check(plsync) if one.what.startswith(what))


def listed(door: Door, code: int = exits.DONE) -> dict[str, dict[str, Any]]:
    """`plsync definitions --json`, by name."""
    ran = door.run("definitions", "--json")
    assert ran.code == code, ran
    return {one["name"]: one for one in json.loads(ran.out)["definitions"]}


def document(door: Door, name: str, text: str) -> None:
    """Write something about a definition."""
    door.mapping("definitions.toml", {f"\n[{name}]": f"\n[{name}]\n{text}\n#"})


# --- recording -------------------------------------------------------------------------------------


def test_a_whole_sync_records_what_it_works_by(door: Door) -> None:
    """One row per definition, once; another when one changes; a few accounts tried by hand record nothing."""
    door.migrated().run("sync", "--limit", "1")
    assert door.stored("SELECT * FROM definitions") == []
    for _ in range(2):
        door.run("sync")
    names = [name for (name,) in door.stored("SELECT name FROM definitions ORDER BY name")]
    assert names == sorted(
        ["tiers", "rules", "segments", "motion", "crm_state", "territories", "people", "lists", "funnel"]
    )

    door.mapping("rules.toml", HOTTER)
    door.run("sync")
    assert door.stored("SELECT name FROM definitions GROUP BY name HAVING count(*) = 2") == [("tiers",)]


def test_a_refused_plan_takes_no_effect(door: Door) -> None:
    """What nobody approved is not in force."""
    door.migrated().mapping("salesforce_account.toml", {'mode = "update_only"': 'mode = "upsert"'})
    assert door.run("sync", changes={"creates = 50": "creates = 0"}).code == exits.REFUSED
    assert door.stored("SELECT * FROM definitions") == []


def test_the_funnel_is_a_definition(door: Door) -> None:
    """Its stages and what dates them, not what they are called."""

    def version(changes: dict[str, str]) -> str:
        return funnel_version(funnels_of(load(door.configured(changes))))

    assert version({}) == version({'label = "Signup"': 'label = "Signed up"'})
    assert version({}) != version({'pql = { column = "pql_at"': 'pql = { column = "activated_at"'})


# --- listing ---------------------------------------------------------------------------------------


def test_the_shipped_definitions_are_in_order(door: Door) -> None:
    """Before and after the first sync nothing is open, and nothing is validated."""
    first = listed(door.migrated())
    assert {one["since"] for one in first.values()} == {None}
    door.run("sync")
    found = listed(door)
    assert {one["since"] for one in found.values()} == {NOW.date().isoformat()}
    assert {one["validated"] for one in found.values()} == {"unvalidated"}
    assert all(found[name]["version"] == one["version"] for name, one in first.items())
    ran = door.run("definitions")
    assert found["tiers"]["version"] in ran.out
    assert "unvalidated" in ran.out


def test_a_documented_change_is_listed_with_its_terms(door: Door) -> None:
    """Pasting the printed version and the names makes it one that was agreed on; a reason settles the hurry."""
    door.migrated().run("sync")
    door.mapping("rules.toml", HOTTER)
    door.run("sync")
    (finding,) = listed(door, exits.FINDINGS)["tiers"]["findings"]
    version = listed(door, exits.FINDINGS)["tiers"]["version"]
    assert f'version = "{version}"' in finding
    assert "nobody documented it" in door.run("definitions").out

    terms = f'version = "{version}"\napproved_by = ["VP Product", "VP Sales"]\noverride_reason = "a new price"'
    document(door, "tiers", f"{terms}\nvalidated = 2026-01-31\nnext_review = 2999-01-01")
    tiers = listed(door)["tiers"]
    assert (tiers["approved_by"], tiers["validated"]) == (["VP Product", "VP Sales"], "2026-01-31")
    door.run("sync")
    (stored,) = door.stored(f"SELECT terms FROM definitions WHERE version = '{version}'")
    assert json.loads(str(stored[0]))["override_reason"] == "a new price"


def test_a_change_in_a_hurry_needs_a_reason(door: Door) -> None:
    """Right after the first version: the definition before it stood for no day."""
    door.migrated().run("sync")
    door.mapping("rules.toml", HOTTER)
    door.run("sync")
    version = listed(door, exits.FINDINGS)["tiers"]["version"]
    document(door, "tiers", f'version = "{version}"\napproved_by = ["VP Sales"]')
    (finding,) = listed(door, exits.FINDINGS)["tiers"]["findings"]
    assert "stood for 0 days, fewer than 90" in finding
    assert "override_reason" in finding


def test_a_mistake_in_the_file_is_refused(door: Door) -> None:
    """As in any other mapping file."""
    document(door, "tiers", 'aproved_by = ["VP Sales"]')
    refused(door.run("check"), exits.CONFIGURATION, "mappings/definitions.toml [tiers]", 'did you mean "approved_by"?')


def test_the_file_is_optional_and_decides_nothing(door: Door) -> None:
    """Without it everything runs; writing into it decides nobody again."""
    door.migrated().run("sync")
    document(door, "tiers", 'approved_by = ["VP Sales"]')
    door.sandbox.forget_requests()
    assert json.loads(door.run("sync", "--json").out)["planned"] == 0
    (door.folder / "mappings" / "definitions.toml").unlink()
    assert json.loads(door.run("sync", "--json").out)["planned"] == 0
    assert door.calls() == 0
    assert listed(door)["tiers"]["approved_by"] == []


# --- alarms ----------------------------------------------------------------------------------------


def test_an_undocumented_change_is_an_alarm(door: Door) -> None:
    """In check (2, which stops nothing), in the log of serve at every whole run, in /metrics; until it is agreed."""
    assert [one["event"] for one in woken(door, NOW)] == ["run done"]
    assert checked(door, "definitions").problems == ()
    assert shown(door, UNDOCUMENTED) == 0

    door.mapping("rules.toml", HOTTER)
    assert checked(door, "definitions").code == exits.CONFIGURATION
    assert "changes with the next sync" in checked(door, "definitions").problems[0]
    for hour in (1, 2):
        done, alarm = woken(door, NOW + timedelta(hours=hour))
        assert done["event"] == "run done"
        assert (alarm["event"], alarm["log_level"]) == ("definition changed undocumented", "error")
        assert alarm["definition"] == "tiers"
        assert "mappings/definitions.toml [tiers]" in alarm["advice"]
    (problem,) = checked(door, "definitions").problems
    assert "and nobody documented it" in problem
    assert shown(door, UNDOCUMENTED) == 1

    with rooms(door, NOW) as plsync:
        (changed,) = undocumented(plsync)
    document(door, "tiers", f'version = "{changed.version}"\napproved_by = ["VP Sales"]\noverride_reason = "trial"')
    assert [one["event"] for one in woken(door, NOW + timedelta(hours=3))] == ["run done"]
    assert shown(door, UNDOCUMENTED) == 0


def test_check_says_the_versions_and_what_to_think_over(door: Door) -> None:
    """Versions to paste and warnings are notes: they fail nothing."""
    found = checked(door, "definitions")
    assert found.problems == ()
    assert found.notes[0].startswith("versions: tiers ")
    assert any("85 points can be had without using the product" in note for note in found.notes)


def test_check_warns_of_a_rule_out_of_reach(door: Door) -> None:
    """With its place in the file."""
    path = door.folder / "mappings" / "rules.toml"
    text = path.read_text(encoding="utf-8")
    late = '\n[[rule]]\nid = "late"\nwhen = "tier == \'hot\' and named"\nroute = "none"\nbecause = "late"\n'
    path.write_text(text + late, encoding="utf-8")
    line = len(text.splitlines()) + 2
    (note,) = (one for one in checked(door, "definitions").notes if "never gets its turn" in one)
    assert note.startswith(f'mappings/rules.toml:{line} rule "late"')


def test_a_rule_that_contradicts_itself_is_refused_with_its_line(door: Door) -> None:
    """At load, by every command."""
    door.mapping("rules.toml", {"tier == 'hot' and employees >= 50": "tier == 'hot' and tier == 'warm'"})
    lines = (door.folder / "mappings" / "rules.toml").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "hot-enterprise-size" in text) - 1
    refused(door.run("plan"), exits.CONFIGURATION, f"mappings/rules.toml:{line} ", "can never match")


# --- series ----------------------------------------------------------------------------------------


def test_a_funnel_says_where_its_series_breaks(door: Door) -> None:
    """The command and the message name the day, while it is within the period shown or that before it (I13)."""
    synced(door, NOW - 90 * DAY)
    door.mapping("rules.toml", HOTTER)
    synced(door, NOW - 70 * DAY)
    assert "definition changed" not in door.run("funnel", "plg").out
    door.mapping("segments.toml", {"below = 50": "below = 60", "least = 50\n": "least = 60\n"})
    synced(door, NOW - 3 * DAY)

    at = NOW - 3 * DAY
    ran = door.run("funnel", "plg")
    assert f"definition changed on {at.day} {at:%b %Y}: segments" in ran.out
    (change,) = json.loads(door.run("funnel", "plg", "--json").out)["plg"]["breaks"]
    assert change["name"] == "segments"
    with rooms(door, NOW) as plsync:
        told = measured(plsync, "plg", recent(NOW), EVERYBODY)
    assert f"Definition changed on {at.day} {at:%b %Y}: segments" in funnel_message(told).text


def test_a_funnel_needs_no_store(door: Door) -> None:
    """Without one it counts, and says that changes are not known."""
    ran = door.run("funnel", "plg")
    assert ran.code == exits.DONE
    assert "without a store nobody knows" in ran.out


# --- motion ----------------------------------------------------------------------------------------


def test_too_many_unknown_motions_are_an_alarm(door: Door) -> None:
    """In check, at the end of a sync, in the log of serve and in /metrics; below the share they are only said."""
    assert shown(door, UNKNOWN) is None
    assert woken(door, NOW)[-1]["event"] == "run done"
    before = checked(door, "motion")
    assert before.problems == ()
    assert "sign-ups included" in before.notes[0]
    share = shown(door, UNKNOWN)
    assert share is not None
    assert share < 0.05

    door.sql(STRANGE)
    (problem,) = checked(door, "motion").problems
    assert "(100.0 %) with a PQL, MQL, SQL" in problem
    assert woken(door, NOW + timedelta(hours=1), MAY_CLEAR)[-1]["event"] == "too many motions unknown"
    assert shown(door, UNKNOWN) == 1
    assert "is unknown" not in door.run("sync", "--limit", "1").out
    assert "gaps in identities or events" in door.run("sync").out
    assert json.loads(door.run("sync", "--json").out)["motion"]["share"] == 1
    assert json.loads(door.run("runs", "--json").out)["runs"][0]["motion"]["share"] == 1


def test_how_many_are_too_many_is_configured(door: Door) -> None:
    """[motion] unknown_max of rules.toml."""
    door.sql(STRANGE)
    door.mapping("rules.toml", {"unknown_max = 0.05": "unknown_max = 1.5"})
    assert checked(door.migrated(), "motion").problems == ()


@pytest.mark.parametrize("value", ['"5 %"', "-1", "true"])
def test_a_share_is_a_number(door: Door, value: str) -> None:
    """Anything else is refused by name."""
    door.mapping("rules.toml", {"unknown_max = 0.05": f"unknown_max = {value}"})
    refused(door.run("check"), exits.CONFIGURATION, "mappings/rules.toml [motion]", '"unknown_max" must be a number')
