"""What people ask a warehouse, on every database: funnels of some accounts, accounts by the beginning of their name."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.funnel.metrics import default_funnels
from connector.funnel.periods import Period
from connector.lookup import Found, look_up
from connector.measure import measure
from connector.ports import Named, Only, Within
from connector.warehouse import Relations, SqlWarehouse
from tests.contract.warehouses import accounts
from tests.databases import WAREHOUSES, Database, opened

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))
OVER = Period(JUNE, JULY, MAY, JUNE)
ALL = {"name": "text", "employees": "integer", "owner_email": "text", "signup_at": "date", "scored_at": "datetime"}
COLUMNS = "id VARCHAR(40), name VARCHAR(40), employees INTEGER, owner_email VARCHAR(40)"


@pytest.fixture(params=WAREHOUSES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with opened(request.param, tmp_path) as found:
        found.run(f"CREATE TABLE accounts ({COLUMNS}, signup_at VARCHAR(40), scored_at VARCHAR(40))")
        found.insert("accounts", [row(*each) for each in ROWS])
        yield found


ROWS = (
    ("a", "Acme", 49, "AE-1@workspace.example", "2026-06-01"),
    ("b", "acme corp", 50, "ae-1@workspace.example", "2026-06-30"),
    ("c", "Acme 100%", 499, "ae-2@workspace.example", "2026-06-15"),
    ("d", "Acme_x", 500, None, "2026-05-31"),
    ("e", "Brass", None, "ae-1@workspace.example", "2026-06-02"),
)


def row(key: str, name: str, employees: int | None, owner: str | None, signup: str) -> dict[str, object]:
    return {
        "id": key,
        "name": name,
        "employees": employees,
        "owner_email": owner,
        "signup_at": signup,
        "scored_at": f"{signup}T08:00:00Z",
    }


def warehouse(database: Database, **types: str) -> SqlWarehouse:
    return SqlWarehouse(database.url, Relations(accounts(**(types or ALL))))


@pytest.mark.parametrize(
    ("only", "now", "before"),
    [
        ((), 4, 1),
        ((Within("employees", 50, 500),), 2, 0),
        ((Within("employees", 500),), 0, 1),
        ((Within("employees", below=1, unknown=True),), 1, 0),
        ((Named("owner_email", "ae-1@WORKSPACE.example"),), 3, 0),
        ((Within("employees", 1, 50), Named("owner_email", "ae-1@workspace.example")), 1, 0),
    ],
)
def test_a_funnel_counts_whose_accounts_were_asked_for(
    database: Database, only: tuple[Only, ...], now: int, before: int
) -> None:
    """Half-open ranges of employees, those of unknown size, owners whatever the case; now and in the time before."""
    report = measure(warehouse(database), default_funnels()["plg"], OVER, only)
    assert report.before is not None
    assert (report.steps[0].count, report.before.steps[0].count) == (now, before)
    assert report.scored_at == datetime(2026, 6, 30, 8, tzinfo=UTC)


def test_what_is_not_declared_cannot_narrow(database: Database) -> None:
    """Not configured is not 0 (D45); nor is it everybody."""
    report = measure(
        warehouse(database, signup_at="date"), default_funnels()["plg"], OVER, [Named("owner_email", "x@y.example")]
    )
    assert [step.count for step in report.steps] == [None] * 4
    assert report.scored_at is None


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ("b", ["b"]),  # its key, though a name begins so
        ("ACME", ["a"]),  # exactly its name
        ("acm", ["a", "b", "c", "d"]),
        ("acme 1", ["c"]),
        ("acme_", ["d"]),  # no wildcard
        ("%", []),
        ("acme 100%", ["c"]),
        ("'; DROP TABLE accounts; --", []),
    ],
)
def test_an_account_is_found_as_people_name_it(database: Database, asked: str, keys: list[str]) -> None:
    """By key, else by name, else by how the name begins; whatever is typed is text."""
    assert [one.key for one in look_up(warehouse(database), asked)] == keys


def test_names_that_are_not_declared_find_nothing(database: Database) -> None:
    """The key still does, and stands for the name."""
    nameless = warehouse(database, signup_at="date")
    assert look_up(nameless, "acme") == []
    assert look_up(nameless, "a") == [Found("a", "a")]


def test_no_more_are_listed_than_asked_for(database: Database) -> None:
    """In key order."""
    assert [one.key for one in look_up(warehouse(database), "a", most=2)] == ["a"]
    assert [one.key for one in look_up(warehouse(database), "acm", most=2)] == ["a", "b"]


# -------------------------------------------------------------------------------------------- accounts by their dates


@pytest.fixture
def dated(database: Database) -> Database:
    """The accounts with a second date and a text beside it."""
    database.run(
        "CREATE TABLE dated (id VARCHAR(40), signup_at VARCHAR(40), activated_at VARCHAR(40), note VARCHAR(9))"
    )
    rows = (
        ("a", "2026-06-01", None, "x"),
        ("b", "2026-05-31T23:59:59Z", "2026-06-30T23:59:59Z", None),
        ("c", "2026-07-01T00:30:00+02:00", None, ""),  # still June in UTC
        ("d", "2026-07-01", "2026-05-31", "out"),
        ("e", None, None, "never"),
    )
    database.insert(
        "dated", [dict(zip(("id", "signup_at", "activated_at", "note"), each, strict=True)) for each in rows]
    )
    return database


def rows_of(
    database: Database, *dates: str, only: tuple[Only, ...] = (), **types: str
) -> list[tuple[str, dict[str, object]]] | None:
    """What a read by dates finds in June, of the table that has two."""
    declared = types or {"signup_at": "datetime", "activated_at": "datetime", "note": "text"}
    asked = SqlWarehouse(database.url, Relations(accounts("dated", **declared)))
    with asked.reading() as reading:
        found = reading.dated(("note", "unheard_of"), dates, JUNE, JULY, only)
        return None if found is None else [(key, dict(values)) for key, values in found]


def test_accounts_are_selected_by_any_of_their_dates(dated: Database) -> None:
    """Half open, in UTC, in key order, with the columns asked for; what is not declared is absent."""
    found = rows_of(dated, "signup_at", "activated_at")
    assert found is not None
    assert [key for key, _ in found] == ["a", "b", "c"]
    assert found[0][1] == {"key": "a", "signup_at": datetime(2026, 6, 1, tzinfo=UTC), "activated_at": None, "note": "x"}
    assert [key for key, _ in rows_of(dated, "signup_at", "unheard_of") or ()] == ["a", "c"]


def test_accounts_are_narrowed_as_funnels_are(dated: Database) -> None:
    """By a text whatever its case; where that is not declared nothing is known, which is not nobody (D45)."""
    assert [key for key, _ in rows_of(dated, "signup_at", only=(Named("note", "X"),)) or ()] == ["a"]
    assert rows_of(dated, "signup_at", only=(Named("owner_email", "x"),)) is None
    assert rows_of(dated, "unheard_of") is None


def test_rows_that_nobody_reads_to_the_end_hold_no_connection(dated: Database) -> None:
    """Whoever stops half way gives it back with the reading."""
    asked = SqlWarehouse(dated.url, Relations(accounts("dated", signup_at="datetime")))
    with asked.reading() as reading:
        found = reading.dated((), ("signup_at",), JUNE, JULY)
        assert found is not None
        assert next(found)[0] == "a"
    assert [key for key, _ in rows_of(dated, "signup_at") or ()] == ["a", "c"]
