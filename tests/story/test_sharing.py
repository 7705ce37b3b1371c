"""Pools shared by room, run after run: whose turn it is hangs on what everybody has by then (D14, D43)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta

import pytest

from connector.model import Decision, FactKind, Route
from connector.planning import planning
from connector.prepare import prepare
from connector.rules import definitions
from connector.rules.definitions import Definitions
from tests.story.house import SALESFORCE, Town
from tests.unit.rules.shipped import DECLARED, SDRS, documents, fact

SDR_1, SDR_2 = sorted(SDRS)
MANAGER = "sales-manager-1@workspace.example"
KEYS = [f"a-{number:02}" for number in range(12)]


def staffed(**people: dict[str, object]) -> Definitions:
    """The shipped files, with some lines of these people changed; names as sdr_1."""
    files = documents()
    for name, changes in people.items():
        files["people"]["people"][f"{name.replace('_', '-')}@workspace.example"] |= changes
    return definitions.build(files, DECLARED)


def owners(town: Town, *keys: str) -> Counter[str | None]:
    """How many of these accounts each has by the stored decisions."""
    return Counter(one.routed_to for one in decisions(town, *keys).values())


def decisions(town: Town, *keys: str) -> dict[str, Decision]:
    return dict(town.ledger.decisions(keys or KEYS))


@pytest.fixture
def warm(town: Town) -> Town:
    """Twelve Warm accounts of 400 employees, which are the SDRs' to share, before the first sync."""
    town.accounts(*KEYS)
    return town


def test_without_a_capacity_the_pool_shares_all(warm: Town) -> None:
    """Two SDRs, twelve accounts, nobody else."""
    warm.sync()

    assert set(owners(warm)) == SDRS


def test_a_run_gives_nobody_more_than_they_have_room_for(warm: Town) -> None:
    """Accounts of one chunk count as they are given, in key order; what nobody has room for is the fallback's."""
    warm.definitions = staffed(sdr_1={"capacity": 3}, sdr_2={"capacity": 4})
    warm.sync()

    assert owners(warm) == {SDR_1: 3, SDR_2: 4, MANAGER: 5}
    flagged = {key for key, one in decisions(warm).items() if "pool_full" in one.flags}
    assert flagged == {key for key, one in decisions(warm).items() if one.routed_to == MANAGER} == set(KEYS[-5:])


def test_what_earlier_runs_gave_counts(warm: Town) -> None:
    """An account that comes a day later meets the room that is left."""
    warm.definitions = staffed(sdr_1={"capacity": 3}, sdr_2={"capacity": 9})
    warm.sync()
    warm.later(days=1)
    warm.accounts("z-1", "z-2")
    warm.sync()

    assert owners(warm) == {SDR_1: 3, SDR_2: 9}
    assert owners(warm, "z-1", "z-2") == {MANAGER: 2}


def test_a_capacity_set_later_moves_nobody(warm: Town) -> None:
    """Every account is decided anew, and stays; only who comes after it meets the limit."""
    warm.sync()
    before = decisions(warm)
    warm.later(days=1)
    warm.definitions = staffed(sdr_1={"capacity": 0}, sdr_2={"capacity": 1})
    for key in KEYS:
        warm.product(key, score=61)
    warm.accounts("z-1")
    warm.sync()

    assert {key: one.routed_to for key, one in decisions(warm).items()} == {
        k: one.routed_to for k, one in before.items()
    }
    assert owners(warm, "z-1") == {MANAGER: 1}


def test_room_that_comes_free_is_used(warm: Town) -> None:
    """An account that cools down gives its place to the next; what waited at the fallback moves to the pool."""
    warm.definitions = staffed(sdr_1={"capacity": 3}, sdr_2={"capacity": 3})
    warm.sync()
    mine = next(key for key, one in decisions(warm).items() if one.routed_to == SDR_1)
    warm.later(days=1)
    warm.product(mine, score=10)
    warm.sync()
    warm.later(days=1)
    waiting = KEYS[-1]
    warm.product(waiting, score=62)
    warm.sync()

    assert decisions(warm)[waiting].routed_to == SDR_1
    assert "pool_full" not in decisions(warm)[waiting].flags


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(warm: Town, seed: int) -> None:
    """A chunk is decided in key order however it comes: the same accounts go to the same people."""
    warm.definitions = staffed(sdr_1={"capacity": 3}, sdr_2={"capacity": 4})
    with planning(warm.warehouse, warm.ledger, warm.basis, warm.now) as plan:
        chunk = list(plan.rows())
    shuffled = random.Random(seed).sample(chunk, len(chunk))

    one, other = (prepare(warm.house(), some, warm.now) for some in (chunk, shuffled))

    assert one.decisions == other.decisions
    assert sorted(fact.dedupe_key for fact in one.outbox) == sorted(fact.dedupe_key for fact in other.outbox)


def test_people_who_come_to_a_pool_move_nobody(warm: Town) -> None:
    """A third SDR gets new accounts only."""
    warm.sync()
    before = {key: one.routed_to for key, one in decisions(warm).items()}
    files = documents()
    files["people"]["people"]["sdr-3@workspace.example"] = {"name": "SDR 3", "role": "sdr"}
    files["people"]["pools"]["sdr"].append("sdr-3@workspace.example")
    warm.definitions = definitions.build(files, DECLARED)
    warm.later(days=1)
    new = [f"z-{number}" for number in range(9)]
    warm.accounts(*new)
    warm.sync()

    assert {key: one.routed_to for key, one in decisions(warm).items()} == before
    assert owners(warm, *new)["sdr-3@workspace.example"] > 0


def test_after_a_leave_everybody_has_their_own_again(warm: Town) -> None:
    """While SDR 1 is away the other has all; a day after it, each has what they had."""
    warm.sync()
    before = {key: one.routed_to for key, one in decisions(warm).items()}
    warm.definitions = staffed(sdr_1={"away_until": warm.now.date() + timedelta(days=1)})
    warm.later(hours=1)
    for key in KEYS:
        warm.product(key, score=61)
    warm.sync()
    assert owners(warm) == {SDR_2: 12}

    warm.later(days=2)
    for key in KEYS:
        warm.product(key, score=62)
    warm.sync()
    assert {key: one.routed_to for key, one in decisions(warm).items()} == before


def test_after_an_sql_that_came_to_nothing_the_account_goes_back(warm: Town) -> None:
    """Who would have had it without the SQL has it again: what the counterfactual said."""
    warm.definitions = staffed(sdr_1={"capacity": 6}, sdr_2={"capacity": 6})
    warm.sync()
    before = decisions(warm)["a-05"].routed_to
    warm.crms[SALESFORCE].facts["a-05"] = (fact(FactKind.SQL, owner="ae-1", at=warm.now),)
    warm.later(days=1)
    warm.product("a-05", score=61)
    warm.sync()
    beside = decisions(warm)["a-05"]
    assert (beside.route, beside.routed_to) == (Route.FYI_OWNER, "ae-1@workspace.example")
    assert beside.counterfactual is not None
    assert beside.counterfactual.routed_to == before

    warm.crms[SALESFORCE].facts["a-05"] = ()
    warm.later(days=1)
    warm.product("a-05", score=62)
    warm.sync()
    assert decisions(warm)["a-05"].routed_to == before
