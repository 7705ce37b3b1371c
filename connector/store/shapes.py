"""Field names are stored once, not in every row (P14): an object becomes `[shape, value, value, …]`, as bytes.

An object of nothing but nulls is `[shape]`. A shape is the sorted names of an object's fields. A mapping has few,
because its fields change rarely. Should they be many after all, later objects keep their names, so that reading shapes
stays quick.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from connector.store import compact, tables
from connector.store.statements import insert_new

MOST = 1_000

_SHAPES = tables.shapes

Packed = list[Any] | dict[str, Any]
Names = tuple[str, ...]


class Shapes:
    """The shapes of a store, as one transaction sees them."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._names: dict[int, Names] = {}
        self._numbers: dict[Names, int] = {}
        self._sorted: dict[Names, Names] = {}
        for row in conn.execute(select(_SHAPES)):
            self._learn(row)

    def pack(self, fields: Mapping[str, Any]) -> bytes:
        """What to store for an object. Needs a write transaction."""
        return compact.dumps(self.listed(fields))

    def unpack(self, stored: bytes) -> dict[str, Any]:
        """The object that was packed."""
        return self.named(compact.loads(stored))

    def listed(self, fields: Mapping[str, Any]) -> Packed:
        """An object as a value to be packed with others. Needs a write transaction."""
        given = tuple(fields)
        if given not in self._sorted:
            self._sorted[given] = tuple(sorted(given))
        names = self._sorted[given]
        number = self._numbers.get(names)
        if number is None and len(self._numbers) >= MOST:
            return dict(fields)
        values = [fields[name] for name in names]
        return [number or self._add(names), *(values if values.count(None) < len(values) else ())]

    def named(self, packed: Packed) -> dict[str, Any]:
        """The object that was `listed`."""
        if isinstance(packed, dict):
            return packed
        names, values = self._names[packed[0]], packed[1:]
        return dict(zip(names, values, strict=True)) if values else dict.fromkeys(names)

    def _add(self, names: Names) -> int:
        digest = hashlib.sha256("\0".join(names).encode()).hexdigest()
        insert_new(self._conn, _SHAPES, [{"digest": digest, "names": list(names)}])
        return self._learn(self._conn.execute(select(_SHAPES).where(_SHAPES.c.digest == digest)).one())

    def _learn(self, row: Row[Any]) -> int:
        number: int = row.id
        self._names[number] = tuple(row.names)
        self._numbers[tuple(row.names)] = number
        return number
