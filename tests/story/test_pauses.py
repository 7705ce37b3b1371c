"""Brakes (D31): a paused lane stops before its next chunk, a paused CRM gets nothing, and nothing is lost."""

from __future__ import annotations

import pytest

from connector import sync as story
from connector.model import OutcomeKind
from connector.schemas import FRESH
from connector.store import pauses
from connector.store.pauses import EVERYTHING
from tests.story.house import HUBSPOT, SALESFORCE, Town

UPDATED, DEFERRED = OutcomeKind.UPDATED, OutcomeKind.DEFERRED


def pause(town: Town, system: str) -> None:
    """What `plsync pause SYSTEM` does."""
    with town.store.write() as conn:
        pauses.pause(conn, system, town.now, "RevOps")


def resume(town: Town, system: str) -> None:
    """What `plsync resume SYSTEM` does."""
    with town.store.write() as conn:
        pauses.resume(conn, [system])


def moved(town: Town, *keys: str) -> Town:
    """Accounts whose score has changed since the last sync."""
    town.accounts(*keys)
    town.settled()
    for key in keys:
        town.product(key, score=61)
    return town


def test_paused_crm_gets_nothing_and_loses_nothing(town: Town) -> None:
    """Its records are deferred by name of the reason, the other CRM's delivered; resumed, they arrive."""
    moved(town, "a", "b")
    pause(town, SALESFORCE)
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {DEFERRED: 2}
    assert run.tallies[SALESFORCE].reasons == {"PAUSED": 2}
    assert run.tallies[HUBSPOT].outcomes == {UPDATED: 2}
    assert town.sent() == []
    assert town.memory("a").message == f"not sent: RevOps paused salesforce at {town.now:%Y-%m-%d %H:%M} UTC"

    town.sync()
    resume(town, SALESFORCE)
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {UPDATED: 2}
    assert (town.holds("a", "score"), town.memory("a").code) == (61, None)


def test_paused_crm_does_not_silence_alerts(town: Town) -> None:
    """An account that turned Hot meanwhile still alerts (D27)."""
    moved(town, "a")
    pause(town, SALESFORCE)
    town.product("a", score=92)
    town.sync()
    assert ("a", "hot_pql") in town.alerts()


@pytest.mark.parametrize("system", ["full", EVERYTHING])
def test_paused_lane_stops_before_its_next_chunk(town: Town, system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paused while it runs, a lane finishes its chunk and no more; what is left is due."""
    moved(town, "a", "b", "c")
    monkeypatch.setattr(story, "CHUNK", 1)
    committed = town.ledger.commit_decisions

    def pausing(*args: object) -> None:
        committed(*args)  # type: ignore[arg-type]  # as they come
        pause(town, system)

    monkeypatch.setattr(type(town.ledger), "commit_decisions", lambda _, *args: pausing(*args))
    run = town.sync()
    assert run.stopped is not None
    assert (run.stopped.system, run.stopped.by, town.run().state) == (system, "RevOps", "paused")
    monkeypatch.undo()

    assert [town.holds(key, "score", HUBSPOT) for key in "abc"] == [60 if system == EVERYTHING else 61, 60, 60]
    resume(town, system)
    town.sync()
    assert [town.holds(key, "score") for key in "abc"] == [61, 61, 61]


def test_paused_lane_calls_nobody(town: Town) -> None:
    """A lane paused before it begins reads no account."""
    moved(town, "a")
    town.forget_calls()
    pause(town, "full")
    town.now += FRESH * 2  # so that the house would describe the CRMs anew
    town.sync()
    assert town.calls() == 0


def test_limited_run_is_no_lane(town: Town) -> None:
    """With the schedule's lane paused, a person may still try a few accounts."""
    moved(town, "a")
    pause(town, "full")
    town.sync(limit=1, lane="limited")
    assert town.holds("a", "score") == 61


def test_paused_run_is_no_baseline(town: Town) -> None:
    """A first run that was stopped is not the baseline: the next whole one is, and floods nobody (D18)."""
    town.accounts("a")
    pause(town, "full")
    town.sync()
    assert not town.ledger.baseline_done()


def test_first_word_stands(town: Town) -> None:
    """Pausing twice keeps who and when of the first; resuming names what was paused."""
    pause(town, SALESFORCE)
    first = town.now
    town.later(hours=1)
    pause(town, SALESFORCE)
    with town.store.write() as conn:
        assert pauses.paused(conn)[SALESFORCE].since == first
        assert pauses.resume(conn, [SALESFORCE, HUBSPOT]) == {SALESFORCE}
        assert pauses.paused(conn) == {}
