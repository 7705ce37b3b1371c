"""One object type's schema: its property groups and properties, and what may be done to them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.hubspot.definitions import Property, property_from
from sandbox.hubspot.errors import CONFLICT, NOT_FOUND, VALIDATION, Problem, Refused, invalid
from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.standard import GROUPS, properties_of
from sandbox.hubspot.values import BadValue, canonical

MOST_UNIQUE = 10


@dataclass
class Catalog:
    """The schema of `kind`. `owner_ids` are the values that owner properties accept."""

    kind: ObjectKind
    owner_ids: Collection[str]
    properties: dict[str, Property] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.groups.update(GROUPS[self.kind.name])
        self.properties.update({known.name: known for known in properties_of(self.kind.name)})

    def get(self, name: str) -> Property:
        """The property called `name`. Raises Refused (404)."""
        if name not in self.properties:
            raise Refused(404, NOT_FOUND, f'Property "{name}" does not exist', context={"propertyName": [name]})
        return self.properties[name]

    def define(self, body: dict[str, Any]) -> Property:
        """Create the property asked for. Raises Refused: 409 when the name is taken, else 400.

        At most ten properties of one object type can require unique values (B1).
        """
        wanted = property_from(body)
        if wanted.name in self.properties:
            raise Refused(409, CONFLICT, f"A property named '{wanted.name}' already exists.")
        if wanted.group not in self.groups:
            raise invalid(f"Property group '{wanted.group}' does not exist", groupName=[wanted.group])
        if wanted.unique and self._custom_unique() >= MOST_UNIQUE:
            raise invalid(f"{self.kind.name} already has {MOST_UNIQUE} properties with unique values")
        self.properties[wanted.name] = wanted
        return wanted

    def _custom_unique(self) -> int:
        return sum(known.unique and not known.hubspot_defined for known in self.properties.values())

    def remove(self, name: str) -> None:
        """Archive a property. Raises Refused: 404 when unknown, 400 when it is HubSpot's own."""
        if self.get(name).hubspot_defined:
            raise invalid(f"Property {name} is defined by HubSpot and cannot be archived")
        del self.properties[name]

    def define_group(self, body: dict[str, Any]) -> str:
        """Create a property group and return its name. Raises Refused: 409 when taken, else 400."""
        name, label = body.get("name"), body.get("label")
        if not name or not label:
            raise invalid("A property group needs a name and a label")
        if name in self.groups:
            raise Refused(409, CONFLICT, f"A property group named '{name}' already exists.")
        self.groups[name] = label
        return str(name)

    def group(self, name: str) -> dict[str, Any]:
        """A property group as the endpoints give it. Raises Refused (404)."""
        if name not in self.groups:
            raise Refused(404, NOT_FOUND, f"Property group '{name}' does not exist")
        return {"name": name, "label": self.groups[name], "displayOrder": -1, "archived": False}

    def widen(self, name: str, options: Collection[str]) -> None:
        """Let an enumeration hold more options: a portal's stages are its own, not HubSpot's."""
        known = self.properties[name]
        added = tuple((option, option) for option in options if option not in known.option_values)
        self.properties[name] = replace(known, options=(*known.options, *added))

    def unique_property(self, name: str, portal_id: int) -> str:
        """`name`, once proven fit to identify a record. Raises Refused (400): hs_object_id is not unique (B1)."""
        known = self.properties.get(name)
        if known is None or not known.unique:
            raise invalid(
                f"Unable to perform update/upsert by non-unique {self.kind.type_id} property {name}"
                f" in portal ID {portal_id}"
            )
        return name

    def kept(self, values: Mapping[str, str], *, by_person: bool = False) -> dict[str, str]:
        """`values` as they would be kept. A person's edit may also set what the API may only read.

        Raises Refused (400) naming every property whose value is not acceptable.
        """
        kept: dict[str, str] = {}
        problems: list[Problem] = []
        for name, raw in values.items():
            try:
                kept[name] = self._keep(name, raw, by_person=by_person)
            except BadValue as error:
                problems.append(Problem(str(error), error.code, name))
        if problems:
            raise Refused(400, VALIDATION, _sentence(problems), problems=tuple(problems))
        return kept

    def _keep(self, name: str, raw: str, *, by_person: bool) -> str:
        known = self.properties.get(name)
        if known is None:
            raise BadValue("PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if known.read_only and not by_person:
            raise BadValue("READ_ONLY_VALUE", f'"{name}" is a read only property; its value cannot be set.')
        options = self.owner_ids if known.owner else known.option_values
        return canonical(known.type, raw, options=options, many=known.many)


def _sentence(problems: list[Problem]) -> str:
    verdicts = [
        {"isValid": False, "message": problem.message, "error": problem.code, "name": problem.property_name}
        for problem in problems
    ]
    return f"Property values were not valid: {json.dumps(verdicts)}"
