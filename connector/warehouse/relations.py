"""What a warehouse is declared to hold: relations, and the columns plsync knows them by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from connector.model import ColumnType

SIGNAL_COLUMNS: Mapping[str, ColumnType] = {
    "account_key": ColumnType.TEXT,
    "kind": ColumnType.TEXT,
    "occurred_at": ColumnType.DATETIME,
    "detail": ColumnType.TEXT,
    "person_key": ColumnType.TEXT,
}
PEOPLE_COLUMNS: Mapping[str, ColumnType] = {
    "account_key": ColumnType.TEXT,
    "person_key": ColumnType.TEXT,
    "email": ColumnType.TEXT,
    "name": ColumnType.TEXT,
    "title": ColumnType.TEXT,
    "is_admin": ColumnType.BOOLEAN,
    "last_seen": ColumnType.DATETIME,
    "opt_out": ColumnType.BOOLEAN,
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "accounts": ("key",),
    "signals": ("account_key", "kind", "occurred_at"),
    "people": ("account_key", "person_key"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A physical column and what it holds."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a view (optionally `schema.name`) or a query, with its columns by logical name.

    `source` is what people call it where it is read in the place of accounts.
    """

    name_or_query: str
    columns: Mapping[str, Column]
    source: str | None = None

    @property
    def is_query(self) -> bool:
        """Whether this is SQL rather than a name: it begins with SELECT or WITH and goes on."""
        words = self.name_or_query.split(maxsplit=1)
        return len(words) > 1 and words[0].upper() in {"SELECT", "WITH"}

    @property
    def row(self) -> str:
        """How messages name one of its rows."""
        return "row" if self.source else "account"

    @property
    def title(self) -> str:
        """How messages name it: the table, or "a query"."""
        return "a query" if self.is_query else self.name_or_query


@dataclass(frozen=True, slots=True)
class Relations:
    """Everything read from one warehouse. A relation that is not declared is not configured (D45)."""

    accounts: Relation
    signals: Relation | None = None
    people: Relation | None = None

    def declared(self) -> dict[str, Relation]:
        """The declared relations by the name plsync gives them."""
        all_of_them = {"accounts": self.accounts, "signals": self.signals, "people": self.people}
        return {name: relation for name, relation in all_of_them.items() if relation is not None}


def declaration_problems(relations: Relations) -> list[str]:
    """What is wrong with the declaration itself, before any database is asked."""
    problems = []
    for name, relation in relations.declared().items():
        missing = [column for column in REQUIRED[name] if column not in relation.columns]
        problems += [f"warehouse.{name}: declare which column holds {column!r}." for column in missing]
    problems += _shape_problems("accounts", relations.accounts, {"key": ColumnType.TEXT}, others=True)
    problems += _shape_problems("signals", relations.signals, SIGNAL_COLUMNS, others=False)
    problems += _shape_problems("people", relations.people, PEOPLE_COLUMNS, others=False)
    return problems


def key_column(name: str) -> str:
    """The logical column of a relation that holds the account key."""
    return "key" if name == "accounts" else "account_key"


def nearest(name: str, known: Mapping[str, object] | list[str]) -> str:
    """A closing "did you mean" for a message, or nothing."""
    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1)
    return f" Did you mean {by_lower_case[close[0]]!r}?" if close else ""


def _shape_problems(
    name: str, relation: Relation | None, shape: Mapping[str, ColumnType], *, others: bool
) -> list[str]:
    problems = []
    for logical, column in (relation.columns if relation else {}).items():
        wanted = shape.get(logical)
        if wanted is None and not others:
            problems.append(f"warehouse.{name}: {logical!r} is not a column plsync reads.{nearest(logical, shape)}")
        if wanted not in {None, column.type}:
            problems.append(f"warehouse.{name}: declare {logical!r} as {wanted}, not {column.type}.")
    return problems
