"""One HubSpot account: its schema, records, owners, links and limits. Data and rules, no HTTP."""

from __future__ import annotations

import copy
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.hubspot.associations import Links
from sandbox.hubspot.catalog import Catalog
from sandbox.hubspot.definitions import property_from
from sandbox.hubspot.directory import owners_from
from sandbox.hubspot.errors import Refused
from sandbox.hubspot.kinds import COMPANIES, DEALS, KINDS, ObjectKind
from sandbox.hubspot.limits import RateLimits
from sandbox.hubspot.records import SEED, Record, editor
from sandbox.hubspot.shelf import Shelf
from sandbox.hubspot.values import moment_of


@dataclass
class Rejection:
    """An order from the control side: refuse the next `times` writes of one record, or of its `whole` batch."""

    kind: str
    record_id: str
    category: str
    message: str
    times: int
    status: int = 400
    whole: bool = False


class HubSpotPortal:
    """A portal seeded with plain values; satisfies `sandbox.control.World`.

    `seed` has "companies", "deals", "contacts" ({"id", "properties", "associations"}) and "owners", and may
    have "properties" ({object type: [definitions as for a create request]}). A record's "edited_by"
    ({property: who}) says which of its values a person typed, at its stamp of last change; the others were
    imported. `clock` gives UTC wall time, `monotonic` the seconds the rolling rate window runs on. Raises
    ValueError for a seed the schema refuses.
    """

    def __init__(
        self,
        seed: dict[str, Any],
        clock: Callable[[], datetime],
        *,
        portal_id: int = 20260001,
        per_ten_seconds: int = 190,
        daily_limit: int = 650_000,
        token: str = "pat-sandbox-hubspot",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        self.portal_id = portal_id
        self.token = token
        self._seed = copy.deepcopy(seed)
        self._rates = (per_ten_seconds, daily_limit, monotonic)
        self.reset()

    def reset(self) -> None:
        """Back to the seed: records, schema, rejections, limits and correlation ids."""
        seed = copy.deepcopy(self._seed)
        self.owners = owners_from(seed.get("owners", []), self.clock())
        self.shelves = {kind.name: self._new_shelf(kind) for kind in KINDS}
        self.links = Links()
        self.limits = RateLimits(*self._rates, today=lambda: self.clock().date())
        self.rejections: list[Rejection] = []
        self.hidden: set[str] = set()
        self._correlations = 0
        self._load_schema(seed)
        for kind in KINDS:
            for row in seed.get(kind.name, []):
                self._load(kind, row)

    def _new_shelf(self, kind: ObjectKind) -> Shelf:
        return Shelf(kind, Catalog(kind, [owner["id"] for owner in self.owners]))

    def _load_schema(self, seed: dict[str, Any]) -> None:
        for kind_name, definitions in seed.get("properties", {}).items():
            for definition in definitions:
                wanted = property_from(definition)
                self.shelves[kind_name].catalog.properties[wanted.name] = wanted
        deals = [row["properties"] for row in seed.get("deals", [])]
        for name in ("dealstage", "pipeline"):
            self.shelf(DEALS).catalog.widen(name, {deal[name] for deal in deals if deal.get(name)})

    def _load(self, kind: ObjectKind, row: dict[str, Any]) -> None:
        shelf = self.shelf(kind)
        try:
            values = shelf.catalog.kept(row["properties"], by_person=True)
        except Refused as refusal:
            raise ValueError(f"seed {kind.singular} {row['id']}: {refusal.message}") from refusal
        values.pop("hs_object_id", None)
        created = values.get("createdate")
        typed = {name: values.pop(name) for name in row.get("edited_by", {})}
        record = shelf.add(values, moment_of(created) if created else self.clock(), SEED, str(row["id"]))
        for name, value in typed.items():
            edited_at = moment_of(record.value(kind.modified) or "")
            record.put(name, value, edited_at, editor(row["edited_by"][name], self.owners))
        for other, other_ids in row.get("associations", {}).items():
            for other_id in other_ids:
                self.links.join(kind, str(row["id"]), other, str(other_id))

    def shelf(self, kind: ObjectKind) -> Shelf:
        """The records and schema of one object type."""
        return self.shelves[kind.name]

    def record(self, kind: ObjectKind, key: str, id_property: str | None = None) -> Record | None:
        """A live record by id or unique property. Raises Refused (400) for a property that is not unique."""
        if id_property is not None:
            self.shelf(kind).catalog.unique_property(id_property, self.portal_id)
        return self.shelf(kind).find(key, id_property)

    def edit(self, kind: str, record_id: str, fields: dict[str, Any], by: str) -> dict[str, Any]:
        """Change a record as the person `by` would (`sandbox.hubspot.records.editor` reads `by`).

        What HubSpot computes itself, such as hs_is_closed, may be set too. Raises KeyError when the record or
        a field is not there, Refused when a value is not acceptable.
        """
        shelf = self.shelves[kind]
        record = shelf.find(record_id)
        if record is None:
            raise KeyError(record_id)
        for name in fields:
            if name not in shelf.catalog.properties:
                raise KeyError(name)
        values = shelf.catalog.kept({name: _text(value) for name, value in fields.items()}, by_person=True)
        shelf.check_unique(record, values)
        shelf.change(record, values, self.clock(), editor(by, self.owners))
        return told(record)

    def create(self, kind: str, fields: dict[str, Any], by: str, companies: Sequence[str] = ()) -> str:
        """Make a record as the person `by` would, of these companies, and return its id. Raises as `edit` does."""
        shelf = self.shelves[kind]
        values = shelf.catalog.kept({name: _text(value) for name, value in fields.items()}, by_person=True)
        shelf.check_unique(None, values)
        record = shelf.add(values, self.clock(), editor(by, self.owners))
        for company in companies:
            self.links.join(shelf.kind, record.id, COMPANIES.name, company)
        return record.id

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Every live record of one type; "owners" too. Raises KeyError for an unknown kind."""
        if kind == "owners":
            return copy.deepcopy(self.owners)
        return [told(record) for record in self.shelves[kind] if record.archived_at is None]

    def hide(self, kind: str) -> None:
        """Refuse requests for one object type, as for an app without its scope. Raises KeyError for an unknown one."""
        self.hidden.add(self.shelves[kind].kind.name)

    def take_rejection(self, kind: ObjectKind, keys: Sequence[str]) -> Refused | None:
        """The refusal ordered for a record known by any of `keys`, with one of its times used up."""
        for ordered in self.rejections:
            if ordered.kind == kind.name and ordered.record_id in keys:
                ordered.times -= 1
                if ordered.times <= 0:
                    self.rejections.remove(ordered)
                return Refused(ordered.status, ordered.category, ordered.message, whole=ordered.whole)
        return None

    def correlation_id(self) -> str:
        """The next correlation id: a counter in the shape of a UUID."""
        self._correlations += 1
        return str(uuid.UUID(int=self._correlations))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def told(record: Record) -> dict[str, Any]:
    """A record as the control side gives it."""
    return {"id": record.id, "properties": record.values(), "_changed": record.changed()}
