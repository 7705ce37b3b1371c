"""What `describe` says of an object, as an ObjectSpec."""

from __future__ import annotations

from typing import Any

from connector.model import FieldKind, FieldSpec, ObjectSpec

_KINDS = {
    "boolean": FieldKind.BOOLEAN,
    "currency": FieldKind.NUMBER,
    "date": FieldKind.DATE,
    "datetime": FieldKind.DATETIME,
    "double": FieldKind.NUMBER,
    "id": FieldKind.REFERENCE,
    "int": FieldKind.NUMBER,
    "long": FieldKind.NUMBER,
    "multipicklist": FieldKind.MULTI_PICKLIST,
    "percent": FieldKind.NUMBER,
    "picklist": FieldKind.PICKLIST,
    "reference": FieldKind.REFERENCE,
}


def object_spec(described: dict[str, Any]) -> ObjectSpec:
    """The object by field name, from the JSON of `sobjects/{name}/describe`."""
    fields = {each["name"]: _field(each) for each in described["fields"]}
    return ObjectSpec(described["name"], fields)


def _field(each: dict[str, Any]) -> FieldSpec:
    kind = _KINDS.get(each["type"], FieldKind.TEXT)
    return FieldSpec(
        name=each["name"],
        kind=kind,
        length=each.get("length") or None,
        scale=each.get("scale", 0) if kind is FieldKind.NUMBER else None,
        options=_options(each),
        unique=bool(each.get("unique")) or each["type"] == "id",
        writable=bool(each.get("updateable")),
        blank=False if kind is FieldKind.BOOLEAN else None,  # a checkbox is unticked, and refuses null
    )


def _options(each: dict[str, Any]) -> tuple[str, ...]:
    """Only a restricted picklist limits its values, and only to the active ones."""
    if not each.get("restrictedPicklist"):
        return ()
    return tuple(option["value"] for option in each.get("picklistValues", ()) if option.get("active", True))
