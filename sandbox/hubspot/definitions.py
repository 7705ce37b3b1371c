"""Property definitions: what a portal knows about each field, and the rules for making a new one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.errors import invalid

FIELD_TYPES = {
    "string": {"text", "textarea", "phonenumber", "html", "file"},
    "number": {"number", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox"},
    "phone_number": {"phonenumber"},
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")


@dataclass(frozen=True)
class Property:
    """One field of an object type. `owner` marks an enumeration whose options are the portal's owners."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: tuple[tuple[str, str], ...] = ()
    unique: bool = False
    read_only: bool = False
    hubspot_defined: bool = False
    owner: bool = False
    description: str = ""

    @property
    def option_values(self) -> tuple[str, ...]:
        """The values an enumeration allows."""
        return tuple(value for value, _ in self.options)

    @property
    def many(self) -> bool:
        """Whether several options may be held at once, joined by ";"."""
        return self.field_type == "checkbox"

    def shown(self) -> dict[str, Any]:
        """The definition as the properties endpoints give it."""
        return {
            "name": self.name,
            "label": self.label,
            "type": self.type,
            "fieldType": self.field_type,
            "description": self.description,
            "groupName": self.group,
            "options": [
                {"label": label, "value": value, "displayOrder": order, "hidden": False}
                for order, (value, label) in enumerate(self.options)
            ],
            "displayOrder": -1,
            "calculated": False,
            "externalOptions": self.owner,
            **({"referencedObjectType": "OWNER"} if self.owner else {}),
            "archived": False,
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.hubspot_defined,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyOptions": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
            "formField": not self.hubspot_defined,
            "dataSensitivity": "non_sensitive",
        }


def property_from(body: dict[str, Any]) -> Property:
    """The property a create request asks for. Raises Refused (400) where HubSpot would."""
    missing = [key for key in ("name", "label", "groupName", "type", "fieldType") if not body.get(key)]
    if missing:
        raise invalid(f"Invalid property definition: {', '.join(missing)} is required", propertyName=missing)
    _check_types(body["name"], body["type"], body["fieldType"], unique=bool(body.get("hasUniqueValue")))
    options = tuple((str(option.get("value")), str(option.get("label"))) for option in body.get("options", []))
    if body["type"] == "enumeration" and not options:
        raise invalid(f"Property {body['name']} is an enumeration without options")
    return Property(
        name=body["name"],
        label=body["label"],
        type=body["type"],
        field_type=body["fieldType"],
        group=body["groupName"],
        options=options,
        unique=bool(body.get("hasUniqueValue")),
        description=body.get("description", ""),
    )


def _check_types(name: str, type_name: str, field_type: str, *, unique: bool) -> None:
    if not _NAME.fullmatch(name):
        raise invalid(f"Property name {name} must be lower case letters, digits and underscores")
    if field_type not in FIELD_TYPES.get(type_name, set()):
        raise invalid(f"Property {name}: type {type_name} cannot be shown as {field_type}")
    if unique and type_name not in ("string", "number"):
        raise invalid(f"Property {name}: only text and numbers can require unique values")
