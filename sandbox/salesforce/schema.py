"""What an org's objects are made of: field types, limits and flags, and how to look them up.

The objects themselves are declared in `objects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

TEXT_TYPES = frozenset({"string", "textarea", "picklist", "multipicklist", "email", "phone", "url"})
NUMBER_TYPES = frozenset({"double", "currency", "int"})
ID_TYPES = frozenset({"id", "reference"})


@dataclass(frozen=True)
class Field:
    """One field as `describe` shows it. `relation` is the name relationship paths use, such as "Owner"."""

    name: str
    type: str = "string"
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    writable: bool = True
    unique: bool = False
    external_id: bool = False
    case_sensitive: bool = False
    choices: tuple[str, ...] = ()
    restricted: bool = False
    refers_to: tuple[str, ...] = ()
    relation: str | None = None
    default: Any = None

    @property
    def indexed(self) -> bool:
        """Fields a real org indexes by itself, so that filters on them stay fast."""
        return self.unique or self.external_id or self.type in ID_TYPES or self.type == "email"

    @property
    def custom(self) -> bool:
        return self.name.endswith("__c")


@dataclass(frozen=True)
class SObject:
    """One object type. `prefix` begins the id of each of its records."""

    name: str
    prefix: str
    fields: tuple[Field, ...]

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {field.name.lower(): field for field in self.fields}

    @cached_property
    def _by_relation(self) -> dict[str, Field]:
        return {field.relation.lower(): field for field in self.fields if field.relation}

    def field(self, name: str) -> Field | None:
        """The field called `name` in any case, as in SOQL and in JSON bodies."""
        return self._by_name.get(name.lower())

    def relation(self, name: str) -> Field | None:
        """The reference field behind a relationship name such as "Owner"."""
        return self._by_relation.get(name.lower())

    @cached_property
    def indexed(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.indexed)

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.unique)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields if field.required)


def text(name: str, length: int = 255, **flags: Any) -> Field:
    return Field(name, "string", length=length, **flags)


def picklist(name: str, *choices: str, **flags: Any) -> Field:
    return Field(name, "picklist", length=255, choices=choices, **flags)


def multi_picklist(name: str, *choices: str, **flags: Any) -> Field:
    """Several choices at once, joined by ";"."""
    return Field(name, "multipicklist", length=4_099, choices=choices, **flags)


def number(name: str, precision: int, scale: int, kind: str = "double") -> Field:
    return Field(name, kind, precision=precision, scale=scale)


def boolean(name: str, *, default: bool = False, writable: bool = True) -> Field:
    return Field(name, "boolean", default=default, writable=writable)


def reference(name: str, *targets: str, writable: bool = True) -> Field:
    """A lookup: "OwnerId" gives the relation "Owner"."""
    relation = name.removesuffix("Id")
    return Field(name, "reference", length=18, refers_to=targets, relation=relation, writable=writable)


def read_only(name: str, kind: str, length: int = 0) -> Field:
    return Field(name, kind, length=length, writable=False)
