"""Rows that wait on disk, because a hundred thousand of them would not fit in memory (D26), and rows in batches."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import attrgetter
from typing import IO, Any, TypeVar

from connector.plan import Planned

T = TypeVar("T")
PAGE = 200  # values written to disk together


@dataclass
class Spool:
    """Values that wait on disk, in the order they came."""

    file: IO[bytes]
    count: int = 0
    _page: list[object] = field(default_factory=list)
    _pages: int = 0

    def add(self, value: object) -> None:
        """One more."""
        self._page.append(value)
        self.count += 1
        if len(self._page) == PAGE:
            self._write()

    def __iter__(self) -> Iterator[Any]:
        """Every value in the order they came, as often as wanted."""
        self._write()
        self.file.seek(0)
        for _ in range(self._pages):
            # Our own temporary file, written a moment ago: pickle keeps every warehouse type exactly.
            yield from pickle.load(self.file)  # noqa: S301

    def _write(self) -> None:
        """A page at a time: values of one kind share most of what pickle says of them."""
        if self._page:
            pickle.dump(self._page, self.file, pickle.HIGHEST_PROTOCOL)
            self._page, self._pages = [], self._pages + 1


def chunked(rows: Iterable[Planned], size: int) -> Iterator[list[Planned]]:
    """Lists of at most `size` records, each of one source: two sources may have one key."""
    for _, some in groupby(rows, attrgetter("source")):
        yield from batched(some, size)


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` items."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
