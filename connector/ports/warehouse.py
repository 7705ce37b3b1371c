"""The product's own account rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from connector.model import Recipe, Record


class Warehouse(Protocol):
    """The product's own account rows. Errors: WarehouseError."""

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

    def counts(self, stages: Mapping[str, str], since: datetime, until: datetime) -> dict[str, int]:
        """Accounts per stage: `stages` maps a stage to its date column; counted where since <= date < until.

        A stage whose column is not declared is absent: not configured is not 0 (D45).
        """
