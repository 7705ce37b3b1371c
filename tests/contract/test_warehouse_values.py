"""What every warehouse makes of stored values, and of those that are not what was declared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connector.errors import WarehouseError
from connector.warehouse import Relations
from tests.contract.warehouses import (
    accounts,
    check,
    read,
    read_one,
)
from tests.databases import WAREHOUSES, Database, opened

JUNE = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(params=WAREHOUSES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind in turn."""
    with opened(request.param, tmp_path) as one:
        yield one


@pytest.mark.parametrize(
    ("declared", "literal", "expected"),
    [
        ("text", "'O''Brien & Söhne 😀'", "O'Brien & Söhne 😀"),
        ("text", "42", "42"),
        ("integer", "42", 42),
        ("integer", "42.0", 42),
        ("decimal", "92.5", Decimal("92.5")),
        ("decimal", "92", Decimal(92)),
        ("boolean", "1", True),
        ("boolean", "0", False),
        ("boolean", "'t'", True),
        ("boolean", "'False'", False),
        ("boolean", "TRUE", True),
        ("date", "'2026-06-01'", date(2026, 6, 1)),
        ("date", "'2026-06-01T23:30:00-02:00'", date(2026, 6, 2)),
        ("datetime", "'2026-06-01'", JUNE),
        ("datetime", "'2026-06-01T00:00:00Z'", JUNE),
        ("datetime", "'2026-06-01 00:00:00'", JUNE),
        ("datetime", "'2026-06-01T02:00:00.000+02:00'", JUNE),
        ("datetime", "'9999-12-31T23:59:59Z'", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("list", """'["sso", null, "audit log"]'""", ("sso", "audit log")),
        ("list", "'[]'", ()),
        ("date", "NULL", None),
        ("boolean", "NULL", None),
    ],
)
def test_values_are_decoded_by_declared_type(database: Database, declared: str, literal: str, expected: object) -> None:
    """What unmistakably says a value of the declared type becomes that value; check agrees."""
    relation = accounts(f"SELECT 'a' AS id, {literal} AS value", value=declared)

    value = read_one(database, relation)["value"]

    assert value == expected
    assert type(value) is type(expected) or isinstance(expected, Decimal)
    assert check(database, Relations(relation)) == []


@pytest.mark.parametrize(
    ("declared", "literal", "expected"),
    [
        ("date", "DATE '2026-06-01'", date(2026, 6, 1)),
        ("datetime", "DATE '2026-06-01'", JUNE),
        ("datetime", "TIMESTAMP '2026-06-01 00:00:00'", JUNE),
        ("datetime", "TIMESTAMPTZ '2026-06-01 02:00:00+02'", JUNE),
        ("list", "ARRAY['sso', 'audit log']", ("sso", "audit log")),
        ("list", """'["sso"]'::jsonb""", ("sso",)),
        ("text", "TRUE", "true"),
        ("text", "FALSE", "false"),
        ("text", "DATE '2026-06-01'", "2026-06-01"),
        ("date", "TIMESTAMPTZ '2026-06-01 23:30:00-02'", date(2026, 6, 2)),
        ("decimal", "1.5::double precision", 1.5),
        ("text", "'8a1f6f0e-0000-4000-8000-000000000001'::uuid", "8a1f6f0e-0000-4000-8000-000000000001"),
    ],
)
def test_native_types_of_postgresql(tmp_path: Path, declared: str, literal: str, expected: object) -> None:
    """Dates, arrays, JSON and UUIDs are read from PostgreSQL's own types."""
    with opened("postgresql", tmp_path) as database:
        relation = accounts(f"SELECT 'a' AS id, {literal} AS value", value=declared)

        assert read_one(database, relation)["value"] == expected
        assert check(database, Relations(relation)) == []


@pytest.mark.parametrize(
    ("declared", "literal", "expected"),
    [
        ("date", "DATE '2026-06-01'", date(2026, 6, 1)),
        ("datetime", "DATE '2026-06-01'", JUNE),
        ("datetime", "TIMESTAMP '2026-06-01 00:00:00'", JUNE),
        ("datetime", "TIMESTAMPTZ '2026-06-01 02:00:00+02'", JUNE),
        ("list", "['sso', 'audit log']", ("sso", "audit log")),
        ("list", """'["sso"]'::JSON""", ("sso",)),
        ("decimal", "1.5::DOUBLE", 1.5),
        ("integer", "2::HUGEINT", 2),
        ("text", "'8a1f6f0e-0000-4000-8000-000000000001'::UUID", "8a1f6f0e-0000-4000-8000-000000000001"),
    ],
)
def test_native_types_of_duckdb(tmp_path: Path, declared: str, literal: str, expected: object) -> None:
    """Dates, lists, JSON and UUIDs are read from DuckDB's own types."""
    with opened("duckdb", tmp_path) as database:
        relation = accounts(f"SELECT 'a' AS id, {literal} AS value", value=declared)

        assert read_one(database, relation)["value"] == expected
        assert check(database, Relations(relation)) == []


@pytest.mark.parametrize(
    ("declared", "stored", "literal", "expected"),
    [
        ("date", "DATE", "'2026-06-01'", date(2026, 6, 1)),
        ("datetime", "DATE", "'2026-06-01'", JUNE),
        ("datetime", "DATETIME(6)", "'2026-06-01 00:00:00'", JUNE),
        ("list", "JSON", """'["sso"]'""", ("sso",)),
        ("decimal", "DOUBLE", "1.5", 1.5),
        ("decimal", "DECIMAL(10, 2)", "1.50", Decimal("1.50")),
        ("boolean", "BOOLEAN", "TRUE", True),
        ("text", "VARCHAR(9)", "'audit log'", "audit log"),
    ],
)
def test_native_types_of_mariadb(tmp_path: Path, declared: str, stored: str, literal: str, expected: object) -> None:
    """Dates, JSON, numbers and truths are read from MariaDB's own types."""
    with opened("mariadb", tmp_path) as database:
        database.run(
            f"CREATE TABLE accounts (id TEXT, value {stored})", f"INSERT INTO accounts VALUES ('a', {literal})"
        )

        assert read_one(database, accounts(value=declared))["value"] == expected
        assert check(database, Relations(accounts(value=declared))) == []


@pytest.mark.parametrize("literal", ["'NaN'::numeric", "'Infinity'::float8", "'-Infinity'::float4"])
@pytest.mark.parametrize("declared", ["decimal", "integer"])
def test_numbers_that_are_none_pass_as_floats(tmp_path: Path, declared: str, literal: str) -> None:
    """NaN and the infinities do not stop a read; only mapping them does."""
    with opened("postgresql", tmp_path) as database:
        relation = accounts(f"SELECT 'a' AS id, {literal} AS value", value=declared)

        value = read_one(database, relation)["value"]

        assert isinstance(value, float)
        assert value != value or abs(value) == float("inf")  # noqa: PLR0124 (how NaN is told)
        assert check(database, Relations(relation)) == []


@pytest.mark.parametrize(
    ("declared", "literal", "shown"),
    [
        ("integer", "'many'", "many"),
        ("integer", "'12'", "12"),
        ("integer", "1.5", "1.5"),
        ("decimal", "'92,5'", "92,5"),
        ("boolean", "'maybe'", "maybe"),
        ("boolean", "2", "2"),
        ("date", "'05-06-2024'", "05-06-2024"),
        ("datetime", "'05-06-2024 10:00'", "05-06-2024 10:00"),
        ("datetime", "'yesterday'", "yesterday"),
        ("date", "'20260601'", "20260601"),
        ("list", "'sso, audit log'", "sso, audit log"),
        ("list", "12", "12"),
    ],
)
def test_a_wrong_value_is_named(database: Database, declared: str, literal: str, shown: str) -> None:
    """A value of another type is refused by relation, column, account and value: by check, and while reading.

    MariaDB does not tell a text of digits from a number: what check passes there is found while reading.
    """
    database.run(f"CREATE TABLE accounts AS SELECT 'acme' AS id, {literal} AS stage_date")
    relations = Relations(accounts(stage_date=declared))

    problems = check(database, relations)
    with pytest.raises(WarehouseError) as caught:
        read(database, relations)

    assert len(problems) == (0 if database.kind == "mariadb" and literal == "'12'" else 1)
    for message in (*problems, str(caught.value)):
        assert {
            word for word in ("accounts", "'stage_date'", declared, "'acme'", shown) if word not in message
        } == set()
        assert "in a query" in message


def test_a_long_wrong_value_is_shortened(database: Database) -> None:
    """A message stays readable whatever the column holds."""
    relation = accounts(f"SELECT 'acme' AS id, '{'x' * 5_000}' AS score", score="integer")

    with pytest.raises(WarehouseError) as caught:
        read(database, Relations(relation))

    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("declared", "literal"),
    [
        ("text", "'x'::bytea"),
        ("text", "'{}'::jsonb"),
        ("integer", "TRUE"),
        ("date", "42"),
        ("list", "'{}'::jsonb"),
    ],
)
def test_native_values_of_another_type(tmp_path: Path, declared: str, literal: str) -> None:
    """PostgreSQL's own types are not bent into what was declared, whatever else the row holds."""
    query = f"SELECT 'acme' AS id, NULL AS before, {literal} AS value"
    with opened("postgresql", tmp_path) as database:
        relations = Relations(accounts(query, before="text", value=declared))

        assert len(check(database, relations)) == 1
        with pytest.raises(WarehouseError, match="account 'acme': column 'value' is declared"):
            read(database, relations)


def test_a_moment_outside_the_calendar_is_named(database: Database) -> None:
    """A time that has no UTC instant is a wrong value, not a crash."""
    relation = accounts("SELECT 'acme' AS id, '9999-12-31T23:59:59-05:00' AS pql_at", pql_at="datetime")

    with pytest.raises(WarehouseError, match=r"'pql_at' is declared datetime, but .* outside the calendar"):
        read(database, Relations(relation))
