"""What is due: fingerprints that move with what is used and with nothing else, and plans made of them (D13, D26)."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from connector.comparing import MISSING_FOR
from connector.mapping.reading import build
from connector.model import ACCOUNTS, Known, Memory, Recipe, Record, Signal, WarehouseValue
from connector.plan import Basis, PlanHash, Planned, fingerprints, plan, plan_gone, recipes
from connector.planning import BATCH, Plan, planning
from connector.ports import Ledger, Warehouse
from connector.spool import batched
from tests.unit.mapping.files import COLUMNS, document

AT = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
PLAIN = build("plain", document(), COLUMNS)  # maps score and motion
TOLD = build("told", document({"T": {"from": "decision.tier", "merge": "warehouse_wins"}}), COLUMNS)
BASIS = Basis((PLAIN, TOLD), frozenset({"score", "employees"}), "definitions-1")


def record(key: str = "acme", **values: WarehouseValue) -> Record:
    usual: dict[str, WarehouseValue] = {"score": 87, "motion": "plg", "employees": 400, "industry": "retail"}
    return Record(key, {**usual, **values}, (Signal("limit_hit", AT, "quota"),))


def known(one: Record, basis: Basis = BASIS) -> Known:
    """What is remembered once the account was decided and delivered."""
    return Known(fingerprints(one, recipes(basis)), tuple(True for _ in basis.mappings))


def undone(one: Record, *names: str, basis: Basis = BASIS) -> Known:
    """The same, but these mappings were not settled."""
    settled = known(one, basis)
    left = [None if m.name in names else fp for m, fp in zip(basis.mappings, settled.fingerprints[1:], strict=True)]
    return settled._replace(fingerprints=(settled.fingerprints[0], *left))


def plan_of(one: Record, remembered: Known | None, basis: Basis = BASIS) -> Planned | None:
    return plan(one, fingerprints(one, recipes(basis)), remembered, basis)


def due(before: Record, after: Record, basis: Basis = BASIS) -> set[str] | None:
    """The mappings due after a change; None when the account is not planned at all."""
    planned = plan_of(after, known(before), basis)
    return set(planned.due) if planned else None


# --- fingerprints ----------------------------------------------------------------------------------


def test_new_account_is_due_everywhere() -> None:
    """An account nobody remembers is decided and written to every mapping."""
    planned = plan_of(record(), None)

    assert planned is not None
    assert planned.due == {"plain", "told"}


def test_unchanged_account_is_not_planned() -> None:
    """Nothing moved, nothing is due (invariant 3)."""
    assert due(record(), record()) is None


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("motion", "sales_led", {"plain"}),  # mapped, and no rule reads it
        ("employees", 40, {"told"}),  # a rule reads it, and only a decision field carries it on
        ("score", 88, {"plain", "told"}),  # both
        ("score", None, {"plain", "told"}),
        ("industry", "finance", None),  # neither
    ],
)
def test_a_column_makes_due_what_uses_it(column: str, value: WarehouseValue, expected: set[str] | None) -> None:
    """A mapping is due when a column it maps moves, or one its decisions are made from; never for any other."""
    before = record()

    assert due(before, replace(before, values={**before.values, column: value})) == expected


@pytest.mark.parametrize(
    "newer",
    [
        Signal("hand_raise", AT),
        Signal("limit_hit", AT + timedelta(seconds=1)),
    ],
)
def test_the_newest_signal_makes_decisions_due(newer: Signal) -> None:
    """A newer signal, or another kind, is decided anew and reaches decision fields only."""
    before = record()

    assert due(before, replace(before, signals=(newer,))) == {"told"}
    assert due(before, replace(before, signals=(newer, *before.signals))) == {"told"}
    assert due(before, replace(before, signals=())) == {"told"}


def test_a_changed_definition_redecides_everyone() -> None:
    """Another version of the rules makes every account's decision due (D13)."""
    assert due(record(), record(), replace(BASIS, decide_version="definitions-2")) == {"told"}


