"""The search endpoints: filter groups joined by OR, filters inside a group by AND."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.hubspot.definitions import Property
from sandbox.hubspot.errors import Refused, invalid
from sandbox.hubspot.kinds import ObjectKind, object_kind
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.reads import Wanted, page, show
from sandbox.hubspot.records import Record
from sandbox.hubspot.values import BadValue, moment_of, number_of

MOST_PER_PAGE = 200
MOST_IN_ALL = 10_000

Comparable = str | Decimal | datetime
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "GT": operator.gt,
    "GTE": operator.ge,
    "LT": operator.lt,
    "LTE": operator.le,
}


def search(portal: HubSpotPortal, kind: ObjectKind, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a search: matches in the order asked for, at most 200 a page and 10,000 in all (B1).

    Raises Refused (400) for an unknown property, operator or value, and past those limits.
    """
    limit, after = body.get("limit") or 10, str(body.get("after") or "0")
    if not isinstance(limit, int) or not after.isdecimal():
        raise invalid("Invalid input JSON: limit must be a number, after must be the cursor of an earlier page")
    if limit > MOST_PER_PAGE or int(after) + limit > MOST_IN_ALL:
        raise invalid(f"A search gives at most {MOST_PER_PAGE} results a page and {MOST_IN_ALL} in all")
    catalog = portal.shelf(kind).catalog
    groups = [[_filter(portal, kind, f) for f in g.get("filters", ())] for g in body.get("filterGroups", ())]
    matches = [
        record
        for record in portal.shelf(kind)
        if record.archived_at is None and (not groups or any(all(test(record) for test in group) for group in groups))
    ]
    for order in reversed(body.get("sorts") or []):
        _sort(matches, catalog.properties, order)
    rows, paging = page(matches, after=after, limit=limit)
    wanted = Wanted(tuple(body.get("properties", ())))
    return {"total": len(matches), "results": [show(portal, record, wanted) for record in rows], **paging}


def _filter(portal: HubSpotPortal, kind: ObjectKind, wanted: dict[str, Any]) -> Callable[[Record], bool]:
    """A filter on a property, or on what a record is associated with: "associations.company"."""
    pseudo, _, other_name = str(wanted.get("propertyName", "")).partition(".")
    if pseudo != "associations":
        return _test(portal.shelf(kind).catalog.properties, wanted)
    if wanted.get("operator") not in ("EQ", "IN"):
        raise invalid(f"Search operator {wanted.get('operator')} is not supported here")
    other, ids = object_kind(other_name), {*wanted.get("values", ()), wanted.get("value")}
    return lambda record: not ids.isdisjoint(portal.links.of(kind, record.id, other))


def _test(known: dict[str, Property], wanted: dict[str, Any]) -> Callable[[Record], bool]:
    name, how = wanted.get("propertyName", ""), wanted.get("operator", "")
    definition = _known(known, name)
    if how in ("HAS_PROPERTY", "NOT_HAS_PROPERTY"):
        return lambda record: bool(record.value(name)) == (how == "HAS_PROPERTY")
    if how in ("IN", "NOT_IN"):
        allowed = [_comparable(definition, value) for value in wanted.get("values", ())]
        return _when_set(definition, lambda value: (value in allowed) == (how == "IN"))
    low = _comparable(definition, wanted.get("value", ""))
    if how == "BETWEEN":
        high = _comparable(definition, wanted.get("highValue", ""))
        return _when_set(definition, lambda value: bool(low <= value <= high))  # type: ignore[operator]  # same type
    if how not in _ORDER:
        raise invalid(f"Search operator {how} is not supported here")
    return _when_set(definition, lambda value: _ORDER[how](value, low))


def _known(known: dict[str, Property], name: str) -> Property:
    if name not in known:
        raise invalid(f"There was a problem with the request: property {name} does not exist", propertyName=[name])
    return known[name]


def _when_set(definition: Property, test: Callable[[Comparable], bool]) -> Callable[[Record], bool]:
    def passes(record: Record) -> bool:
        value = record.value(definition.name)
        return bool(value) and test(_comparable(definition, value or ""))

    return passes


def _comparable(definition: Property, value: str) -> Comparable:
    """Numbers and moments compare as such, text without regard to case."""
    try:
        if definition.type == "number":
            return number_of(value)
        return moment_of(value) if definition.type in ("date", "datetime") else value.strip().lower()
    except BadValue as error:
        raise Refused(400, "VALIDATION_ERROR", f"{definition.name}: {error}") from error


def _sort(records: list[Record], known: dict[str, Property], order: str | dict[str, str]) -> None:
    """Sort in place by "name", "-name" or {"propertyName", "direction"}; records without a value come last."""
    text = order if isinstance(order, str) else order.get("propertyName", "")
    falling = text.startswith("-") or (isinstance(order, dict) and order.get("direction") == "DESCENDING")
    definition = _known(known, text.removeprefix("-"))
    blank = [record for record in records if not record.value(definition.name)]
    valued = [record for record in records if record.value(definition.name)]
    valued.sort(key=lambda record: _comparable(definition, record.value(definition.name) or ""), reverse=falling)
    records[:] = [*valued, *blank]
