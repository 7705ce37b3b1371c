"""Definitions over time: one row per change, the terms of the version in force, and where series break (I13)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from connector.funnel.breaks import Break
from connector.model import InForce
from connector.store import runs
from connector.store.definitions import breaks, past, record, redefined
from tests.contract.store_fixture import NOW

DAY = timedelta(days=1)
TERMS = {"version": "t2", "approved_by": ["VP Sales"], "effective_from": "2026-04-01"}


def test_only_changes_are_rows(conn: Connection) -> None:
    """The same version again leaves nothing; another one is in force from then on."""
    record(conn, {"tiers": "t1", "rules": "r1"}, {}, NOW)
    record(conn, {"tiers": "t1", "rules": "r1"}, {}, NOW + DAY)
    record(conn, {"tiers": "t2", "rules": "r1"}, {"tiers": TERMS}, NOW + 2 * DAY)

    assert past(conn) == [
        InForce("rules", NOW, "r1", {}),
        InForce("tiers", NOW, "t1", {}),
        InForce("tiers", NOW + 2 * DAY, "t2", TERMS),
    ]


def test_terms_written_later_are_those_of_the_version(conn: Connection) -> None:
    """Who documents a change afterwards has it documented; a file without a word takes nothing back."""
    record(conn, {"tiers": "t2"}, {}, NOW)
    record(conn, {"tiers": "t2"}, {"tiers": TERMS}, NOW + DAY)
    record(conn, {"tiers": "t2"}, {}, NOW + 2 * DAY)

    assert past(conn) == [InForce("tiers", NOW, "t2", TERMS)]


def test_a_definition_may_come_back(conn: Connection) -> None:
    """Going back is a change too."""
    for day, version in enumerate(["t1", "t2", "t1"]):
        record(conn, {"tiers": version}, {}, NOW + day * DAY)

    assert [one.version for one in past(conn)] == ["t1", "t2", "t1"]


def test_series_break_where_a_definition_changed(conn: Connection) -> None:
    """Not where it began, not at the end of the time asked for, and not for people and lists."""
    for day, version in enumerate("abc"):
        names = {name: f"{name}-{version}" for name in ("tiers", "people", "lists")}
        record(conn, {**names, "rules": "r1"}, {}, NOW + day * DAY)

    assert breaks(conn, NOW, NOW + 3 * DAY) == [
        Break(NOW + DAY, "tiers", "tiers-b"),
        Break(NOW + 2 * DAY, "tiers", "tiers-c"),
    ]
    assert breaks(conn, NOW + DAY, NOW + 2 * DAY) == [Break(NOW + DAY, "tiers", "tiers-b")]
    assert breaks(conn, NOW + 3 * DAY, NOW + 9 * DAY) == []


def test_two_replicas_that_note_the_same_break_nothing(conn: Connection) -> None:
    """A version noted twice is one version."""
    record(conn, {"tiers": "t1"}, {}, NOW)
    record(conn, {"tiers": "t2"}, {}, NOW + DAY)
    again = "INSERT INTO definitions SELECT name, '2030-01-01 00:00:00', version, terms FROM definitions"
    conn.exec_driver_sql(f"{again} WHERE version = 't2'")

    assert [one.version for one in breaks(conn, NOW, NOW + 9_999 * DAY)] == ["t2"]


def whole_run(conn: Connection, days: float, state: str = runs.DONE, lane: str = "full") -> None:
    """A run that ended so many days from now."""
    at = NOW + days * DAY
    runs.finish(conn, runs.start(conn, lane, at), state, at, {}, None)


def test_definitions_are_other_ones_until_a_whole_run_was_made_by_them(conn: Connection) -> None:
    """Not by a lane, and not by a run that broke off (D13)."""
    record(conn, {"tiers": "t1"}, {}, NOW)
    whole_run(conn, 0)
    assert not redefined(conn, {"tiers": "t1"})
    assert redefined(conn, {"tiers": "t2"})

    record(conn, {"tiers": "t2"}, {}, NOW + DAY)
    whole_run(conn, 1, lane="alerts")
    whole_run(conn, 1, "failed")
    assert redefined(conn, {"tiers": "t2"})
    assert not redefined(conn, {"tiers": "t1"})

    whole_run(conn, 1)
    assert not redefined(conn, {"tiers": "t2"})
    assert redefined(conn, {"tiers": "t1"})


def test_what_decides_nothing_redefines_nothing(conn: Connection) -> None:
    """Upkeep and what only counts; nor does a definition that was not there before, nor any before a whole run."""
    record(conn, {"tiers": "t1", "people": "p1", "funnel": "f1"}, {}, NOW)
    assert not redefined(conn, {"tiers": "t2"})

    whole_run(conn, 0)
    assert not redefined(conn, {"tiers": "t1", "people": "p2", "funnel": "f2", "motion": "m1"})
