"""`plsync serve`: it migrates, runs the schedule, tells its health, and ends in order when it is asked to."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import IO

import httpx
import pytest

from connector.store import migrate
from plsync import exits
from plsync.config import load
from plsync.health import Metrics, health_app
from plsync.serve import Lane, scheduled, why_not_ready
from plsync.wiring import Plsync, opened
from sandbox.serving import serve
from tests.front.door import ROOT, Door, free_port, refused

TICK = datetime(2026, 3, 4, 9, tzinfo=UTC)


@contextmanager
def rooms(door: Door, at: datetime = TICK + timedelta(minutes=7)) -> Iterator[Plsync]:
    """The rooms behind a door with a store, at a moment."""
    config = load(door.configured())
    migrate(config.store.url)
    with opened(config, lambda: at) as plsync:
        yield plsync


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
        until(process.stdout, "run done")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert client.get("/healthz").text == "ok"
            assert client.get("/readyz").status_code == 200
            assert 'plsync_runs_total{state="done"} 1.0' in client.get("/metrics").text
        process.terminate() if stop == "terminate" else process.send_signal(2)
        rest = process.stdout.read()
        assert process.wait() == 0, rest
    assert "stopping" in rest
    assert "Traceback" not in rest
    assert runs(door) == [("full", "done")]


def test_a_lane_takes_a_tick_once(door: Door) -> None:
    """Two replicas wake for one tick and one of them syncs; the next tick is the other's to take (D33)."""
    with rooms(door) as plsync:
        here, there = (Lane(plsync, Metrics(), f"replica-{name}:1") for name in "ab")
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
        Lane(plsync, metrics, "replica-a:1")()
    assert metrics.registry.get_sample_value("plsync_runs_total", {"state": "failed"}) == 1
    assert runs(door) == [("full", "failed")]
    assert door.stored("SELECT job FROM claims WHERE finished_at IS NULL") == []


def test_the_metrics_count_outcomes(door: Door) -> None:
    """Outcomes are counted by mapping, and when a run last ended well is told."""
    metrics = Metrics()
    with rooms(door) as plsync:
        Lane(plsync, metrics, "replica-a:1")()
        accounts = plsync.clock().timestamp()
    labels = {"mapping": "salesforce_account", "outcome": "updated"}
    assert (metrics.registry.get_sample_value("plsync_outcomes_total", labels) or 0) > 30
    assert metrics.registry.get_sample_value("plsync_last_success_timestamp_seconds") == accounts


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


def test_the_schedule_wakes_the_lane_at_once_and_then_by_the_clock() -> None:
    """The first wake is now, the next `minutes` later; wakes that were missed are one."""
    scheduler = scheduled(lambda: None, 15, lambda: TICK)
    scheduler.start(paused=True)
    (job,) = scheduler.get_jobs()
    assert job.next_run_time == TICK
    assert job.trigger.interval == timedelta(minutes=15)
    assert (job.coalesce, job.misfire_grace_time, job.max_instances) == (True, None, 1)
    scheduler.shutdown()


def test_a_store_of_a_later_version_is_refused(door: Door) -> None:
    """A store made by a later version is refused: serving never takes a store back."""
    door.migrated()
    with closing(sqlite3.connect(door.store)) as store, store:
        store.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = door.run("serve", changes={"port = 8780": f"port = {free_port()}"})
    refused(ran, exits.UNAVAILABLE, "9999")
