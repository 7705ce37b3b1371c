"""When calls are short the most valuable come first, and the rest is deferred by name (invariant 13, D4)."""

from __future__ import annotations

import pytest

from connector import sync
from connector.errors import QuotaError
from connector.model import OutcomeKind
from tests.story.house import HUBSPOT, SALESFORCE, Town

UPDATED, DEFERRED = OutcomeKind.UPDATED, OutcomeKind.DEFERRED


def left(town: Town, calls: int, crm: str = SALESFORCE) -> None:
    """Once it is asked the CRM says that so many calls are left to us today, whose share is 30 %."""
    town.crms[crm].daily_limit = 100_000
    town.crms[crm].calls["others"] = 95_000 - 1 - calls


def test_a_quota_that_ends_while_reading_defers(town: Town) -> None:
    """A CRM whose day is over costs no run: everything is deferred, nothing is decided without its state."""
    town.accounts("a", "b")
    town.settled()
    town.product("a", score=92)
    town.product("b", score=61)
    town.crms[HUBSPOT].fail(QuotaError("the day's calls are used up"))
    run = town.sync()

    assert (town.run().state, run.rejects) == ("done", 0)
    for crm in (SALESFORCE, HUBSPOT):
        assert run.tallies[crm].outcomes == {DEFERRED: 2}
        assert run.tallies[crm].reasons == {"QUOTA": 2}
    assert (town.sent(SALESFORCE), town.alerts()) == ([], [])
    assert town.holds("a", "tier") == "warm"

    town.sync()
    assert town.holds("a", "tier") == town.holds("a", "tier", HUBSPOT) == "hot"
    assert len(town.alerts()) == 1


def test_when_calls_are_short_the_most_valuable_are_sent(town: Town) -> None:
    """Of three batches one can be sent: the account somebody is alerted of, then the Hot, then the Warm ones."""
    keys = [f"a-{number}" for number in range(12)]
    town.accounts(*keys)
    town.product("a-7", score=92)
    town.settled()
    for key in keys:
        town.product(key, score=61)
    town.product("a-7", score=93)
    town.product("a-9", score=92)
    left(town, calls=2)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {UPDATED: 4, DEFERRED: 8}
    assert run.tallies[SALESFORCE].reasons == {"QUOTA": 8}
    assert town.sent() == ["a-9", "a-7", "a-0", "a-1"]

    town.crms[SALESFORCE].daily_limit = None
    town.sync()
    assert [town.holds(key, "score") for key in ("a-2", "a-11")] == [61, 61]


def test_the_reserve_is_left_to_others(town: Town) -> None:
    """However large our share, the last twentieth of the day belongs to everyone else in the organisation."""
    town.accounts("a")
    town.settled()
    town.product("a", score=61)
    left(town, calls=0)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {DEFERRED: 1}
    assert town.holds("a", "score") == 60


def test_a_long_plan_goes_on_with_the_most_valuable(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once the first chunk has shown that calls are short, Hot accounts at the plan's end come before Warm ones."""
    monkeypatch.setattr(sync, "CHUNK", 4)
    keys = [f"a-{number:02}" for number in range(16)]
    town.accounts(*keys)
    town.settled()
    for key in keys:
        town.product(key, score=61)
    for key in ("a-13", "a-15"):
        town.product(key, score=92)
    left(town, calls=6)
    run = town.sync()

    assert run.tallies[SALESFORCE].reasons["QUOTA"] > 0
    assert sum(run.tallies[SALESFORCE].outcomes.values()) == 16
    assert town.sent()[:6] == ["a-00", "a-01", "a-02", "a-03", "a-13", "a-15"]
