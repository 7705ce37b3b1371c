"""`plsync serve`: it migrates, runs the schedule, tells its health, and ends in order when it is asked to."""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import IO, Any

import httpx
import pytest
from structlog.testing import capture_logs

from connector.model import BulkJob, OpenJob
from connector.store import migrate
from connector.sync import Run
from plsync import exits
from plsync.config import load
from plsync.health import Metrics, health_app
from plsync.lanes import Lane, lanes
from plsync.lease import BusyError, alone
from plsync.running import LANES
from plsync.serve import scheduled, why_not_ready
from plsync.waking import Waking
from plsync.wiring import Plsync, opened
from sandbox.serving import serve
from sandbox.slack import SlackTeam, acts
from tests.front.door import CRMS, ROOT, Door, free_port, refused

TICK = datetime(2026, 3, 4, 9, tzinfo=UTC)


@contextmanager
def rooms(door: Door, at: datetime = TICK + timedelta(minutes=7)) -> Iterator[Plsync]:
    """The rooms behind a door with a store, at a moment."""
    config = load(door.configured())
    migrate(config.store.url)
    with opened(config, lambda: at) as plsync:
        yield plsync


def waking(plsync: Plsync, owner: str = "replica-a:1", metrics: Metrics | None = None) -> Waking:
    """The full lane in a process of its own."""
    return Waking(lanes(plsync)[0], plsync, metrics or Metrics(), owner)


def runs(door: Door) -> list[tuple[object, ...]]:
    return door.stored("SELECT lane, state FROM runs")


def until(log: IO[str], word: str) -> str:
    """The next line with `word` in it; fails with the log where it ends without one."""
    seen = []
    for line in log:
        seen.append(line)
        if word in line:
            return line
    raise AssertionError("".join(seen))


