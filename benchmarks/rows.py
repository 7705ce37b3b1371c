"""The benchmark's accounts: one row of twenty columns each, the same for every contestant, no chance anywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

# Logical name to type, as config.example.toml declares them; the two ids are for peers, which keep none of their own.
COLUMNS = {
    "key": "text",
    "name": "text",
    "domain": "text",
    "employees": "integer",
    "industry": "text",
    "country": "text",
    "plan": "text",
    "crm_of_record": "text",
    "owner_email": "text",
    "score": "decimal",
    "motion": "text",
    "active_users": "integer",
    "seats_purchased": "integer",
    "seats_used": "integer",
    "limit_used": "decimal",
    "potential_acv": "decimal",
    "signup_at": "datetime",
    "activated_at": "datetime",
    "pql_at": "datetime",
    "scored_at": "datetime",
}
IDS = ("salesforce_id", "hubspot_id")
_PHYSICAL = {"integer": "INTEGER", "decimal": "REAL"}


def key(number: int) -> str:
    """The account's key in the warehouse and in both CRMs."""
    return f"bench-{number:07d}"


def salesforce_id(number: int) -> str:
    """The account's record id in the stand-in for Salesforce."""
    return f"001{number:012d}AAA"


def hubspot_id(number: int) -> str:
    """The company's record id in the stand-in for HubSpot."""
    return str(10_000_000_000 + number)


def score(number: int, generation: int) -> float:
    """A score with one decimal that differs between any two of the first fifty generations."""
    return (number * 13 + generation * 17) % 1000 / 10


def scored_at(generation: int) -> str:
    """When the generation was scored."""
    return f"2026-06-{1 + generation // 24:02d}T{generation % 24:02d}:00:00Z"


def row(number: int, generation: int = 0) -> tuple[Any, ...]:
    """One account's values in the order of COLUMNS."""
    return (
        key(number),
        f"Bench {number}",
        f"bench-{number:07d}.example",
        1 + number % 900,
        "DevTools",
        "US",
        "Pro",
        None,
        None,
        score(number, generation),
        ("plg", "sales_led", "unknown")[number % 3],
        number % 40,
        20,
        number % 20,
        number % 100 / 100,
        float(number % 50_000),
        "2026-01-05T10:00:00Z",
        "2026-01-06T10:00:00Z",
        "2026-05-01T10:00:00Z",
        scored_at(generation),
    )


def write(path: Path, count: int) -> None:
    """A fresh SQLite warehouse of `count` accounts."""
    path.unlink(missing_ok=True)
    names = [f"{name} {_PHYSICAL.get(kind, 'TEXT')}" for name, kind in COLUMNS.items()] + [f"{n} TEXT" for n in IDS]
    marks = ",".join("?" * len(names))
    with closing(sqlite3.connect(path)) as warehouse, warehouse:
        warehouse.execute(f"CREATE TABLE accounts ({','.join(names)})")
        warehouse.executemany(f"INSERT INTO accounts VALUES ({marks})", _with_ids(count))  # noqa: S608 - marks only
        warehouse.execute("CREATE UNIQUE INDEX accounts_key ON accounts (key)")


def _with_ids(count: int) -> Iterator[tuple[Any, ...]]:
    return ((*row(number), salesforce_id(number), hubspot_id(number)) for number in range(1, count + 1))


def change(path: Path, generation: int, limit: int | None = None) -> None:
    """Score the first `limit` accounts, or all, again."""
    with closing(sqlite3.connect(path)) as warehouse, warehouse:
        last = limit or warehouse.execute("SELECT count(*) FROM accounts").fetchone()[0]
        warehouse.executemany(
            "UPDATE accounts SET score = ?, scored_at = ? WHERE key = ?",
            ((score(number, generation), scored_at(generation), key(number)) for number in range(1, last + 1)),
        )


def scores(path: Path) -> dict[str, float]:
    """What the warehouse wants: score by key."""
    with closing(sqlite3.connect(path)) as warehouse:
        return dict(warehouse.execute("SELECT key, score FROM accounts").fetchall())