def test_a_changed_mapping_makes_that_mapping_due() -> None:
    """Another version of a mapping resends its accounts and no other mapping's."""
    changed = replace(BASIS, mappings=(replace(PLAIN, version="other"), TOLD))

    assert due(record(), record(), changed) == {"plain"}


def test_a_decision_without_fields_is_planned_too() -> None:
    """An account whose rules read something new is decided again even where no field is due."""
    before = record()
    alone = replace(BASIS, mappings=(PLAIN,))
    planned = plan_of(record(employees=40), known(before, alone), alone)

    assert planned is not None
    assert planned.due == frozenset()


def test_deferred_mapping_stays_due() -> None:
    """A mapping without a settled fingerprint is due, its neighbour is not."""
    planned = plan_of(record(), undone(record(), "plain"))

    assert planned is not None
    assert planned.due == {"plain"}


def test_order_means_nothing() -> None:
    """Columns in another order are the same row."""
    one = record()
    turned = replace(one, values=dict(reversed(list(one.values.items()))))

    assert known(turned) == known(one)


def test_values_do_not_run_into_each_other() -> None:
    """Moving a value to the neighbouring column is a change."""
    assert due(record(score="8", motion="7x"), record(score="87", motion="x")) == {"plain", "told"}
    assert due(record(motion=None), record(motion="None")) == {"plain"}


# --- where nothing is decided ----------------------------------------------------------------------

UNDECIDED = Basis((PLAIN,), frozenset(), None)


def test_where_nothing_is_decided_only_mappings_have_fingerprints() -> None:
    """One recipe per mapping, none that covers signals, and no fingerprint of a decision in the plan."""
    (recipe,) = recipes(UNDECIDED)
    planned = plan_of(record(), None, UNDECIDED)

    assert (recipe.columns, recipe.signals) == (("motion", "score"), False)
    assert planned is not None
    assert planned.decide_fp == ""
    assert planned.due == {"plain"}
    assert planned.wanted_fp == {"plain": fingerprints(record(), [recipe])[0]}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (record(), None),
        (record(employees=40), None),
        (replace(record(), signals=()), None),
        (record(score=88), {"plain"}),
    ],
)
def test_where_nothing_is_decided_mapped_columns_alone_are_due(after: Record, expected: set[str] | None) -> None:
    """What only decisions would read, signals included, makes nobody due."""
    planned = plan_of(after, known(record(), UNDECIDED), UNDECIDED)

    assert (planned.due if planned else None) == expected


def test_where_nothing_is_decided_a_vanished_account_is_cleared_once() -> None:
    """It is planned while its cleared fields are not settled, and not after (D22)."""
    basis = replace(VANISHING, decide_version=None)
    before = known(record(), basis)
    planned = plan_gone("acme", before, basis)

    assert planned is not None
    assert planned.due == {"clearing"}
    settled = before._replace(fingerprints=(before.fingerprints[0], planned.wanted_fp["clearing"]))
    assert plan_gone("acme", settled, basis) is None


# --- accounts that vanished ------------------------------------------------------------------------

CLEARS = {"from": "score", "merge": "warehouse_wins", "on_missing": "clear"}
CLEARING = build("clearing", document({"S": CLEARS}), COLUMNS)
VANISHING = Basis((PLAIN, CLEARING), frozenset(), "definitions-1")


def test_a_vanished_account_is_cleared_once() -> None:
    """Where the mapping clears and a record is known the account is planned, and never again once that is settled."""
    before = known(record(), VANISHING)
    planned = plan_gone("acme", before, VANISHING)

    assert planned is not None
    assert planned.due == {"clearing"}
    assert (planned.gone, planned.record) == (True, Record("acme", {}))
    cleared = (*before.fingerprints[:2], planned.wanted_fp["clearing"])
    assert plan_gone("acme", before._replace(fingerprints=cleared), VANISHING) is None


