"""Fingerprints a warehouse computes itself: they move whenever a record does, and plans made of them are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import WarehouseError
from connector.model import Recipe
from connector.warehouse import Relation, Relations, SqlWarehouse
from tests.contract.warehouses import SIGNALS, SIGNALS_TABLE, accounts, read, signal
from tests.databases import Database, opened

TYPES = {
    "name": ("TEXT", "text"),
    "score": ("DOUBLE PRECISION", "decimal"),
    "acv": ("NUMERIC", "decimal"),
    "seats": ("BIGINT", "integer"),
    "paid": ("BOOLEAN", "boolean"),
    "day": ("DATE", "date"),
    "at": ("TIMESTAMPTZ", "datetime"),
    "tags": ("TEXT[]", "list"),
    "more": ("JSON", "list"),
}
TABLE = f"CREATE TABLE accounts (id TEXT, {', '.join(f'{name} {stored}' for name, (stored, _) in TYPES.items())})"
COLUMNS = tuple(TYPES)
ROWS = Recipe("version1", COLUMNS, signals=False)
TOLD = Recipe("version2", ("score",), signals=True)
RELATIONS = Relations(accounts(**{name: declared for name, (_, declared) in TYPES.items()}), SIGNALS)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A PostgreSQL with empty accounts and signals."""
    with opened("postgresql", tmp_path) as one:
        one.run(TABLE, SIGNALS_TABLE)
        yield one


def prints(
    database: Database,
    *recipes: Recipe,
    relations: Relations = RELATIONS,
    keys: list[str] | None = None,
    kinds: Mapping[str, str] | None = None,
) -> dict[str, tuple[str, ...]]:
    with SqlWarehouse(database.url, relations, kinds).reading() as reading:
        return dict(reading.fingerprints(recipes or (ROWS, TOLD), keys))


def put(database: Database, key: str = "acme", **values: Any) -> None:
    """The account's only row from now on."""
    database.run(f"DELETE FROM accounts WHERE id = '{key}'")
    database.insert("accounts", [{"id": key, **dict.fromkeys(TYPES), **values}])


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
rows = st.fixed_dictionaries({
    "name": st.none() | st.sampled_from(["", " ", "null", "NULL", "(,)", "é", "e\u0301", "😀", '"', "\\"]) | texts,
    "score": st.none() | st.floats(),
    "acv": st.sampled_from([None, "NaN", "0", "0.00", "1.5", "1.50", "-1.5", "1e30", "123456789012345678.9"]),
    "seats": st.none() | st.integers(-(2**63), 2**63 - 1),
    "paid": st.none() | st.booleans(),
    "day": st.none() | st.sampled_from(["2026-06-01", "0001-01-01", "9999-12-31"]),
    "at": st.none() | st.sampled_from(["2026-06-01T00:00:00Z", "2026-06-01T02:00+02", "2026-06-01T00:00:00.000001Z"]),
    "tags": st.none() | st.lists(texts, max_size=2),
    "more": st.none() | st.sampled_from(["[]", '["sso"]', '["sso", "x"]']),
})  # fmt: skip


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=2, max_size=12))
def test_what_differs_has_different_fingerprints(database: Database, several: list[dict[str, Any]]) -> None:
    """Rows with one fingerprint are one record to us: nulls, Unicode, floats and instants included (D28)."""
    database.run("DELETE FROM accounts")
    database.insert("accounts", [{"id": f"a-{number}", **row} for number, row in enumerate(several)])
    found, told = prints(database), dict[str, set[str]]()
    for record in read(database, RELATIONS):
        said = repr([value for name, value in record.values.items() if name != "key"])
        told.setdefault(found[record.key][0], set()).add(said)

    assert [said for said in told.values() if len(said) > 1] == []


def test_only_the_columns_of_a_recipe_count(database: Database) -> None:
    """Another column may move without a move of the fingerprint; what is not declared counts for nothing."""
    recipe = Recipe("v", ("score", "unknown"), signals=False)
    put(database, score=1.5, name="a")
    before = prints(database, recipe)
    put(database, score=1.5, name="b")

    assert prints(database, recipe) == before
    put(database, score=2.5)
    assert prints(database, recipe) != before


def test_another_column_that_is_declared_moves_nothing(database: Database) -> None:
    """Nor does another type of it: nobody is planned anew for what no recipe covers (D41)."""
    put(database, score=1.5)
    recipe, columns = Recipe("v", ("score",), signals=True), RELATIONS.accounts.columns
    fewer = {name: column for name, column in columns.items() if name in ("key", "score")}
    for others in (fewer, {**columns, "seats": columns["acv"]}):
        assert prints(database, recipe, relations=Relations(Relation("accounts", others), SIGNALS)) == prints(
            database, recipe
        )


