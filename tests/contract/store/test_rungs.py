"""Rungs: planned with the version of their alert, fired once, and found when they did not fire (D40, slack E20)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, event

from connector.store import Store, alerts, rungs
from connector.store.rungs import RungRow
from tests.contract.store.test_alerts import opened, winners
from tests.contract.store_fixture import NOW

SOON, LATER = NOW + timedelta(minutes=30), NOW + timedelta(hours=4)


def planned(conn: Connection, key: str = "hot-mid", due_at: datetime | None = SOON) -> int:
    """An alert with two rungs."""
    alert_id = opened(conn, key)
    rungs.plan(conn, alert_id, {"at_risk": SOON, "breach": LATER}, due_at)
    return alert_id


def version(conn: Connection, alert_id: int) -> tuple[int, int | None]:
    """The alert's version, and the one its rungs were planned for."""
    alert = alerts.get(conn, alert_id)
    assert alert is not None
    return alert.version, alert.planned_version


def test_a_fresh_alert_wants_to_be_planned(conn: Connection) -> None:
    """It is listed until its rungs were planned; then its promise is known and its message is not behind."""
    alert_id = opened(conn)
    assert rungs.unplanned(conn, 10) == [alert_id]

    rungs.plan(conn, alert_id, {"breach": LATER}, LATER)

    assert rungs.unplanned(conn, 10) == []
    assert version(conn, alert_id) == (1, 1)
    alert = alerts.get(conn, alert_id)
    assert alert is not None
    assert alert.due_at == LATER
    assert rungs.of_alert(conn, alert_id) == [RungRow(alert_id, "breach", LATER, None)]


def test_what_moved_is_planned_anew(conn: Connection) -> None:
    """A step puts the alert ahead of its rungs; planning replaces those that have not fired and keeps the others."""
    alert_id = planned(conn)
    assert rungs.fire(conn, alert_id, "at_risk", SOON)
    alerts.transition(conn, alert_id, ["open"], "acknowledged", "U1", "slack", SOON)
    assert rungs.unplanned(conn, 10) == [alert_id]

    rungs.plan(conn, alert_id, {"at_risk": LATER, "manager": LATER}, SOON)

    assert rungs.unplanned(conn, 10) == []
    assert rungs.of_alert(conn, alert_id) == [
        RungRow(alert_id, "at_risk", SOON, SOON),
        RungRow(alert_id, "manager", LATER, None),
    ]


@pytest.mark.parametrize(("due_at", "after"), [(SOON, (1, 1)), (LATER, (2, 2)), (None, (2, 2))])
def test_a_promise_that_moved_is_shown(conn: Connection, due_at: datetime | None, after: tuple[int, int]) -> None:
    """Its messages are behind then, and only then; the rungs are not."""
    alert_id = planned(conn)
    rungs.plan(conn, alert_id, {"breach": LATER}, due_at)
    assert version(conn, alert_id) == after
    assert rungs.unplanned(conn, 10) == []


def test_an_alert_that_is_over_has_no_clock(conn: Connection) -> None:
    """Nothing is due any more, and nobody looks at it again; what fired stays known."""
    alert_id, other = planned(conn), planned(conn, "other")
    rungs.fire(conn, alert_id, "at_risk", SOON)
    rungs.stop(conn, alert_id)

    alerts.transition(conn, alert_id, ["open"], "closed", "U1", "slack", SOON)
    assert rungs.unplanned(conn, 10) == []
    assert rungs.timed(conn) == [other]
    assert [row.rung for row in rungs.of_alert(conn, alert_id)] == ["at_risk"]
    assert rungs.due(conn, LATER, 10) == [other]


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)  # PostgreSQL chooses by what is in the table
def test_the_clockwork_never_looks_through_all_alerts(store: Store) -> None:
    """What it asks every second is answered by an index over alerts and rungs that are under way."""
    asked: list[str] = []
    with store.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *about: asked.append(about[2]))
        rungs.unplanned(conn, 10)
        rungs.timed(conn)
        rungs.due(conn, NOW, 10)
        rungs.overdue(conn, NOW)
        rungs.fired_late(conn, NOW, timedelta())
        alerts.asleep(conn, NOW)
        queries, used = [query for query in asked if query.startswith("SELECT")], []
        for query in queries:
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (1,) * query.count("?"))
            used.append(re.findall(r"INDEX (\w+)", str(plan.fetchall())))
    assert used == [
        ["alerts_timed"],
        ["alerts_timed"],
        ["rungs_due"],
        ["rungs_due"],
        ["rungs_fired"],
        ["alerts_asleep"],
    ]


