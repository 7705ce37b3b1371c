"""Look an account up as people name it: by its key, by its name, by the beginning of its name."""

from __future__ import annotations

from dataclasses import dataclass

from connector.ports import Warehouse

NAME = "name"
MOST = 11  # names that begin alike; more are not told apart by reading a list


@dataclass(frozen=True, slots=True)
class Found:
    """An account, and what the warehouse calls it."""

    key: str
    name: str


def look_up(warehouse: Warehouse, asked: str, most: int = MOST) -> list[Found]:
    """The accounts that may be meant: the one with this key, else those called so, else those whose name begins so.

    Raises WarehouseError.
    """
    with warehouse.reading() as reading:
        if record := next(iter(reading.records([asked])), None):
            return [Found(record.key, str(record.values.get(NAME) or record.key))]
        begun = [Found(*row) for row in reading.called(NAME, asked, most)]
    exactly = [one for one in begun if one.name.casefold() == asked.casefold()]
    return exactly or begun
