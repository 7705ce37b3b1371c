"""A refused plan that nobody approves (D25), and a lane that does not run: said wherever somebody may look."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from connector.store import migrate
from plsync import checking, exits
from plsync.checking import Finding
from plsync.config import load
from plsync.health import Metrics
from plsync.lanes import lanes
from plsync.overdue import waiting_plan
from plsync.serve import why_not_ready
from plsync.standing import SUCCESS, WAITING, Standing
from plsync.waking import Waking
from plsync.wiring import Plsync, opened
from tests.front.door import Door

NOW = datetime.now(UTC).replace(microsecond=0)
CREATES = {'mode = "update_only"': 'mode = "upsert"'}
NO_CREATES = {"creates = 50": "creates = 0"}
MOVED = "UPDATE accounts SET score = score + 1 WHERE account_key LIKE 'hot-%'"


@pytest.fixture
def absurd(door: Door) -> Door:
    """A door whose plan creates records, which its guards refuse."""
    door.mapping("salesforce_account.toml", CREATES)
    return door


@contextmanager
def rooms(door: Door, at: datetime, changes: dict[str, str] = NO_CREATES) -> Iterator[Plsync]:
    config = load(door.configured(changes))
    migrate(config.store.url)
    with opened(config, lambda: at) as plsync:
        yield plsync


def woken(door: Door, at: datetime, changes: dict[str, str] = NO_CREATES) -> list[tuple[str, str]]:
    """Wake the full lane at a moment: what it logs."""
    with rooms(door, at, changes) as plsync, capture_logs() as logs:
        Waking(lanes(plsync)[0], plsync, Metrics(), "replica-a:1")()
    return [(one["event"], one["log_level"]) for one in logs]


def shown(door: Door, metric: str, at: datetime, labels: dict[str, str] | None = None) -> float | None:
    """What /metrics says at a moment."""
    registry = CollectorRegistry()
    with rooms(door, at) as plsync:
        registry.register(Standing(plsync.store, lanes(plsync), plsync.guards, plsync.clock))
        return registry.get_sample_value(metric, labels or {})


def scheduled(door: Door, at: datetime) -> Finding:
    """What `check` finds of the schedule at a moment."""
    with rooms(door, at) as plsync:
        return next(one for one in checking.check(plsync) if one.what.startswith("schedule"))


def test_a_plan_nobody_approves_becomes_an_alarm(absurd: Door) -> None:
    """A warning first, an error from 24 hours after the first refusal on, however the plan moved meanwhile."""
    assert woken(absurd, NOW) == [("plan refused", "warning")]
    absurd.sql(MOVED)
    assert woken(absurd, NOW + timedelta(hours=23)) == [("plan refused", "warning")]
    assert scheduled(absurd, NOW + timedelta(hours=23)).problems == ()
    assert "waits for a person" in scheduled(absurd, NOW + timedelta(hours=23)).notes[0]

    assert woken(absurd, NOW + timedelta(hours=24)) == [("plan waits too long", "error")]
    assert shown(absurd, WAITING, NOW + timedelta(hours=25)) == 25 * 3600
    found = scheduled(absurd, NOW + timedelta(hours=24))
    assert (found.code, len(found.problems)) == (exits.REFUSED, 1)
    with rooms(absurd, NOW + timedelta(hours=24)) as plsync:
        assert why_not_ready(plsync, None) is None
        waiting = waiting_plan(plsync.store, plsync.guards)
    assert waiting is not None
    assert f"plsync sync --plan {waiting.hash}" in found.problems[0]
    assert "would be created, more than 0" in found.problems[0]


def test_the_refused_run_holds_hash_and_summary(absurd: Door) -> None:
    """`plsync runs` names the plan that waits, in its row and below the table; its hash ends the wait."""
    woken(absurd, NOW - timedelta(hours=3))
    told = json.loads(absurd.run("runs", "--json", changes=NO_CREATES).out)
    (row,) = told["runs"]
    assert (row["state"], row["counts"]["salesforce_account"]["creates"] > 0) == ("refused", True)
    assert told["waiting"] == {"since": row["started_at"], "run": row["run"], "plan": row["plan"]}
    assert f"plsync sync --plan {row['plan']}" in absurd.run("runs", changes=NO_CREATES).out
    assert "waits for" not in absurd.run("runs").out  # with guards that let it by

    absurd.run("sync", "--plan", row["plan"], changes=NO_CREATES)
    assert json.loads(absurd.run("runs", "--json", changes=NO_CREATES).out)["waiting"] is None
    assert shown(absurd, WAITING, NOW) == 0


def test_a_mistyped_hash_is_no_plan_that_waits(door: Door) -> None:
    """A plan nobody need approve is refused to who names another, and waits for no word."""
    assert door.migrated().run("sync", "--plan", "0123").code == exits.REFUSED
    assert json.loads(door.run("runs", "--json").out)["waiting"] is None


def test_a_limited_run_ends_no_wait(absurd: Door) -> None:
    """A few accounts tried by hand are no word on the plan; a full run within its guards is."""
    woken(absurd, NOW)
    absurd.run("sync", "--limit", "1")
    assert shown(absurd, WAITING, NOW + timedelta(hours=1)) == 3600
    assert woken(absurd, NOW + timedelta(hours=2), {})[0][0] == "run done"
    assert shown(absurd, WAITING, NOW + timedelta(hours=3)) == 0


def test_a_lane_that_does_not_run_is_said(door: Door) -> None:
    """After three intervals without a good end: by `check` (4), and by the time of the last success in /metrics."""
    assert shown(door, SUCCESS, NOW, {"lane": "full"}) == 0
    assert woken(door, NOW, {}) == [("run done", "info")]
    assert scheduled(door, NOW + timedelta(hours=3)).problems == ()
    found = scheduled(door, NOW + timedelta(hours=3, minutes=1))
    assert (found.code, len(found.problems)) == (exits.UNAVAILABLE, 1)
    assert "lane full last ended well" in found.problems[0]
    assert shown(door, SUCCESS, NOW + timedelta(days=1), {"lane": "full"}) == NOW.timestamp()


def test_who_syncs_by_hand_has_no_lane_that_is_missed(door: Door) -> None:
    """Without `plsync serve` nothing is due by itself, so nothing is overdue."""
    assert door.migrated().run("sync").code == exits.DONE
    assert scheduled(door, NOW + timedelta(days=30)).problems == ()


def test_a_store_that_does_not_answer_leaves_figures_out(door: Door) -> None:
    """/metrics still answers; it says nothing of what it cannot know."""
    registry = CollectorRegistry()
    with opened(load(door.configured())) as plsync:
        registry.register(Standing(plsync.store, lanes(plsync), plsync.guards, plsync.clock))
        assert list(registry.collect()) == []
