"""What somebody asks for in Slack, done by the scheduler: a refused plan applied once, whoever wakes and dies (D25)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.store import migrate, notices, pauses, requests
from plsync.config import load
from plsync.findings import findings
from plsync.health import Metrics
from plsync.lanes import lanes
from plsync.lease import alone
from plsync.obeying import APPLIED, NOTHING_WAITS, Obeying
from plsync.overdue import waiting_plan
from plsync.running import sync_once
from plsync.waking import Waking
from plsync.wiring import Plsync, opened
from tests.front.door import Door

NOW = datetime.now(UTC).replace(microsecond=0)
NO_CREATES = {"creates = 50": "creates = 0"}
REVOPS = "U0REVOPS01"
MOVED = "UPDATE accounts SET score = score + 1 WHERE account_key LIKE 'hot-%'"


@pytest.fixture
def absurd(door: Door) -> Door:
    """A door whose plan creates records, which its guards refuse."""
    door.mapping("salesforce_account.toml", {'mode = "update_only"': 'mode = "upsert"'})
    return door


@contextmanager
def rooms(door: Door, at: datetime = NOW, changes: dict[str, str] = NO_CREATES) -> Iterator[Plsync]:
    config = load(door.configured(changes))
    migrate(config.store.url)
    with opened(config, lambda: at) as plsync:
        yield plsync


def woken(plsync: Plsync) -> None:
    """Wake the full lane."""
    Waking(lanes(plsync)[0], plsync, Metrics(), "replica-a:1")()


def asked(plsync: Plsync, hash_: str | None = None) -> str:
    """RevOps presses the button of the plan that waits, or had of another."""
    waiting = waiting_plan(plsync.store, plsync.guards)
    assert waiting is not None
    with plsync.store.write() as conn:
        assert requests.ask(conn, requests.APPLY_PLAN, hash_ or waiting.hash, REVOPS, plsync.clock())
    return waiting.hash


def obeying(plsync: Plsync, owner: str = "replica-a:1") -> Obeying:
    return Obeying(plsync, Metrics(), owner, lambda plan: sync_once(plsync, approved=plan))


def answers(door: Door) -> list[tuple[object, ...]]:
    return door.stored("SELECT answer FROM requests ORDER BY id")


def ran(door: Door) -> list[tuple[object, ...]]:
    return door.stored("SELECT lane, state FROM runs ORDER BY id")


def test_a_plan_somebody_approved_is_applied_once(absurd: Door) -> None:
    """The scheduler syncs exactly that plan, answers, and has nothing to do the next time it looks."""
    with rooms(absurd) as plsync:
        woken(plsync)
        assert absurd.writes() == 0
        asked(plsync)
        for owner in ("replica-a:1", "replica-b:1"):
            obeying(plsync, owner)()
        assert findings(plsync) == []
    assert answers(absurd) == [(APPLIED,)]
    assert ran(absurd) == [("full", "refused"), ("full", "done")]
    assert absurd.writes() > 0


def test_a_plan_that_moved_is_not_applied(absurd: Door) -> None:
    """The word was for another plan: nothing is sent, and the answer names the new one (D26)."""
    with rooms(absurd) as plsync:
        woken(plsync)
        before = asked(plsync)
        absurd.sql(MOVED)
        obeying(plsync)()
        ((answer,),) = answers(absurd)
        (waiting,) = findings(plsync)
    assert waiting.told["hash"] != before
    assert f"the plan has moved: it is {waiting.told['hash']} now, not {before}" in str(answer)
    assert absurd.writes() == 0


def test_a_request_waits_for_another_sync_and_for_a_pause(absurd: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is an answer: it is done as soon as it can be."""
    with rooms(absurd) as plsync:
        woken(plsync)
        asked(plsync)
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("plsync.lease.owner", lambda: f"{socket.gethostname()}:{os.getppid()}")
            other = alone(plsync.store, plsync.clock, plsync.connections)
            other.__enter__()
        obeying(plsync)()
        assert answers(absurd) == [(None,)]
        other.__exit__(None, None, None)
        with plsync.store.write() as conn:
            pauses.pause(conn, "full", NOW, "RevOps")
        obeying(plsync)()
        assert answers(absurd) == [(None,)]
        with plsync.store.write() as conn:
            pauses.resume(conn, ["full"])
        obeying(plsync, "replica-b:1")()
    assert answers(absurd) == [(APPLIED,)]


def test_who_dies_at_it_is_taken_over(absurd: Door) -> None:
    """Killed after the sync and before the answer: the next one finds that nothing waits, and sends nothing again."""
    with rooms(absurd) as plsync:
        woken(plsync)
        asked(plsync)

        def dies(plan: str) -> None:
            sync_once(plsync, approved=plan)
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            Obeying(plsync, Metrics(), "elsewhere:1", dies)()  # type: ignore[arg-type]
        obeying(plsync)()
        assert answers(absurd) == [(None,)]  # whoever has it may still be at work
        written = absurd.writes()
        obeying(replace(plsync, clock=lambda: NOW + timedelta(hours=2)), "replica-b:1")()
    assert answers(absurd) == [(NOTHING_WAITS,)]
    assert absurd.writes() == written


def test_what_revops_is_told_of_a_waiting_plan(absurd: Door) -> None:
    """Hash and broken guards, and after 24 hours that it is an alarm."""
    with rooms(absurd) as plsync:
        woken(plsync)
        (finding,) = findings(plsync)
        assert (finding.kind, finding.alarm) == (notices.PLAN, False)
        assert "would be created, more than 0" in finding.told["why"]
    with rooms(absurd, NOW + timedelta(hours=24)) as plsync:
        assert [(one.kind, one.alarm) for one in findings(plsync)] == [(notices.PLAN, True)]


def test_what_revops_is_told_of_a_failing_lane(door: Door) -> None:
    """The error of its last run that ended; once it ends well, nothing."""
    with pytest.MonkeyPatch.context() as wrong:
        wrong.setenv("PLSYNC_HUBSPOT_TOKEN", "not-the-right-one")
        with rooms(door, changes={}) as plsync:
            woken(plsync)
            (finding,) = findings(plsync)
    assert (finding.kind, finding.about) == (notices.SYNC, "full")
    assert "hubspot.access_token" in finding.told["error"]
    with rooms(door, NOW + timedelta(hours=1), {}) as plsync:
        woken(plsync)
        assert findings(plsync) == []


def test_what_revops_is_told_of_a_lane_that_does_not_run(door: Door) -> None:
    """Served once and then no more: overdue after three intervals."""
    with rooms(door, changes={}) as plsync:
        woken(plsync)
        assert findings(plsync) == []
    with rooms(door, NOW + timedelta(hours=4), {}) as plsync:
        (finding,) = findings(plsync)
    assert "lane full last ended well" in finding.told["error"]


def test_runs_say_what_slack_cannot(door: Door) -> None:
    """Alerts that are held, and places that Slack refuses: for people and as JSON."""
    door.migrated()
    with rooms(door, changes={}) as plsync, plsync.store.write() as conn:
        notices.tell(conn, notices.STORM, "1", {"storm": 1, "why": "flood", "held": 500, "most": 20}, NOW)
        told = {"target": "access", "code": "access", "advice": "check slack.bot_token", "instead": None}
        notices.tell(conn, notices.SLACK, "access", told, NOW, mute=True)
    shown = door.run("runs").out
    assert "500 new alerts are held" in shown
    assert "check slack.bot_token" in shown
    assert '"held": 500' in door.run("runs", "--json").out
