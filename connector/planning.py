"""Plan: stream the warehouse past what we remember, and spool what moved. No CRM is asked."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import IO, TypeVar

from connector.model import Record
from connector.plan import Basis, Known, Planned, plan, plan_hash
from connector.ports import Ledger, Warehouse

T = TypeVar("T")
COMPARE = 1_000  # accounts whose fingerprints are looked up together
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Plan:
    """A frozen header; its rows wait on disk, because a hundred thousand of them would not fit in memory (D26)."""

    compared: int
    planned: int
    hash: str
    _spool: IO[bytes]

    def rows(self) -> Iterator[Planned]:
        """The planned accounts, in key order, as often as wanted."""
        self._spool.seek(0)
        for _ in range(self.planned):
            # Our own temporary file, written a moment ago: pickle keeps every warehouse type exactly.
            yield pickle.load(self._spool)  # noqa: S301

    def chunks(self, size: int) -> Iterator[list[Planned]]:
        """The rows in lists of at most `size`."""
        return batched(self.rows(), size)


@contextmanager
def planning(
    warehouse: Warehouse,
    ledger: Ledger,
    basis: Basis,
    limit: int | None = None,
    keys: Sequence[str] | None = None,
) -> Iterator[Plan]:
    """Compare every account (or `keys`) with memory and spool at most `limit` that moved."""
    with tempfile.TemporaryFile(prefix="plsync-plan-") as spool:
        compared = planned = 0
        with warehouse.reading() as reading:
            for batch in batched(reading.records(keys), COMPARE):
                compared += len(batch)
                for one in islice(_moved(batch, ledger, basis), None if limit is None else limit - planned):
                    pickle.dump(one, spool)
                    planned += 1
        # The warehouse is let go before anything is sent: no transaction stays open over a CRM call.
        draft = Plan(compared, planned, "", spool)
        yield Plan(compared, planned, plan_hash(draft.rows(), basis), spool)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _moved(batch: Sequence[Record], ledger: Ledger, basis: Basis) -> Iterator[Planned]:
    names = [mapping.name for mapping in basis.mappings]
    decide, wanted = ledger.fingerprints([record.key for record in batch], names)
    for record in batch:
        fps = {name: fp for name in names if (fp := wanted[name].get(record.key)) is not None}
        if one := plan(record, Known(decide.get(record.key), fps), basis):
            yield one