def test_signals_count_where_the_recipe_says_so(database: Database) -> None:
    """Another kind, another time or one more signal moves the decision's fingerprint, and no other."""
    put(database)
    seen = [prints(database)["acme"]]
    for change in (
        "INSERT INTO signals VALUES ('acme', 'limit_hit', '2026-06-01')",
        "UPDATE signals SET occurred_at = '2026-06-02'",
        "UPDATE signals SET kind = 'hand_raise'",
        "INSERT INTO signals VALUES ('acme', 'hand_raise', '2026-06-02')",
    ):
        database.run(change)
        seen.append(prints(database)["acme"])
    database.insert("signals", [signal("other", "limit_hit", "2026-06-03")])

    assert len({told for _, told in seen}) == len(seen)
    assert len({row for row, _ in seen}) == 1
    assert prints(database)["acme"] == seen[-1]


def test_what_a_row_means_is_part_of_it(database: Database) -> None:
    """Another version, declared type or meaning of a signal's word is another fingerprint of the same row."""
    put(database, seats=1)
    relation = Relation("accounts", {**RELATIONS.accounts.columns, "seats": RELATIONS.accounts.columns["acv"]})
    found = [
        prints(database, ROWS),
        prints(database, Recipe("version9", COLUMNS, signals=False)),
        prints(database, ROWS, relations=Relations(relation, SIGNALS)),
        prints(database, ROWS, kinds={"quota": "limit_hit"}),
    ]

    assert len({one["acme"] for one in found}) == len(found)
    assert found[0]["acme"][0].startswith("version1")


def test_accounts_come_in_byte_order_all_or_those_asked_for(database: Database) -> None:
    """In the order of records (D28), keyed by their text."""
    for key in ("a", "B", "ä", "_", "10", "9"):
        put(database, key)

    assert list(prints(database)) == sorted(["a", "B", "ä", "_", "10", "9"], key=str.encode)
    assert list(prints(database, keys=["ä", "B", "none"])) == ["B", "ä"]


@pytest.mark.parametrize("keys", [["a", "a"], ["a", ""], ["a", None]])
def test_missing_and_repeated_keys_are_refused(database: Database, keys: list[str | None]) -> None:
    """As they are when records are read (A1)."""
    database.insert("accounts", [{"id": key} for key in keys])

    with pytest.raises(WarehouseError, match="account key"):
        prints(database)


@pytest.mark.parametrize("kind", ["sqlite", "mariadb", "duckdb"])
def test_a_database_without_such_a_hash_is_hashed_here(kind: str, tmp_path: Path) -> None:
    """From rows as they are stored: what a recipe covers moves its fingerprint, null and blank and 0 apart."""
    relations = Relations(accounts(name="text", score="decimal"), SIGNALS)
    name, told = Recipe("version1", ("name",), signals=False), Recipe("version2", ("unknown",), signals=True)
    with opened(kind, tmp_path) as database:
        database.run("CREATE TABLE accounts (id TEXT, name TEXT, score DOUBLE PRECISION)", SIGNALS_TABLE)
        database.run("INSERT INTO accounts VALUES ('acme', 'a', 1)")
        seen = [prints(database, name, told, relations=relations)["acme"]]
        for change in (
            "UPDATE accounts SET score = 2",
            "UPDATE accounts SET name = NULL",
            "UPDATE accounts SET name = ''",
            "UPDATE accounts SET name = '0'",
            "INSERT INTO signals VALUES ('acme', 'limit_hit', '2026-06-01', NULL, NULL)",
            "UPDATE signals SET occurred_at = '2026-06-02'",
            "INSERT INTO signals VALUES ('other', 'limit_hit', '2026-06-02', NULL, NULL)",
        ):
            database.run(change)
            seen.append(prints(database, name, told, relations=relations)["acme"])

    names, signals = zip(*seen, strict=True)
    assert [before == after for before, after in pairwise(names)] == [True, False, False, False, True, True, True]
    assert [before == after for before, after in pairwise(signals)] == [True, True, True, True, False, False, True]
    assert {len(one) for one in (*names, *signals)} == {len("version1") + 20}


def test_a_read_of_fingerprints_may_be_left_half_way(database: Database) -> None:
    """Stopping after the first leaves nothing open."""
    database.insert("accounts", [{"id": f"{number:05}"} for number in range(3_000)])

    with SqlWarehouse(database.url, RELATIONS).reading() as reading:
        key, _ = next(iter(reading.fingerprints([ROWS])))

    assert key == "00000"


def test_an_empty_relation_has_no_fingerprints(database: Database) -> None:
    """Nothing is told of nobody."""
    assert prints(database) == {}
