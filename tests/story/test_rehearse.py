"""A rehearsal of other definitions: who would change, compared with what is in force; nothing is written."""

from __future__ import annotations

from typing import Any

from connector.model import FactKind
from connector.rehearse import Rehearsal, everybody, rehearse
from connector.rules import definitions
from connector.rules.definitions import Definitions
from tests.story.house import Town
from tests.unit.rules.shipped import DECLARED, documents, shipped


def hotter(hot: int = 70, **more: Any) -> Definitions:
    """The shipped definitions with another threshold."""
    files = documents()
    files["rules"]["tiers"] |= {"hot": hot, "rearm_below": min(hot, 70)}
    files["rules"] |= more
    return definitions.build(files, DECLARED)


def rehearsed(town: Town, instead: Definitions) -> Rehearsal:
    """What the other definitions would do."""
    with everybody(town.warehouse) as accounts:
        return rehearse(town.house(), accounts, instead, lambda: town.now, lambda _: None)


def told(found: Rehearsal) -> list[tuple[str, str, str, bool]]:
    """Each change: account, tiers, routes, and whether it comes anyway."""
    return [
        (one.account, f"{one.before.tier}-{one.after.tier}", f"{one.before.route}-{one.after.route}", one.anyway)
        for one in found.changes
    ]


def settled(town: Town) -> Town:
    """A Warm account just below Hot, one far below, and a Hot one; synced."""
    town.accounts("near", "warm", "hot")
    town.product("near", score=75)
    town.product("warm", score=55)
    town.product("hot", score=95)
    return town.settled()


def test_who_would_change_is_listed(town: Town) -> None:
    """Route, owner and tier before and after, with the counts of every rule."""
    found = rehearsed(settled(town), hotter())

    assert told(found) == [("near", "warm-hot", "assign_sdr-assign_ae", False)]
    (change,) = found.changes
    assert change.before.owner != change.after.owner
    assert found.rules()[0] in [("hot-enterprise-size", 1, 2), ("warm-mid-market", 2, 1)]
    assert (found.accounts, sum(found.before.values()), sum(found.after.values())) == (3, 3, 3)


def test_the_same_definitions_change_nobody(town: Town) -> None:
    """And so do others that mean the same for everyone here."""
    assert told(rehearsed(settled(town), shipped())) == []
    assert told(rehearsed(town, hotter(79))) == []


def test_nothing_is_written_or_remembered(town: Town) -> None:
    """No write to a CRM, no decision, no fact, no run, no memory."""
    settled(town)
    before = (town.facts(), town.run(), town.memory("near"), town.ledger.decisions(["near"]))
    rehearsed(town, hotter())

    assert [town.sent(crm) for crm in town.crms] == [[], []]
    assert (town.facts(), town.run(), town.memory("near"), town.ledger.decisions(["near"])) == before


def test_the_crms_are_asked_now(town: Town) -> None:
    """An SQL that came since the last sync decides the rehearsal, and would decide the next sync all the same."""
    settled(town)
    town.tell("hot", FactKind.SQL, "00Q1")

    assert told(rehearsed(town, hotter())) == [
        ("hot", "hot-hot", "assign_ae-fyi_owner", True),
        ("near", "warm-hot", "assign_sdr-assign_ae", False),
    ]


def test_what_moved_in_the_product_is_told_apart(town: Town) -> None:
    """An account that changes with the present definitions as well is marked."""
    settled(town)
    town.product("warm", score=20)

    assert told(rehearsed(town, hotter()))[-1] == ("warm", "warm-none", "assign_sdr-none", True)


def test_an_account_never_decided_is_compared_with_what_is_declared_now(town: Town) -> None:
    """It has no decision in force: the present files stand for it."""
    settled(town)
    town.accounts("fresh")
    town.product("fresh", score=75)

    assert ("fresh", "warm-hot", "assign_sdr-assign_ae", False) in told(rehearsed(town, hotter()))


def test_a_staged_rollout_can_be_rehearsed(town: Town) -> None:
    """Another owner is a change, and so is none."""
    found = rehearsed(settled(town), hotter(80, enabled_segments=["enterprise"]))

    assert {one.after.rule for one in found.changes} == {"segment-not-enabled"}
    assert {one.after.owner for one in found.changes} == {None}


def test_edits_cost_no_question_who_made_them(town: Town) -> None:
    """Fields are not looked at: who edited one is not asked."""
    settled(town)
    town.edit("near", motion="plg")
    town.product("near", score=75, motion="sales_led")
    town.forget_calls()
    rehearsed(town, hotter())

    assert all(crm.calls.get("authors", 0) == 0 for crm in town.crms.values())