def test_a_vanished_account_that_is_back_is_due() -> None:
    """A row that returns as it was is written again, because its fields were cleared meanwhile."""
    one = record()
    before = known(one, VANISHING)
    cleared = plan_gone("acme", before, VANISHING)
    assert cleared is not None
    settled = before._replace(fingerprints=(*before.fingerprints[:2], cleared.wanted_fp["clearing"]))
    back = plan_of(one, settled, VANISHING)

    assert back is not None
    assert back.due == {"clearing"}


def test_a_vanished_account_without_a_record_costs_nothing() -> None:
    """What has no CRM record has nothing to clear."""
    assert plan_gone("acme", known(record(), VANISHING)._replace(linked=(True, False)), VANISHING) is None


@pytest.mark.parametrize(
    ("missing_for", "expected"),
    [(None, []), (MISSING_FOR - timedelta(seconds=1), []), (MISSING_FOR, ["b"])],
)
def test_three_days_pass_before_a_vanished_account_is_planned(
    missing_for: timedelta | None, expected: list[str]
) -> None:
    """Missing is noted at once and acted upon after three days, whatever is beside it in the warehouse (D22)."""
    rows = [record("a"), record("c")]
    settled = {row.key: known(row, VANISHING) for row in rows}
    since = None if missing_for is None else AT - missing_for
    settled["b"] = known(record("b"), VANISHING)._replace(missing_since=since)

    with planned(rows, settled, VANISHING) as made:
        assert keys_of(made.rows()) == expected
        assert (made.compared, list(made.sightings(10))) == (2, [(ACCOUNTS, ["b"], [])] if since is None else [])


def test_an_account_that_is_back_is_noted() -> None:
    """An account noted as missing and found again is reported back."""
    settled = {"a": known(record("a"))._replace(missing_since=AT)}

    with planned([record("a")], settled) as made:
        assert list(made.sightings(10)) == [(ACCOUNTS, [], ["a"])]


def test_an_empty_warehouse_says_nothing_about_anybody() -> None:
    """A warehouse without a row is one that is not loaded: nobody vanished."""
    settled = {"a": known(record("a"), VANISHING)._replace(missing_since=AT - 2 * MISSING_FOR)}

    with planned([], settled, VANISHING) as made:
        assert (made.compared, made.planned, list(made.sightings(10))) == (0, 0, [])


# --- plans -----------------------------------------------------------------------------------------


class Rows:
    """A warehouse of given rows."""

    mirror = None
    cursor = None

    def __init__(self, rows: Sequence[Record]) -> None:
        self._rows = rows

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        yield self

    def records(self, keys: Sequence[str] | None = None) -> Iterator[Record]:
        return (row for row in self._rows if keys is None or row.key in keys)

    def fingerprints(self, recipes: Sequence[Recipe], keys: Sequence[str] | None = None) -> None:
        return None


class Remembers:
    """A ledger that knows some accounts' fingerprints."""

    def __init__(self, settled: Mapping[str, Known]) -> None:
        self._settled = settled

    def known(
        self,
        mappings: Sequence[str],
        keys: Sequence[str] | None = None,
        *,
        decided: bool = True,
        source: str = ACCOUNTS,
    ) -> Iterator[tuple[str, Known]]:
        return iter([(key, one) for key, one in sorted(self._settled.items()) if keys is None or key in keys])

    def memories(self, mapping: str, keys: Sequence[str]) -> Mapping[str, Memory]:
        return {}


@contextmanager
def planned(
    rows: Sequence[Record],
    settled: Mapping[str, Known] | None = None,
    basis: Basis = BASIS,
    limit: int | None = None,
    keys: Sequence[str] | None = None,
) -> Iterator[Plan]:
    warehouse, ledger = cast("Warehouse", Rows(rows)), cast("Ledger", Remembers(settled or {}))
    with planning(warehouse, ledger, basis, AT, limit, keys) as made:
        yield made


ROWS = [record(f"a-{number:04}") for number in range(BATCH + 5)]


