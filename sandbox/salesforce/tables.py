"""The org's storage: records by id, indexes, who changed which field, and undo for all-or-none requests.

Records are replaced, never changed in place, so an old record is its own undo.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.objects import OBJECTS
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.values import fold

Record = dict[str, Any]
Changes = dict[str, dict[str, str]]


@dataclass
class Table:
    """The records of one object. Ids are compared by their first 15 characters."""

    sobject: SObject
    rows: dict[str, Record] = field(default_factory=dict)
    changes: dict[str, Changes] = field(default_factory=dict)
    _index: dict[str, dict[Any, dict[str, None]]] = field(default_factory=dict)

    def get(self, record_id: str) -> Record | None:
        """The record, deleted ones included."""
        return self.rows.get(record_id[:15])

    def find(self, by: Field, value: Any) -> list[Record]:
        """Records whose indexed field `by` equals `value`, deleted ones included."""
        keys = self._index.get(by.name, {}).get(fold(by, value), {})
        return [self.rows[key] for key in keys]

    def put(self, key: str, record: Record | None, changes: Changes) -> None:
        """Store `record` under `key`, or drop what is there when it is None."""
        self._reindex(key, self.rows.get(key), record)
        self.changes[key] = changes
        if record is None:
            self.rows.pop(key, None)
        else:
            self.rows[key] = record

    def _reindex(self, key: str, old: Record | None, new: Record | None) -> None:
        for each in self.sobject.indexed:
            before, after = old and old[each.name], new and new[each.name]
            if before == after:
                continue
            if before is not None:
                self._index[each.name][fold(each, before)].pop(key, None)
            if after is not None:
                self._index.setdefault(each.name, {}).setdefault(fold(each, after), {})[key] = None


@dataclass
class Tables:
    """Every table of the org, with a journal that can be unwound."""

    _tables: dict[str, Table] = field(default_factory=lambda: {name: Table(each) for name, each in OBJECTS.items()})
    _journal: list[tuple[Table, str, Record | None, Changes]] = field(default_factory=list)
    _last_number: int = 0

    def of(self, name: str) -> Table:
        """The table of one object. Raises KeyError for an unknown one."""
        return self._tables[name.lower()]

    def write(self, table: Table, record: Record, changes: Changes) -> None:
        """Insert or replace `record`; undoable until the journal is cleared."""
        key = record["Id"][:15]
        self._journal.append((table, key, table.rows.get(key), table.changes.get(key, {})))
        table.put(key, record, changes)

    def mark(self) -> int:
        """A point to roll back to."""
        return len(self._journal)

    def roll_back(self, mark: int) -> None:
        """Undo everything written since `mark`, newest first."""
        while len(self._journal) > mark:
            table, key, record, changes = self._journal.pop()
            table.put(key, record, changes)

    def commit(self) -> None:
        """Forget how to undo: the request is over."""
        self._journal.clear()

    def new_id(self, table: Table) -> str:
        """The next free id of the object, 18 characters."""
        while True:
            self._last_number += 1
            record_id = f"{table.sobject.prefix}{self._last_number:012d}AAA"
            if table.get(record_id) is None:
                return record_id

    def target(self, by: Field, record: Record) -> tuple[SObject, Record] | None:
        """The record a reference field points at, with its object: a lookup may allow several."""
        value = record[by.name]
        if value is None:
            return None
        for table in map(self.of, by.refers_to):
            found = table.get(value)
            if found is not None:
                return table.sobject, found
        return None
