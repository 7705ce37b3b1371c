"""The product's own account rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from connector.model import Recipe, Record, WarehouseValue


class Moved(NamedTuple):
    """What a warehouse's mirror tells apart: all accounts there are, and in key order those that differ from it.

    An account with None for its fingerprints is in the mirror and not in the warehouse.
    """

    accounts: int
    rows: Iterator[tuple[str, tuple[str, ...] | None]]


class Mirror(Protocol):
    """What the store has confirmed, kept beside the accounts (D28): a cache that may only lag, under a stamp.

    Never raises: where the warehouse does not allow it, that is logged and answered as told here.
    """

    def stamp(self) -> str | None:
        """What it carries; None where there is none."""

    def prepare(self) -> str | None:
        """Get ready to be written; a stamp nobody ever had, or None where that is not allowed."""

    def renew(self, before: str | None, after: str, rows: Iterator[tuple[str, str | None]]) -> bool:
        """Take in (key, fingerprints) and carry `after`, all or nothing; False where that did not happen.

        With `before` rows replace those of the same keys, provided that it is still carried; without, all there is.
        """


@dataclass(frozen=True, slots=True)
class Cursor:
    """Plans look at accounts whose `column` is newer than the last confirmed one, less an `overlap`."""

    column: str
    overlap: timedelta


@dataclass(frozen=True, slots=True)
class Within:
    """Accounts whose `column` is a number of at least `least` and below `below`; None is without end.

    `unknown`: also those without a number.
    """

    column: str
    least: int | None = None
    below: int | None = None
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """Accounts whose `column` is this text, whatever its case."""

    column: str
    text: str


Only = Within | Named


class Reached(NamedTuple):
    """All accounts, and by group those with a date in at least one of its columns."""

    accounts: int
    groups: Mapping[str, int]


class Warehouse(Protocol):
    """The product's own account rows. Errors: WarehouseError."""

    @property
    def mirror(self) -> Mirror | None:
        """Where plans find out what moved; None: by comparing every account with the store."""

    @property
    def cursor(self) -> Cursor | None:
        """What tells new rows from old ones; None: plans look at every account."""

    def check(self) -> list[str]:
        """Every way the declared relations, columns, types and keys differ from what is there."""

    def reading(self) -> AbstractContextManager[WarehouseReading]:
        """One consistent read over all relations."""


class WarehouseReading(Protocol):
    """An open read of the warehouse."""

    def records(self, keys: Sequence[str] | None = None) -> Iterator[Record]:
        """Accounts in bytewise key order with their signals and people; all, or those asked for.

        Raises ContentError on a null or repeated account key.
        """

    def fingerprints(
        self, recipes: Sequence[Recipe], keys: Sequence[str] | None = None
    ) -> Iterator[tuple[str, tuple[str, ...]]] | None:
        """Each account's fingerprints as the warehouse computes them, in the order of `records`; one per recipe.

        None where it cannot: then they are computed from the records. Raises as `records` does.
        """

    def moved(self, recipes: Sequence[Recipe], stamp: str) -> Moved | None:
        """What differs from the mirror; None when that does not carry the stamp. Raises as `records` does."""

    def newer(self, column: str, since: datetime) -> WarehouseReading:
        """The same read, of accounts with since <= `column`, or without a date there."""

    def newest(self, column: str) -> datetime | None:
        """The latest date in a column of the accounts; None where there is none, or no such column is declared."""

    def column(self, name: str) -> Iterator[tuple[str, WarehouseValue]]:
        """One declared column of every account, with its key, in bytewise key order. Raises as `records` does."""

    def called(self, column: str, prefix: str, most: int) -> list[tuple[str, str]]:
        """Key and value of accounts whose text `column` begins like that, whatever its case: in key order, so many.

        Nothing where the column is not declared.
        """

    def counts(
        self, stages: Mapping[str, str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> dict[str, int]:
        """Accounts per stage: `stages` maps a stage to its date column; counted where since <= date < until.

        A stage whose column is not declared is absent: not configured is not 0 (D45). So is every stage where a
        column that `only` asks for is not declared.
        """

    def dated(
        self, columns: Sequence[str], dates: Sequence[str], since: datetime, until: datetime, only: Sequence[Only] = ()
    ) -> Iterator[tuple[str, Mapping[str, WarehouseValue]]] | None:
        """Key and `columns` of the accounts with since <= date < until in any of `dates`, as they are fetched.

        Columns that are not declared are absent; None where no date is declared, or not what `only` asks for (D45).
        Raises as `records` does.
        """

    def reached(self, groups: Mapping[str, Sequence[str]]) -> Reached:
        """How many accounts there are, and how many have a date in any column of each group.

        A group of which no column is declared as a date is absent (D45).
        """
