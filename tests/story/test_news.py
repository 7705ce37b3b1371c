"""How long news took to a CRM, told by every run (A5, A7, D47)."""

from __future__ import annotations

from datetime import timedelta

from connector.model import Signal
from tests.story.house import SALESFORCE, Town


def test_news_is_timed_from_signal_and_score(town: Town) -> None:
    """A signal of two hours ago scored ten minutes ago took two hours, ten minutes of them ours."""
    town.accounts("acme")
    town.settled()
    town.later(days=1)
    limit = Signal("limit_hit", town.now - timedelta(hours=2))
    town.product("acme", score=77, scored_at=town.now - timedelta(minutes=10), signals=[limit])
    tally = town.sync().tallies[SALESFORCE]

    assert dict(tally.news())["signal"] is not None
    assert [told.p95 for _, told in tally.news() if told] == [7_200, 600]
    assert [told.grade for _, told in tally.news() if told] == ["warning", "good"]


def test_old_news_is_not_timed_again(town: Town) -> None:
    """What the delivery before brought already says nothing about this one."""
    town.accounts("acme")
    limit = Signal("limit_hit", town.now - timedelta(hours=2))
    town.product("acme", signals=[limit])
    town.settled()
    town.later(days=1)
    town.product("acme", score=77, signals=[limit])

    assert town.sync().tallies[SALESFORCE].news() == (("signal", None), ("score", None))


def test_a_run_says_how_many_accounts_are_matched(town: Town) -> None:
    """One account of three has no record."""
    town.accounts("acme", "beta")
    town.product("nobody")

    assert town.sync().tallies[SALESFORCE].matched == (2, 3)
