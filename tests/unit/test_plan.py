"""What is due: fingerprints that move with what is used and with nothing else, and plans made of them (D13, D26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from connector.mapping.reading import build
from connector.model import Record, Signal, WarehouseValue
from connector.plan import Basis, Known, Planned, decide_fingerprint, plan, plan_hash, wanted_fingerprint
from connector.planning import COMPARE, Plan, batched, planning
from connector.ports import Ledger, Warehouse
from tests.unit.mapping.files import COLUMNS, document

AT = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
PLAIN = build("plain", document(), COLUMNS)  # maps score and motion
TOLD = build("told", document({"T": {"from": "decision.tier", "merge": "warehouse_wins"}}), COLUMNS)
BASIS = Basis((PLAIN, TOLD), frozenset({"score", "employees"}), "definitions-1")
UNKNOWN = Known(None, {})


def record(key: str = "acme", **values: WarehouseValue) -> Record:
    usual: dict[str, WarehouseValue] = {"score": 87, "motion": "plg", "employees": 400, "industry": "retail"}
    return Record(key, {**usual, **values}, (Signal("limit_hit", AT, "quota"),))


def known(one: Record, basis: Basis = BASIS) -> Known:
    """What is remembered once the account was decided and delivered."""
    decide = decide_fingerprint(one, basis)
    return Known(decide, {m.name: wanted_fingerprint(one, m, decide) for m in basis.mappings})


def due(before: Record, after: Record, basis: Basis = BASIS) -> set[str] | None:
    """The mappings due after a change; None when the account is not planned at all."""
    planned = plan(after, known(before), basis)
    return set(planned.due) if planned else None


# --- fingerprints ----------------------------------------------------------------------------------


def test_new_account_is_due_everywhere() -> None:
    """An account nobody remembers is decided and written to every mapping."""
    planned = plan(record(), UNKNOWN, BASIS)

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
    planned = plan(record(employees=40), known(before), replace(BASIS, mappings=(PLAIN,)))

    assert planned is not None
    assert planned.due == frozenset()


def test_deferred_mapping_stays_due() -> None:
    """A mapping without a settled fingerprint is due, its neighbour is not."""
    settled = known(record())
    planned = plan(record(), Known(settled.decide, {**settled.wanted, "plain": ""}), BASIS)

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


# --- plans -----------------------------------------------------------------------------------------


class Rows:
    """A warehouse of given rows."""

    def __init__(self, rows: Sequence[Record]) -> None:
        self._rows = rows

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        yield self

    def records(self, keys: Sequence[str] | None = None) -> Iterator[Record]:
        return (row for row in self._rows if keys is None or row.key in keys)


class Remembers:
    """A ledger that knows some accounts' fingerprints."""

    def __init__(self, settled: Mapping[str, Known]) -> None:
        self._settled = settled

    def fingerprints(
        self, keys: Sequence[str], mappings: Sequence[str]
    ) -> tuple[Mapping[str, str], Mapping[str, Mapping[str, str]]]:
        found = {key: self._settled[key] for key in keys if key in self._settled}
        decided = {key: one.decide for key, one in found.items() if one.decide is not None}
        return decided, {name: {key: one.wanted[name] for key, one in found.items()} for name in mappings}


@contextmanager
def planned(
    rows: Sequence[Record],
    settled: Mapping[str, Known] | None = None,
    basis: Basis = BASIS,
    limit: int | None = None,
    keys: Sequence[str] | None = None,
) -> Iterator[Plan]:
    warehouse, ledger = cast("Warehouse", Rows(rows)), cast("Ledger", Remembers(settled or {}))
    with planning(warehouse, ledger, basis, limit, keys) as made:
        yield made


ROWS = [record(f"a-{number:04}") for number in range(COMPARE + 5)]


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


@pytest.mark.parametrize("limit", [0, 1, COMPARE, COMPARE + 2])
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
        assert made.hash == plan_hash(made.rows(), BASIS)
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
    settled = known(one)
    only_plain = Known(settled.decide, {**settled.wanted, "plain": ""})
    only_told = Known(settled.decide, {**settled.wanted, "told": ""})

    assert hash_of([one], settled={one.key: only_plain}) != hash_of([one], settled={one.key: only_told})


def test_batched() -> None:
    """Lists of at most so many, none empty, none lost."""
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(batched([], 2)) == []
