"""Rate windows of several processes: one book of turns per CRM, which each process writes in alone (D33).

The processes' clocks must agree to a fraction of a second, as those of machines on network time do.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field

from sqlalchemy import Connection, select, update

from connector.errors import StoreError
from connector.model import Turns, Window
from connector.pacing import LocalPace, booked
from connector.ports import Returned
from connector.store import Store, tables
from connector.store.statements import insert_new

_PACES = tables.paces


@dataclass
class SqlPace:
    """Implements ports.Pace for every process of the store. Raises StoreError.

    While the store is missing or old this process paces itself alone: then nothing runs but `plsync check`.
    """

    store: Store
    _alone: LocalPace = field(default_factory=LocalPace)
    _there: bool = False

    def take(self, name: str, window: Window, now: float, wanted: int, lasting: float, back: Returned | None) -> Turns:
        """The earliest turns."""
        if not self._is_there():
            return self._alone.take(name, window, now, wanted, lasting, back)
        with self.store.write() as conn:
            turns, book = booked(window, _locked(conn, name), now, wanted, lasting, back)
            _keep(conn, name, book)
            return turns

    def _is_there(self) -> bool:
        if not self._there:
            with suppress(StoreError):
                self.store.require_current()
                self._there = True
        return self._there


def _locked(conn: Connection, name: str) -> list[Turns]:
    """The book as it is, kept from all others until the transaction ends."""
    insert_new(conn, _PACES, [{"name": name, "turns": []}])
    found = conn.execute(select(_PACES.c.turns).where(_PACES.c.name == name).with_for_update()).scalar_one()
    return [Turns(*each) for each in found]


def _keep(conn: Connection, name: str, book: Sequence[Turns]) -> None:
    conn.execute(update(_PACES).where(_PACES.c.name == name).values(turns=[astuple(turns) for turns in book]))