def test_a_rung_fires_when_it_is_due_and_once(conn: Connection) -> None:
    """Not before its time, not twice, and not one that was never planned."""
    alert_id = planned(conn)
    assert rungs.due(conn, SOON - timedelta(seconds=1), 10) == []
    assert not rungs.fire(conn, alert_id, "at_risk", SOON - timedelta(seconds=1))

    assert rungs.due(conn, LATER, 10) == [alert_id]
    assert rungs.fire(conn, alert_id, "at_risk", SOON)
    assert not rungs.fire(conn, alert_id, "at_risk", LATER)
    assert not rungs.fire(conn, alert_id, "manager", LATER)


def test_of_racing_replicas_one_fires(store: Store) -> None:
    """Four look at once: one is told to act."""
    with store.write() as conn:
        alert_id = planned(conn)
    assert winners(store, lambda conn: rungs.fire(conn, alert_id, "at_risk", LATER)) == 1


def test_what_did_not_fire_in_time_is_found(conn: Connection) -> None:
    """While it is overdue, and for a while after it fired too late."""
    alert_id = planned(conn)
    assert rungs.overdue(conn, SOON) == []
    assert [row.rung for row in rungs.overdue(conn, SOON + timedelta(minutes=5))] == ["at_risk"]

    fired = SOON + timedelta(minutes=20)
    rungs.fire(conn, alert_id, "at_risk", fired)

    assert rungs.overdue(conn, LATER) == []
    late = timedelta(minutes=5)
    assert [row.rung for row in rungs.fired_late(conn, NOW, late)] == ["at_risk"]
    assert rungs.fired_late(conn, NOW, timedelta(hours=1)) == []
    assert rungs.fired_late(conn, fired + timedelta(seconds=1), late) == []


def test_what_told_of_a_rung_is_a_delivery_of_its_own(conn: Connection) -> None:
    """To the same target, claimed by who has words for it, and never rendered anew as the alert."""
    alert_id = opened(conn)
    assert alerts.plan_delivery(conn, alert_id, "channel:plg-hot")
    assert alerts.plan_delivery(conn, alert_id, "channel:plg-hot", "breach", LATER)
    assert not alerts.plan_delivery(conn, alert_id, "channel:plg-hot", "breach")

    claimed = alerts.claim_delivery(conn, NOW)
    assert claimed is not None
    assert claimed.purpose == alerts.THE_ALERT
    alerts.mark_sent(conn, claimed.id, "C1", "1.0", 1)
    assert alerts.claim_delivery(conn, LATER) is None
    assert not alerts.any_waiting(conn)
    assert alerts.any_waiting(conn, ["breach"])
    assert alerts.claim_delivery(conn, SOON, ["alert", "breach"]) is None

    reminder = alerts.claim_delivery(conn, LATER, ["alert", "breach"])
    assert reminder is not None
    assert reminder.purpose == "breach"
    alerts.mark_sent(conn, reminder.id, "C1", "2.0", 1)
    alerts.transition(conn, alert_id, ["open"], "acknowledged", "U1", "slack", LATER)
    assert [each.id for each in alerts.stale_renderings(conn)] == [claimed.id]


def test_who_sleeps_is_found_when_it_is_time(conn: Connection) -> None:
    """The longest rested first; nobody before."""
    first, second = opened(conn, "a"), opened(conn, "b")
    alerts.transition(conn, first, ["open"], "snoozed", "U1", "slack", NOW, snoozed_until=LATER)
    alerts.transition(conn, second, ["open"], "snoozed", "U1", "slack", NOW, snoozed_until=SOON)

    assert alerts.asleep(conn, NOW) == []
    assert alerts.asleep(conn, SOON) == [second]
    assert alerts.asleep(conn, LATER) == [second, first]


@pytest.mark.parametrize(("holder", "held", "moved"), [("U1", True, True), ("U1", False, False), (None, True, False)])
def test_a_step_may_ask_who_has_it(conn: Connection, holder: str | None, held: bool, moved: bool) -> None:
    """Whether somebody has the alert decides with its state, in one conditional update; the record tells more."""
    alert_id = opened(conn)
    alerts.transition(conn, alert_id, ["open"], "escalated", "system", "system", NOW, acknowledged_by=holder)
    told = {"handed_to": "ae2@workspace.example"}
    assert alerts.transition(conn, alert_id, ["escalated"], "open", "U1", "slack", NOW, held, told) is moved
    assert (alerts.transitions_of(conn, alert_id)[-1].told == told) is moved
