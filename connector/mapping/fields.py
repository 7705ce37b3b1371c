"""A mapping as frozen values, and what it wants each field of one record to hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.errors import InvalidValueError
from connector.mapping.attribution import attribution
from connector.mapping.coercion import clip, coerce
from connector.model import Canonical, Decision, FieldKind, FieldSpec, MergePolicy, Record, WarehouseValue

DECISION = "decision."
PLG_STAGE = f"{DECISION}plg_stage"
ATTRIBUTION = f"{DECISION}attribution"
_NOT_A_FIT = f"{DECISION}not_a_fit"
MATCH_METHOD = "match.method"
DECISION_FIELDS = (
    "route",
    "rule",
    "reason",
    "tier",
    "segment",
    "motion",
    "why_now",
    "top_signals",
    "plg_stage",
    "crm_stage",
    "routed_to",
    "routed_at",
    "attribution",
    "not_a_fit",
)


class Mode(StrEnum):
    """Whether a mapping may create records."""

    UPDATE_ONLY = "update_only"
    UPSERT = "upsert"
    CREATE_ONLY = "create_only"


class OnNull(StrEnum):
    """What a null in the warehouse, or an account that vanished from it, does to the field (D22)."""

    CLEAR = "clear"
    SKIP = "skip"


KEEPS_EDITS = frozenset({MergePolicy.CRM_WINS_IF_EDITED, MergePolicy.LATEST})
"""Policies that ask whose the value in the CRM is: a person's holds ours back (D20)."""

CAN_CLEAR = frozenset({MergePolicy.WAREHOUSE_WINS, MergePolicy.CRM_WINS_IF_EDITED, MergePolicy.LATEST})


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One field: where its value comes from and how it meets what the CRM holds.

    `source` is a warehouse column, `decision.<name>` or `match.method`. `order` ranks the values of a
    `furthest` field; `as_of` names the column that dates a `latest` one.
    """

    to: str
    source: str
    merge: MergePolicy
    on_null: OnNull = OnNull.SKIP
    order: tuple[str, ...] = ()
    as_of: str | None = None
    on_missing: OnNull = OnNull.SKIP

    @property
    def clears(self) -> bool:
        """Whether a null in the warehouse clears the field."""
        return self.on_null is OnNull.CLEAR and self.merge in CAN_CLEAR

    @property
    def column(self) -> str | None:
        """The warehouse column it comes from; None where it comes from a decision or the match."""
        return None if self.source.startswith((DECISION, "match.")) else self.source


@dataclass(frozen=True, slots=True)
class Declared:
    """A relation of the warehouse as mappings see it: its columns, and which of them holds the key of a row."""

    key: str
    columns: Collection[str]


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """One mapping file. `version` changes whenever the file's meaning does.

    `source` names the relation whose rows it carries; keys, memory and audit are those of that relation's rows.
    `domain_to` is the CRM field that holds the company's domain, `email_to` the one that holds a person's e-mail, for
    matching records without our key (D5). `strict` makes every write depend on nobody having changed the record since
    it was read, `blind` writes by key without reading, `bulk_window` allows jobs although people edit fields of the
    object (D21).
    """

    name: str
    destination: str
    object: str
    source: str
    match_from: str
    match_to: str
    domain_to: str | None
    mode: Mode
    fields: tuple[FieldMapping, ...]
    version: str
    strict: bool = False
    blind: bool = False
    bulk_window: bool = False
    email_to: str | None = None

    @property
    def tells_not_a_fit(self) -> bool:
        """Whether the CRM is told when somebody calls an account no fit in Slack (D42)."""
        return any(f.source == _NOT_A_FIT for f in self.fields)

    @property
    def edited(self) -> bool:
        """Whether people's edits of any field are to be kept."""
        return any(f.merge in KEEPS_EDITS for f in self.fields)

    @property
    def columns(self) -> frozenset[str]:
        """Warehouse columns this mapping reads."""
        named = {f.column for f in self.fields if f.column}
        return frozenset(named | {f.as_of for f in self.fields if f.as_of})

    @property
    def clears_missing(self) -> bool:
        """Whether any field is cleared once its account has vanished from the warehouse (D22)."""
        return any(f.on_missing is OnNull.CLEAR for f in self.fields)

    @property
    def decided_fields(self) -> tuple[FieldMapping, ...]:
        """The fields that carry the decision to the CRM."""
        return tuple(f for f in self.fields if f.source.startswith(DECISION))

    @property
    def uses_decision(self) -> bool:
        """Whether any field carries the decision to the CRM."""
        return bool(self.decided_fields)


def wanted(
    mapping: ObjectMapping,
    record: Record,
    decision: Decision | None,
    matched_by: str | None,
    specs: Mapping[str, FieldSpec],
) -> dict[str, Canonical]:
    """What the warehouse and the decision want each mapped field to hold, in canonical form.

    Raises InvalidValueError naming the field when a value does not fit it.
    """
    values: dict[str, Canonical] = {}
    for field in mapping.fields:
        spec = specs[field.to]
        raw = _raw(field, record, decision, matched_by)
        if field.source.startswith(DECISION):
            raw = _told(raw, spec)
        try:
            value = coerce(raw, spec)
            values[field.to] = spec.blank if value is None and field.clears else value
        except InvalidValueError as error:
            raise InvalidValueError(f"{field.to} from {field.source}: {error}") from None
    return values


def _raw(field: FieldMapping, record: Record, decision: Decision | None, matched_by: str | None) -> WarehouseValue:
    if field.source == MATCH_METHOD:
        return matched_by
    if not field.source.startswith(DECISION):
        return record.values[field.source]
    if decision is None:
        return None
    if field.source == ATTRIBUTION:
        return attribution(record)
    value = getattr(decision, field.source.removeprefix(DECISION))
    return str(value) if isinstance(value, StrEnum) else value


def _told(value: WarehouseValue, spec: FieldSpec) -> WarehouseValue:
    """Several words as choices where the field takes choices, else as a text that fits it."""
    if isinstance(value, tuple) and spec.kind is not FieldKind.MULTI_PICKLIST:
        value = ", ".join(value)
    return clip(value, spec.length) if isinstance(value, str) and spec.length else value
