"""A CRM as it is now: what its objects offer, what a record holds, and whose record it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.model.values import Canonical


class FieldKind(StrEnum):
    """What a CRM field stores, as far as coercion needs to know."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    PICKLIST = "picklist"
    MULTI_PICKLIST = "multi_picklist"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One CRM field. `length` in characters, `scale` in decimal places; None means unlimited.

    `blank` is what a cleared field holds: nothing, but False where a field is always one of two.
    """

    name: str
    kind: FieldKind
    length: int | None = None
    scale: int | None = None
    options: tuple[str, ...] = ()  # the only values a restricted picklist takes; () means any
    unique: bool = False
    writable: bool = True
    blank: Canonical = None


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """What one CRM object offers, by field name."""

    name: str
    fields: Mapping[str, FieldSpec]


class By(StrEnum):
    """How records are looked up, in the order of D5."""

    ID = "id"
    KEY = "key"
    DOMAIN = "domain"
    NAME = "name"  # what a record is called: a suggestion, never a match


@dataclass(frozen=True, slots=True)
class Live:
    """One CRM record at the live read. `values` are canonical and hold every field asked for.

    `became` says what a converted lead became: it is never written again (D8).
    """

    record_id: str
    values: Mapping[str, Canonical]
    modified_at: datetime | None = None
    modified_by: str | None = None
    became: str | None = None


class MatchMethod(StrEnum):
    """How an account found its CRM record (D5), or why it has none."""

    REMEMBERED = "remembered"
    KEY = "key"
    DOMAIN = "domain"
    EMAIL = "email"
    LINKED = "linked"  # a person said so
    NONE = "none"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class Match:
    """The CRM record of one account, or none. `candidates` are record ids when ambiguous."""

    method: MatchMethod
    live: Live | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Author:
    """Who last set a field (D20): a person by `name`, or a program, whose id or kind is `integration`.

    `id` is the CRM's own for either. `at` is when, UTC, where known. `of_record` marks a CRM that keeps one author for
    the whole record: who changed another field hides who changed this one.
    """

    id: str
    name: str | None = None
    integration: str | None = None
    at: datetime | None = None
    of_record: bool = False


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who set the values of one record that are none we remember: which of them are ours after all, and by whom others.

    `ours` are fields whose value we or a declared integration wrote; `others` names who set a field, by field.
    """

    ours: frozenset[str] = frozenset()
    others: Mapping[str, str] = field(default_factory=dict)


UNASKED = Authorship()
