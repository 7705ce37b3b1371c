"""The alerts lane: ahead of all others, and never overtaken by older rows (A3, D33, D37)."""

from __future__ import annotations

import pytest

from connector.destinations.memory import MemoryBulk
from connector.model import OutcomeKind, Signal
from tests.story.house import FIELDS, SALESFORCE, Town, mapping

UNEDITED = {name: {**body, "merge": "warehouse_wins"} for name, body in FIELDS.items()}


@pytest.fixture
def busy(town: Town) -> Town:
    """Three Warm accounts, delivered."""
    town.accounts("acme", "beta", "gamma")
    return town.settled()


def test_a_newly_hot_account_goes_ahead(busy: Town) -> None:
    """Of what moved the lane takes who turned Hot, alerts and delivers, and leaves the rest to the full lane."""
    busy.product("acme", score=92)
    busy.product("beta", score=61)

    assert busy.urgent() == {"acme"}
    assert busy.alerts() == [("acme", "hot_pql")]
    assert (busy.holds("acme", "score"), busy.holds("beta", "score")) == (92, 60)
    assert busy.sync().tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}


def test_news_of_a_warm_account_goes_ahead(busy: Town) -> None:
    """A usage limit that was hit since the last decision is urgent, and one that decision saw is not."""
    limit = Signal("limit_hit", busy.now)
    busy.product("acme", score=61, signals=[limit])
    busy.sync()
    busy.later(minutes=5)
    busy.product("acme", score=62, signals=[limit])
    assert busy.urgent() == frozenset()

    busy.product("acme", score=62, signals=[Signal("limit_hit", busy.now), limit])
    assert busy.urgent() == {"acme"}


def test_cold_accounts_are_never_urgent(busy: Town) -> None:
    """A score that moved below Hot, and a signal of an account nobody is to work, can wait."""
    busy.later(minutes=5)
    busy.product("acme", score=70)
    busy.product("beta", score=10, signals=[Signal("limit_hit", busy.now)])

    assert busy.urgent() == frozenset()


def test_a_full_run_does_not_overwrite_what_came_in_between(busy: Town) -> None:
    """A row that the alerts lane delivered while the full lane was at work is newer than the full lane's plan (D33)."""
    busy.product("acme", score=70)
    busy.product("beta", score=71)

    def meanwhile() -> frozenset[str]:
        busy.product("acme", score=92)
        return busy.urgent()

    busy.sync(between=meanwhile)
    assert (busy.holds("acme", "score"), busy.holds("beta", "score")) == (92, 71)
    assert busy.sync().planned == 0


def test_a_chunk_that_came_in_between_whole_ends_no_run(busy: Town) -> None:
    """Where the alerts lane dealt with all that was left, the full lane is done."""
    busy.product("acme", score=70)

    def meanwhile() -> frozenset[str]:
        busy.product("acme", score=92)
        return busy.urgent()

    run = busy.sync(between=meanwhile)
    assert (busy.holds("acme", "score"), run.stopped) == (92, None)
    assert sum(run.tallies[SALESFORCE].outcomes.values()) == 0


def test_a_job_does_not_overwrite_what_came_in_between(town: Town) -> None:
    """A record that waits for its job and is sent anew meanwhile goes with the job no more (D33)."""
    town.bulk[SALESFORCE], town.bulk_from = MemoryBulk(town.crms[SALESFORCE]), 3
    town.mappings = {SALESFORCE: mapping(SALESFORCE, fields=UNEDITED)}
    keys = [f"a-{number}" for number in range(5)]
    town.accounts(*keys)
    town.settled()
    for key in keys:
        town.product(key, score=70)
    open_job = town.bulk[SALESFORCE].open_job

    def overtaken(*arguments: str, creates: bool) -> object:
        town.bulk[SALESFORCE].open_job = open_job  # type: ignore[method-assign]  # once
        town.product("a-0", score=92)
        assert town.urgent() == {"a-0"}
        return open_job(*arguments, creates=creates)

    town.bulk[SALESFORCE].open_job = overtaken  # type: ignore[assignment, method-assign]  # before the upload
    town.sync()

    assert [town.holds(key, "score") for key in keys] == [92, 70, 70, 70, 70]
    assert town.sync().planned == 0
