"""The records of one object type, findable by record id and by every property that is unique."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sandbox.hubspot.catalog import Catalog
from sandbox.hubspot.errors import CONFLICT, Refused
from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.records import Record, Source, Version
from sandbox.hubspot.standard import LIFECYCLE
from sandbox.hubspot.values import instant


@dataclass
class Shelf:
    """All records of `kind`, archived ones included. New ids count on from `next_id`."""

    kind: ObjectKind
    catalog: Catalog
    next_id: int = 1
    _records: dict[str, Record] = field(default_factory=dict)
    _holders: dict[tuple[str, str], str] = field(default_factory=dict)
    _merged_into: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Record]:
        """Records in the order of their ids."""
        return iter(sorted(self._records.values(), key=lambda record: int(record.id)))

    def find(self, key: str, id_property: str | None = None, *, archived: bool = False) -> Record | None:
        """The record whose id, or whose unique property, is `key`. The id of a merged record leads to the result."""
        record_id = self._current(key) if id_property is None else self._holders.get((id_property, key.strip()), "")
        record = self._records.get(record_id)
        return record if record is not None and (record.archived_at is not None) == archived else None

    def _current(self, record_id: str) -> str:
        while record_id in self._merged_into:
            record_id = self._merged_into[record_id]
        return record_id

    def add(self, values: Mapping[str, str], at: datetime, source: Source, record_id: str | None = None) -> Record:
        """Put a new record on the shelf."""
        record = Record(self.kind, record_id or str(self.next_id))
        self.next_id = max(self.next_id, int(record.id) + 1)
        self._records[record.id] = record
        record.put("hs_object_id", record.id, at, source)
        record.put("createdate", values.get("createdate", instant(at)), at, source)
        self.change(record, values, at, source)
        return record

    def adopt(self, history: Mapping[str, list[Version]], merged: Iterable[Record]) -> Record:
        """Put a new record in the place of the `merged` ones: their history, an id of its own."""
        record = Record(self.kind, str(self.next_id), dict(history))
        self.next_id += 1
        self._records[record.id] = record
        record.history["hs_object_id"] = [replace(record.history["hs_object_id"][0], value=record.id)]
        self._merged_into.update({each.id: record.id for each in merged})
        for name, value in record.values().items():
            self._reindex(record, name, value)
        return record

    def change(self, record: Record, values: Mapping[str, str], at: datetime, source: Source) -> None:
        """Set values and bump the stamp of last change, by our own writes too (B1)."""
        for name, value in {self.kind.modified: instant(at), **values}.items():
            self._reindex(record, name, value)
            record.put(name, value, at, source)

    def _reindex(self, record: Record, name: str, value: str) -> None:
        if name not in self.catalog.properties or not self.catalog.properties[name].unique:
            return
        self._holders.pop((name, record.value(name) or ""), None)
        if value:
            self._holders[name, value] = record.id

    def archive(self, record: Record, at: datetime) -> None:
        """Delete a record: it keeps its id and history, and gives up its unique values."""
        record.archived_at = at
        for name, value in record.values().items():
            if self._holders.get((name, value)) == record.id:
                del self._holders[name, value]

    def unique_among(self, values: Mapping[str, str]) -> dict[tuple[str, str], str]:
        """The (property, value) pairs of `values` that must be unique, with the id that holds each ("" for none)."""
        known = self.catalog.properties
        return {
            (name, value): self._holders.get((name, value), "")
            for name, value in values.items()
            if value and known[name].unique
        }

    def check_unique(self, record: Record | None, values: Mapping[str, str]) -> None:
        """Raise Refused (409) when another record already has one of the unique values (B3)."""
        own_id = record.id if record is not None else ""
        for (name, value), holder in self.unique_among(values).items():
            if holder not in ("", own_id):
                raise Refused(409, CONFLICT, f"Cannot set {name}={value}. {holder} already has that value.")


def without_backward_stage(record: Record | None, values: Mapping[str, str]) -> dict[str, str]:
    """`values` less a lifecycle stage that would move the record back: HubSpot ignores it silently (B1)."""
    wanted, current = values.get("lifecyclestage"), record.value("lifecyclestage") if record is not None else None
    if not wanted or not current or LIFECYCLE.index(wanted) >= LIFECYCLE.index(current):
        return dict(values)
    return {name: value for name, value in values.items() if name != "lifecyclestage"}
