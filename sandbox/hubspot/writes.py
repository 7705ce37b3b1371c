"""Writing in batches: each row is judged before any row is kept, so a refused batch changes nothing.

With an `objectWriteTraceId` a bad row is refused alone; without one it takes the whole batch with it (B3).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sandbox.hubspot.errors import CONFLICT, NOT_FOUND, Refused, invalid
from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.reads import MOST_INPUTS, refuse_repeats
from sandbox.hubspot.records import OUR_APP, Record
from sandbox.hubspot.shelf import without_backward_stage

Mode = Literal["create", "update", "upsert"]


@dataclass(frozen=True)
class Row:
    """One input of a batch, its envelope checked. `links` are (association type id, other record's id)."""

    id: str
    properties: dict[str, str]
    id_property: str | None = None
    trace_id: str | None = None
    links: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Change:
    """What an accepted row will do: to `record`, or to a new one."""

    row: Row
    record: Record | None
    values: dict[str, str]


@dataclass
class _Batch:
    portal: HubSpotPortal
    kind: ObjectKind
    mode: Mode
    _claimed: set[tuple[str, str]] = field(default_factory=set)

    def judge(self, row: Row) -> Change:
        record = self._target(row)
        ordered = self.portal.take_rejection(self.kind, [row.id, *([record.id] if record else [])])
        if ordered is not None:
            raise ordered
        values = self.portal.shelf(self.kind).catalog.kept(self._with_key(row, record))
        values = without_backward_stage(record, values)
        self._check_unique(record, values)
        return Change(row, record, values)

    def _target(self, row: Row) -> Record | None:
        if self.mode == "create":
            return None
        record = self.portal.record(self.kind, row.id, row.id_property)
        if record is None and self.mode == "update":
            message = f"Could not find {self.kind.singular.upper()} {row.id}: it may be deleted or not exist."
            raise Refused(404, NOT_FOUND, message, context={"ids": [row.id]})
        return record

    def _with_key(self, row: Row, record: Record | None) -> dict[str, str]:
        """A record made by an upsert carries the key it was asked for by."""
        return row.properties if record or not row.id_property else {row.id_property: row.id, **row.properties}

    def _check_unique(self, record: Record | None, values: dict[str, str]) -> None:
        shelf = self.portal.shelf(self.kind)
        shelf.check_unique(record, values)
        pairs = set(shelf.unique_among(values))
        for name, value in sorted(pairs & self._claimed):
            raise Refused(409, CONFLICT, f"Cannot set {name}={value} on two records of one batch.")
        self._claimed |= pairs

    def keep(self, change: Change) -> dict[str, Any]:
        shelf, now, record = self.portal.shelf(self.kind), self.portal.clock(), change.record
        if record is None:
            record = shelf.add(change.values, now, OUR_APP)
            for type_id, other_id in change.row.links:
                self.portal.links.join_by_type(self.kind, record.id, type_id, other_id)
        else:
            shelf.change(record, change.values, now, OUR_APP)
        trace = {"objectWriteTraceId": change.row.trace_id} if change.row.trace_id is not None else {}
        fresh = {"new": change.record is None} if self.mode == "upsert" else {}
        return {**record.shown([*change.row.properties, *change.values]), **trace, **fresh}


def write_batch(
    portal: HubSpotPortal, kind: ObjectKind, mode: Mode, body: dict[str, Any]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Create, update or upsert: the records written, in the order of their ids, and the errors of refused rows.

    A body without `inputs` writes nothing and says so with success (B3). Raises Refused when the whole
    batch fails: its envelope is wrong, or a row without a trace id is.
    """
    rows = _rows(portal, kind, mode, body)
    batch = _Batch(portal, kind, mode)
    accepted: list[Change] = []
    errors: list[dict[str, Any]] = []
    for row in rows:
        try:
            accepted.append(batch.judge(row))
        except Refused as refusal:
            if row.trace_id is None or refusal.whole:
                raise
            errors.append(refusal.row(row.trace_id))
    results = [batch.keep(change) for change in accepted]
    return sorted(results, key=lambda result: int(result["id"])), errors


def _rows(portal: HubSpotPortal, kind: ObjectKind, mode: Mode, body: dict[str, Any]) -> list[Row]:
    inputs = body.get("inputs", [])
    if len(inputs) > MOST_INPUTS:
        raise invalid(f"The maximum number of inputs supported in a batch request for this endpoint is {MOST_INPUTS}")
    rows = [_row(mode, given) for given in inputs]
    for name in {row.id_property for row in rows} - {None}:
        portal.shelf(kind).catalog.unique_property(str(name), portal.portal_id)
    if mode != "create":
        refuse_repeats([row.id for row in rows])
        targets = [portal.record(kind, row.id, row.id_property) for row in rows]
        refuse_repeats([record.id for record in targets if record is not None])
    return rows


def _row(mode: Mode, given: dict[str, Any]) -> Row:
    properties, row_id = given.get("properties"), given.get("id")
    if not isinstance(properties, dict) or not all(isinstance(value, str) for value in properties.values()):
        raise invalid("Invalid input JSON: every property value must be a string")
    if mode != "create" and not (isinstance(row_id, str) and row_id.strip()):
        raise invalid("Invalid input JSON: every input needs an id, and the id must be a string")
    if not isinstance(given.get("objectWriteTraceId", ""), str):
        raise invalid("Invalid input JSON: objectWriteTraceId must be a string")
    if mode == "upsert" and not given.get("idProperty"):
        raise invalid("Every input of a batch upsert needs an idProperty")
    return Row(
        id=row_id.strip() if isinstance(row_id, str) else "",
        properties=properties,
        id_property=given.get("idProperty") if mode != "create" else None,
        trace_id=given.get("objectWriteTraceId"),
        links=_links(given),
    )


def _links(given: dict[str, Any]) -> tuple[tuple[int, str], ...]:
    try:
        return tuple(
            (int(spec["associationTypeId"]), str(wanted["to"]["id"]))
            for wanted in given.get("associations", ())
            for spec in wanted["types"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise invalid("Invalid input JSON: an association needs to.id and types") from error
