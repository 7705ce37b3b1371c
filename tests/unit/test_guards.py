"""What a plan may do without a person's word, and what it says when it may not (D25, D26)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from connector.errors import RefusedPlanError
from connector.guards import Guarded, Guards, Watch, problems, require_approved
from connector.mapping.fields import ObjectMapping
from connector.mapping.reading import build
from connector.model import Memory, Record, WarehouseValue
from connector.plan import Planned
from tests.unit.mapping.files import COLUMNS, document

DUE = frozenset({"accounts"})


def mapped(fields: dict[str, Any] | None = None, **head: Any) -> ObjectMapping:
    return build("accounts", document(fields, **head), COLUMNS)


def planned(key: str, gone: bool = False, **values: WarehouseValue) -> Planned:
    usual: dict[str, WarehouseValue] = {"score": 87, "motion": "plg", "name": "005A"}
    return Planned(Record(key, {} if gone else {**usual, **values}), "", {}, DUE, gone)


def watched(mapping: ObjectMapping, *rows: Planned, memories: Mapping[str, Memory] | None = None) -> Guarded:
    """What the guards count of these rows."""
    watch = Watch()
    watch.add(mapping, watch.doubtful(mapping, rows), memories or {})
    return watch.counts["accounts"]


def holds(key: str, **written: Any) -> dict[str, Memory]:
    return {key: Memory(key, record_id="001", written=written)}


# --- counting --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "creates"), [("update_only", 0), ("upsert", 1), ("create_only", 1)])
def test_creates_are_accounts_without_a_remembered_record(mode: str, creates: int) -> None:
    """Only a mapping that may create does, and only for accounts no record is remembered of."""
    counted = watched(mapped(mode=mode), planned("new"), planned("old"), memories=holds("old"))

    assert (counted.records, counted.creates) == (2, creates)


@pytest.mark.parametrize("blank", [None, "", ()])
def test_clears_are_blank_columns_where_we_wrote_something(blank: WarehouseValue) -> None:
    """A blank column clears what we last wrote; one that is blank, or unticked, or skips nulls, loses nothing."""
    row = planned("a", score=blank, motion=None)

    assert watched(mapped(), row, memories=holds("a", PLS_Score__c=87)).clears == 1
    assert watched(mapped(), row, memories=holds("a", PLS_Score__c=None, PLS_Motion__c="plg")).clears == 0
    assert watched(mapped(), row, memories=holds("a", PLS_Score__c=False)).clears == 0
    assert watched(mapped(), row, memories=holds("a", PLS_Score__c=0)).clears == 1
    assert watched(mapped(), planned("a"), memories=holds("a", PLS_Score__c=87)).clears == 0


@pytest.mark.parametrize(("merge", "clears"), [("warehouse_wins", 1), ("never_clear", 0), ("fill_blank", 0)])
def test_a_policy_that_never_clears_is_not_counted(merge: str, clears: int) -> None:
    """What the merge would keep is no clear."""
    fields = {"S": {"from": "score", "merge": merge, "on_null": "clear"}}

    assert watched(mapped(fields), planned("a", score=None), memories=holds("a", S=1)).clears == clears


def test_a_vanished_account_clears_and_creates_nothing() -> None:
    """An account the warehouse no longer has counts as a clear where fields say so, never as a create (D22)."""
    fields = {"S": {"from": "score", "merge": "warehouse_wins", "on_missing": "clear"}}
    counted = watched(mapped(fields, mode="upsert"), planned("a", gone=True), memories=holds("a", S=1))

    assert (counted.creates, counted.clears) == (0, 1)


@pytest.mark.parametrize("owner", ["OwnerId", "hubspot_owner_id"])
def test_owner_changes_are_owners_other_than_ours(owner: str) -> None:
    """Another owner than the one we put there is a change; the same, or none, is not."""
    mapping = mapped({owner: {"from": "name", "merge": "warehouse_wins"}})

    assert watched(mapping, planned("a"), memories=holds("a", **{owner: "005B"})).owner_changes == 1
    assert watched(mapping, planned("a"), memories=holds("a", **{owner: "005A"})).owner_changes == 0
    assert watched(mapping, planned("a", name=None), memories=holds("a", **{owner: "005B"})).owner_changes == 0


def test_an_owner_a_decision_will_name_counts() -> None:
    """Whom a decision names is not known before it is made: each planned record may change hands."""
    mapping = mapped({"OwnerId": {"from": "decision.routed_to", "merge": "warehouse_wins"}})

    assert watched(mapping, planned("a"), planned("b"), memories=holds("a", OwnerId="005A")).owner_changes == 2


def test_updates_are_unguarded() -> None:
    """A mapping that only updates needs no memory to be judged: scores move daily."""
    watch = Watch()

    assert watch.doubtful(mapped(), [planned(f"a-{n}", score=n) for n in range(100)]) == []
    assert watch.counts["accounts"].records == 100


# --- judging ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        (Guarded(records=60, creates=50), ""),
        (Guarded(records=60, creates=51), "up to 51 records would be created, more than 50"),
        (Guarded(records=100, clears=5), ""),
        (Guarded(records=100, clears=6), "6 records would lose a value, 6% of the 100 planned, more than 5%"),
        (Guarded(records=19, clears=19), ""),
        (Guarded(records=20, clears=2), "2 records would lose a value"),
        (Guarded(records=100, owner_changes=25), ""),
        (Guarded(records=100, owner_changes=26), "up to 26 records would change their owner, more than 25"),
    ],
)
def test_thresholds(counted: Guarded, told: str) -> None:
    """Creates beyond 50, clears beyond 5 % of at least 20, owner changes beyond 25 are named with count and limit."""
    found = problems({"accounts": counted}, Guards())

    assert len(found) == bool(told)
    assert told in "".join(found)


ABSURD = {"accounts": Guarded(records=60, creates=60)}
SOUND = {"accounts": Guarded(records=60)}


def test_a_sound_plan_needs_no_word() -> None:
    """Within its guards a plan is applied without asking."""
    require_approved("abc", SOUND, Guards(), None)


def test_an_absurd_plan_is_refused_with_the_way_out() -> None:
    """Beyond its guards it is refused, with its HASH and the command that applies it."""
    with pytest.raises(RefusedPlanError, match=r"(?s)created.*plsync sync --plan abc"):
        require_approved("abc", ABSURD, Guards(), None)


def test_a_person_may_approve_exactly_this_plan() -> None:
    """With its own HASH an absurd plan is applied."""
    require_approved("abc", ABSURD, Guards(), "abc")


@pytest.mark.parametrize("counts", [ABSURD, SOUND])
def test_another_plan_than_the_approved_is_refused(counts: Mapping[str, Guarded]) -> None:
    """A plan that moved since it was approved is not applied, absurd or not (D26)."""
    with pytest.raises(RefusedPlanError, match=re.escape("it is abc now, not old")):
        require_approved("abc", counts, Guards(), "old")