def keys_of(rows: Iterator[Planned]) -> list[str]:
    return [one.record.key for one in rows]


def test_only_what_moved_is_planned() -> None:
    """Every account is compared, those that moved are planned, in key order."""
    settled = {row.key: known(row) for row in ROWS if row.key not in ("a-0003", "a-1002")}

    with planned(ROWS, settled) as made:
        assert (made.compared, made.planned) == (len(ROWS), 2)
        assert keys_of(made.rows()) == ["a-0003", "a-1002"]


def test_rows_can_be_read_again() -> None:
    """A plan's rows are there as often as wanted, whole again after a reader stopped halfway (D26)."""
    with planned(ROWS[:3]) as made:
        next(made.rows())

        assert list(made.rows()) == list(made.rows())
        assert keys_of(made.rows()) == ["a-0000", "a-0001", "a-0002"]
        assert [len(chunk) for chunk in made.chunks(2)] == [2, 1]


def test_rows_keep_their_types() -> None:
    """What comes back from the spool is what the warehouse said, types included."""
    with planned([record(scored_at=AT)]) as made:
        (one,) = made.rows()

    assert one.record == record(scored_at=AT)


@pytest.mark.parametrize("limit", [0, 1, BATCH, BATCH + 2])
def test_limit_caps_what_is_planned(limit: int) -> None:
    """A limited plan holds the first accounts that moved, over all comparisons; the rest is compared and left."""
    with planned(ROWS, limit=limit) as made:
        assert (made.compared, made.planned) == (len(ROWS), limit)
        assert keys_of(made.rows()) == [row.key for row in ROWS[:limit]]


def test_keys_restrict_what_is_compared() -> None:
    """A plan for named accounts looks at no other."""
    with planned(ROWS, keys=["a-0002", "a-0004"]) as made:
        assert made.compared == 2
        assert keys_of(made.rows()) == ["a-0002", "a-0004"]


def hash_of(rows: Sequence[Record], basis: Basis = BASIS, settled: Mapping[str, Known] | None = None) -> str:
    with planned(rows, settled, basis) as made:
        return made.hash


def test_hash_is_stable() -> None:
    """Planning the same rows twice gives the same HASH, and the header's is that of its rows (D26)."""
    with planned(ROWS[:3]) as made:
        again = PlanHash(BASIS)
        for one in made.rows():
            again.add(one)
        assert made.hash == str(again)
    assert hash_of(ROWS[:3]) == hash_of(ROWS[:3])
    assert hash_of([record(industry="finance")]) == hash_of([record(industry="retail")])


def test_hash_is_sensitive() -> None:
    """Another row, value, definition or mapping is another plan (D26)."""
    hashes = [
        hash_of(ROWS[:3]),
        hash_of(ROWS[:2]),
        hash_of([]),
        hash_of([record("a-0000", score=88), *ROWS[1:3]]),
        hash_of(ROWS[:3], replace(BASIS, decide_version="definitions-2")),
        hash_of(ROWS[:3], replace(BASIS, mappings=(replace(PLAIN, version="other"), TOLD))),
    ]

    assert len(set(hashes)) == len(hashes)


def test_hash_tells_what_is_due() -> None:
    """Two plans over the same rows that write to different mappings are not one plan (D26)."""
    one = ROWS[0]
    only_plain, only_told = undone(one, "plain"), undone(one, "told")

    assert hash_of([one], settled={one.key: only_plain}) != hash_of([one], settled={one.key: only_told})


def test_a_planned_record_survives_the_disk_whole() -> None:
    """Plans wait on disk; what a row forgot there, its source above all, would send it where it does not belong."""
    moved = Planned(record(), "fp", {"people": "fp"}, frozenset({"people"}), gone=True, source="people")

    assert pickle.loads(pickle.dumps(moved)) == moved


def test_batched() -> None:
    """Lists of at most so many, none empty, none lost."""
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 2)) == []
