"""Signals and people: what follows an account in key order, and how a row of them becomes a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.errors import ContentError
from connector.model import Person, Signal
from connector.warehouse.decoding import RowDecoder
from connector.warehouse.relations import REQUIRED, Relation

NOT_DECLARED = Relation("", {})  # has no rows, so that accounts without signals or people need no case of their own

KeyedRow = tuple[str | None, Sequence[object]]


class Followers:
    """Rows in key order, taken account by account. Rows of accounts that are not asked for are passed over."""

    def __init__(self, rows: Iterator[KeyedRow]) -> None:
        self._rows = ((key, row) for key, row in rows if key is not None)
        self._next = next(self._rows, None)

    def take(self, key: str) -> list[Sequence[object]]:
        """The rows of one account. Keys must be asked for in ascending order."""
        taken = []
        while self._next is not None and self._next[0] <= key:
            if self._next[0] == key:
                taken.append(self._next[1])
            self._next = next(self._rows, None)
        return taken


class FollowerReader:
    """Decodes the rows of one account and refuses those without what makes them mean anything."""

    def __init__(self, name: str, relation: Relation) -> None:
        self._name = name
        self._relation = relation
        self._decoder = RowDecoder(name, relation)

    def read(self, key: str, row: Sequence[object]) -> Mapping[str, Any]:
        """Values by logical name. Raises ContentError naming relation, column and account."""
        values = self._decoder.decode(key, row)
        empty = next((column for column in REQUIRED[self._name] if values[column] is None), None)
        if empty is None:
            return values
        raise ContentError(
            f"{self._name} ({self._relation.title}), account {key!r}: column {self._relation.columns[empty].name!r} is "
            "empty in at least one row. Fill it, or leave those rows out in a query."
        )


class Signals:
    """The signals of each account, newest first, in canonical kinds (D16)."""

    def __init__(self, relation: Relation | None, rows: Iterator[KeyedRow], kinds: Mapping[str, str]) -> None:
        self._followers = Followers(rows)
        self._reader = FollowerReader("signals", relation or NOT_DECLARED)
        self._kinds = kinds

    def of(self, key: str) -> tuple[Signal, ...]:
        """One account's signals. Equal times are ordered by content, so that every database tells the same."""
        signals = [self._signal(key, row) for row in self._followers.take(key)]
        signals.sort(key=lambda one: (one.occurred_at, one.kind, one.detail or "", one.person_key or ""), reverse=True)
        return tuple(signals)

    def _signal(self, key: str, row: Sequence[object]) -> Signal:
        values = self._reader.read(key, row)
        kind = self._kinds.get(values["kind"], values["kind"])
        return Signal(kind, values["occurred_at"], values.get("detail"), values.get("person_key"))


class People:
    """The people of each account, by person key (D39)."""

    def __init__(self, relation: Relation | None, rows: Iterator[KeyedRow]) -> None:
        self._followers = Followers(rows)
        self._reader = FollowerReader("people", relation or NOT_DECLARED)

    def of(self, key: str) -> tuple[Person, ...]:
        """One account's people."""
        people = [self._person(key, row) for row in self._followers.take(key)]
        people.sort(key=lambda one: (one.key, one.email or "", one.name or ""))
        return tuple(people)

    def _person(self, key: str, row: Sequence[object]) -> Person:
        values = self._reader.read(key, row)
        return Person(
            key=values["person_key"],
            name=values.get("name"),
            title=values.get("title"),
            email=values.get("email"),
            is_admin=bool(values.get("is_admin")),
            last_seen=values.get("last_seen"),
            opt_out=bool(values.get("opt_out")),
        )