@pytest.mark.parametrize("stop", ["terminate", "interrupt"])
def test_a_served_process_syncs_answers_and_ends(door: Door, stop: str) -> None:
    """From nothing: the store is migrated, the lane runs, health answers; a signal ends it with 0 and in order."""
    port = free_port()
    config = door.configured({"port = 8780": f"port = {port}"})
    words = [sys.executable, "-m", "plsync", "serve", "--config", str(config)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        until(process.stdout, "store migrated")
        done = until(process.stdout, "run done")
        while "lane=full" not in done:
            done = until(process.stdout, "run done")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert client.get("/healthz").text == "ok"
            assert client.get("/readyz").status_code == 200
            assert 'plsync_runs_total{lane="full",state="done"} 1.0' in client.get("/metrics").text
        process.terminate() if stop == "terminate" else process.send_signal(2)
        rest = process.stdout.read()
        assert process.wait() == 0, rest
    assert "stopping" in rest
    assert "Traceback" not in rest
    assert ("full", "done") in runs(door)
    assert set(runs(door)) <= {(lane, "done") for lane in LANES}


def test_a_served_process_takes_slack_over_http(door: Door) -> None:
    """On a port of its own, which the log names: commands are answered there, and nothing else is."""
    health, slack = free_port(), free_port()
    changes = {
        "port = 8780": f"port = {health}",
        "port = 8781": f"port = {slack}",
        'mode = "socket"': 'mode = "http"',
        "# signing_secret": "signing_secret",
    }
    words = [sys.executable, "-m", "plsync", "serve", "--config", str(door.configured(changes))]
    team = door.sandbox.team
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        assert f"slack=http://127.0.0.1:{slack}/slack/events" in until(process.stdout, "serving")
        until(process.stdout, "run done")
        with httpx.Client(base_url=f"http://127.0.0.1:{slack}", trust_env=False) as client:
            assert client.post("/slack/events").status_code == 401
            assert client.get("/healthz").status_code == 404
        with httpx.Client(base_url=f"http://127.0.0.1:{health}", trust_env=False) as client:
            assert client.get("/readyz").status_code == 200
        team.line.request_url = f"http://127.0.0.1:{slack}/slack/events"
        assert asyncio.run(asked(team, {"command": "/funnel", "text": "help"}))["acknowledged"]
        team.line.request_url = None
        process.terminate()
        rest = process.stdout.read()
        assert process.wait() == 0, rest
    assert "Traceback" not in rest
    assert team.records("ephemerals")[-1]["text"].startswith("Ask for:")


async def asked(team: SlackTeam, command: dict[str, str]) -> dict[str, Any]:
    """Somebody types a command in a channel the bot is in."""
    user = next(one["id"] for one in team.records("users") if not one.get("is_bot") and not one.get("deleted"))
    channel = next(one["id"] for one in team.records("channels") if one["bot_member"])
    return await acts(team)("command", {**command, "user": user, "channel": channel})


def test_a_port_for_slack_that_is_taken_is_told(door: Door) -> None:
    """As that of the health endpoint: with what to set."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        changes = {
            "port = 8780": f"port = {free_port()}",
            "port = 8781": f"port = {taken.getsockname()[1]}",
            'mode = "socket"': 'mode = "http"',
            "# signing_secret": "signing_secret",
        }
        refused(door.run("serve", changes=changes), exits.CONFIGURATION, "slack: cannot listen on", "set slack.host")


def test_a_lane_takes_a_tick_once(door: Door) -> None:
    """Two replicas wake for one tick and one of them syncs; the next tick is the other's to take (D33)."""
    with rooms(door) as plsync:
        here, there = (waking(plsync, f"replica-{name}:1") for name in "ab")
        here()
        there()
        assert runs(door) == [("full", "done")]
        later = replace(plsync, clock=lambda: TICK + timedelta(minutes=60))
        replace(there, plsync=later)()
    assert len(runs(door)) == 2


def test_a_lane_survives_a_failing_run(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fails is counted and logged, its tick is done, and the next tick is tried."""
    monkeypatch.setenv("PLSYNC_HUBSPOT_TOKEN", "not-the-right-one")
    metrics = Metrics()
    with rooms(door) as plsync:
        waking(plsync, metrics=metrics)()
    assert metrics.registry.get_sample_value("plsync_runs_total", {"lane": "full", "state": "failed"}) == 1
    assert runs(door) == [("full", "failed")]
    assert door.stored("SELECT job FROM claims WHERE finished_at IS NULL") == []


def test_the_metrics_count_outcomes(door: Door) -> None:
    """Outcomes are counted by mapping, requests as the CRMs counted them; the log says the same."""
    metrics = Metrics()
    with rooms(door) as plsync, capture_logs() as logs:
        waking(plsync, metrics=metrics)()
    assert logs[-1]["calls"] == {crm: door.sandbox.counts()[crm].total() for crm in CRMS}
    assert logs[-1]["delivered"] == dict.fromkeys(CRMS, 35)
    labels = {"mapping": "salesforce_account", "outcome": "updated"}
    assert (metrics.registry.get_sample_value("plsync_outcomes_total", labels) or 0) > 30
    calls = [one for family in metrics.registry.collect() for one in family.samples if one.name == "plsync_calls_total"]
    for crm in CRMS:
        told = sum(one.value for one in calls if one.labels["crm"] == crm)
        assert told == door.sandbox.counts()[crm].total()


def test_a_lane_waits_for_another_sync_and_loses_no_tick(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """While somebody else syncs, a lane is no failure; woken again within the same tick it runs."""
    metrics = Metrics()
    with rooms(door) as plsync:
        lane = waking(plsync, metrics=metrics)
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("plsync.lease.owner", lambda: f"{socket.gethostname()}:{os.getppid()}")
            other = alone(plsync.store, plsync.clock, plsync.connections)
            other.__enter__()
        with capture_logs() as logs:
            lane()
            lane()
        assert [(one["event"], one["log_level"]) for one in logs] == [("waits for another sync", "info")]
        assert runs(door) == []
        other.__exit__(None, None, None)
        lane()
    assert runs(door) == [("full", "done")]
    assert metrics.registry.get_sample_value("plsync_runs_total", {"lane": "full", "state": "failed"}) is None


def test_each_lane_has_its_own_ticks_and_pause(door: Door) -> None:
    """A second lane is one more value: its ticks, its claims and its pause are its own."""
    ran: list[str] = []

    def look() -> Run:
        ran.append("alerts")
        return Run("r-000000", 0, 0, {})

    with rooms(door) as plsync:
        alerts = Waking(Lane("alerts", 5, look), plsync, Metrics(), "replica-a:1")
        alerts()
        alerts()
        waking(plsync)()
        assert (ran, runs(door)) == (["alerts"], [("full", "done")])
        later = replace(plsync, clock=lambda: TICK + timedelta(minutes=12))
        assert door.run("pause", "alerts").code == exits.DONE
        replace(alerts, plsync=later)()
        assert ran == ["alerts"]
        assert door.run("resume", "alerts").code == exits.DONE
        replace(alerts, plsync=later)()
        waking(later)()
    assert ran == ["alerts", "alerts"]
    assert runs(door) == [("full", "done")]
    assert door.stored("SELECT job, count(*) FROM claims GROUP BY job ORDER BY job") == [
        ("alerts:hubspot+salesforce", 2),
        ("full:hubspot+salesforce", 1),
    ]


def test_ready_means_that_the_store_answers(door: Door) -> None:
    """/readyz is 503 with the reason while the store is not there, and 200 once it is; /healthz does not care."""
    with opened(load(door.configured())) as plsync:
        app = health_app(lambda: why_not_ready(plsync, None), Metrics())
        with serve(app) as served, httpx.Client(base_url=served.url, trust_env=False) as client:
            assert client.get("/healthz").status_code == 200
            missing = client.get("/readyz")
            assert (missing.status_code, "plsync migrate" in missing.text) == (503, True)
            migrate(plsync.config.store.url)
            assert client.get("/readyz").status_code == 200


def test_ready_means_that_the_bot_posts(door: Door) -> None:
    """A bot that stopped posting makes the process not ready."""
    from plsync.slack import build_bot

    with rooms(door) as plsync:
        assert plsync.config.slack is not None
        bot = build_bot(plsync, plsync.config.slack)
        assert why_not_ready(plsync, bot) == "the bot posts no alerts; its log says why"
        assert why_not_ready(plsync, None) is None


def test_the_schedule_wakes_the_lanes_at_once_and_then_every_minute() -> None:
    """The first wake is now, the next a minute later: no tick is late by more. Wakes that were missed are one."""
    scheduler = scheduled({"full": lambda: None, "alerts": lambda: None}, lambda: TICK)
    scheduler.start(paused=True)
    jobs = scheduler.get_jobs()
    assert {job.id for job in jobs} == {"full", "alerts"}
    for job in jobs:
        assert job.next_run_time == TICK
        assert job.trigger.interval == timedelta(minutes=1)
        assert (job.coalesce, job.misfire_grace_time, job.max_instances) == (True, None, 1)
    scheduler.shutdown()


def test_a_store_of_a_later_version_is_refused(door: Door) -> None:
    """A store made by a later version is refused: serving never takes a store back."""
    door.migrated()
    with closing(sqlite3.connect(door.store)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = door.run("serve", changes={"port = 8780": f"port = {free_port()}"})
    refused(ran, exits.UNAVAILABLE, "9999")


def test_the_alerts_lane_has_its_turn_within_a_full_run_once_a_tick(door: Door) -> None:
    """Between two chunks of the full lane a due tick of the alerts lane is run, once, in the full lane's own right."""
    with rooms(door) as plsync:
        alerts = Waking(lanes(plsync)[1], plsync, Metrics(), "replica-a:1")
        first, second = alerts.within(lambda: None), alerts.within(lambda: None)

    assert len(first) == 1
    assert not second
    assert runs(door) == [("alerts", "done")]


def test_the_alerts_lane_takes_up_a_job_that_was_left(door: Door) -> None:
    """A job under way would write older values over what the lane sends: it is heard to its end before (A2, D33)."""
    with rooms(door) as plsync:
        left = OpenJob(BulkJob("750000000000999AAA", "Account"), "salesforce", "salesforce_account", "r-000001")
        plsync.ledger.begin_job(left)
        lanes(plsync)[1].run()
        assert plsync.ledger.jobs() == []


def test_two_lanes_of_one_process_do_not_sync_at_once(door: Door) -> None:
    """The right to sync is no less this process's own for being asked for by another of its lanes."""
    with (
        rooms(door) as plsync,
        alone(plsync.store, plsync.clock, plsync.connections),
        pytest.raises(BusyError),
        alone(plsync.store, plsync.clock, plsync.connections),
    ):
        pass


def test_a_predecessor_of_the_same_number_holds_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container gives every process of its the same number: what the one before held is free (D33)."""
    with rooms(door) as plsync:
        with monkeypatch.context() as before:
            before.setattr("plsync.lease.owner", lambda: f"{socket.gethostname()}:{os.getpid()}:before")
            alone(plsync.store, plsync.clock, plsync.connections).__enter__()
        with alone(plsync.store, plsync.clock, plsync.connections):
            pass
