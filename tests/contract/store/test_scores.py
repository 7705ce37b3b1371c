"""How every account's score moved: a row per news, and none otherwise (D35)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from connector.model import Canonical, Decision, Tier
from connector.store import Store, decisions, scores, tables
from connector.store.ledger import SqlLedger
from connector.store.retention import Retention, forget
from tests.contract.store.test_decisions import FULL
from tests.contract.store_fixture import NOW

KEY = FULL.account_key


def decided(day: float, score: Canonical, tier: Tier = Tier.HOT, key: str = KEY) -> Decision:
    """A decision of that day by this score."""
    at = NOW + timedelta(days=day)
    return replace(FULL, account_key=key, evidence={"score": score}, tier=tier, routed_at=at, crm_read_at=at)


def commit(store: Store, *made: Decision) -> None:
    """A run that makes these."""
    ledger = SqlLedger(store)
    run = ledger.start_run("full", made[0].routed_at)
    ledger.commit_decisions(run, [(one, "fp") for one in made], [])


def told(store: Store, key: str = KEY) -> list[tuple[float | None, str | None, str]]:
    """The day since when, score and tier."""
    with store.read() as conn:
        found = scores.of(conn, key, decisions.latest(conn, [key]).get(key))
    return [((one.since - NOW) / timedelta(days=1) if one.since else None, one.score, one.tier) for one in found]


def test_a_score_is_noted_when_it_moves(store: Store) -> None:
    """Each that differs in score or tier; the same again leaves no row, nor does the first."""
    moves: list[tuple[float, Canonical, Tier]] = [
        (0, 92, Tier.HOT),
        (1, 92, Tier.HOT),
        (2, 92.5, Tier.HOT),
        (3, 92.5, Tier.WARM),
        (4, 92, Tier.HOT),
        (5, None, Tier.NONE),
    ]
    for day, score, tier in moves:
        commit(store, decided(day, score, tier))

    assert told(store) == [
        (None, "92", "hot"),
        (2, "92.5", "hot"),
        (3, "92.5", "warm"),
        (4, "92", "hot"),
        (5, None, "none"),
    ]


def test_an_account_without_a_score_has_none_to_note(store: Store) -> None:
    """Until it gets one; and one that could not be weighed has not lost what it was."""
    commit(store, decided(0, None, Tier.NONE))
    assert told(store) == []

    commit(store, decided(1, 40, Tier.WATCHING))
    commit(store, replace(decided(2, 0, Tier.NONE), evidence={}))
    assert told(store) == [(None, "40", "watching")]


def test_one_row_an_account_and_run(store: Store) -> None:
    """Decided thrice in one moment, what it was before is noted once; in a run of many each account has its own."""
    ledger = SqlLedger(store)
    run = ledger.start_run("full", NOW)
    for score in (70, 71, 71):
        ledger.commit_decisions(run, [(decided(0, score, key=f"a-{n:04d}"), "fp") for n in range(1_200)], [])

    assert told(store, "a-0007") == [(None, "70", "hot"), (0, "71", "hot")]
    with store.read() as conn:
        assert conn.execute(select(func.count()).select_from(tables.scores)).scalar_one() == 1_200


def test_a_broken_transaction_notes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scores, decisions and outbox are committed together or not at all."""
    monkeypatch.setattr("connector.store.facts.append", _breaks)
    with pytest.raises(RuntimeError):
        commit(store, decided(0, 92))
    assert told(store) == []


def _breaks(*_: object) -> None:
    raise RuntimeError


def test_old_scores_go_and_the_newest_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `history_days`, but never the score an account has to this day."""
    monkeypatch.setattr("connector.store.retention.STEP", 2)
    for day, score in enumerate((10, 20, 30, 40)):
        commit(store, *(decided(day, score, key=f"a-{n}") for n in range(3)))

    assert forget(store, Retention(history_days=100), NOW + timedelta(days=102.5)) == 2 * 3
    assert told(store, "a-1") == [(None, "30", "hot"), (3, "40", "hot")]
    forget(store, Retention(history_days=100), NOW + timedelta(days=5_000))
    assert told(store, "a-1") == [(None, "40", "hot")]
