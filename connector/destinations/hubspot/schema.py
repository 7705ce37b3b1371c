"""What the properties endpoint says of an object type, as an ObjectSpec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.model import FieldKind, FieldSpec, ObjectSpec

_KINDS = {
    "bool": FieldKind.BOOLEAN,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATETIME,
    "enumeration": FieldKind.PICKLIST,
    "number": FieldKind.NUMBER,
}
TEXT_LENGTH = 65_536  # characters a text property holds, as HubSpot documents


def object_spec(object_name: str, properties: Sequence[dict[str, Any]]) -> ObjectSpec:
    """The object type by property name, from the JSON of `properties/{type}`."""
    return ObjectSpec(object_name, {each["name"]: _field(each) for each in properties})


def _field(each: dict[str, Any]) -> FieldSpec:
    kind = _kind(each)
    return FieldSpec(
        name=each["name"],
        kind=kind,
        length=TEXT_LENGTH if kind is FieldKind.TEXT else None,
        options=tuple(option["value"] for option in each.get("options", ())),
        unique=bool(each.get("hasUniqueValue")),
        writable=not each.get("calculated") and not each.get("modificationMetadata", {}).get("readOnlyValue"),
    )


def _kind(each: dict[str, Any]) -> FieldKind:
    """An enumeration whose options live elsewhere points at something, such as an owner."""
    if each.get("externalOptions") or each.get("referencedObjectType"):
        return FieldKind.REFERENCE
    if each.get("fieldType") == "checkbox":
        return FieldKind.MULTI_PICKLIST
    return _KINDS.get(each["type"], FieldKind.TEXT)
