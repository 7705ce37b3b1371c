"""What the CRM in memory holds, and the words it refuses in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.errors import ConfigError
from connector.hosts import host_of
from connector.model import (
    AccountFields,
    Author,
    By,
    Canonical,
    FieldSpec,
    Live,
    ObjectSpec,
    Outcome,
    OutcomeKind,
    Touched,
    Write,
)

INTEGRATION = "integration"
CASELESS = frozenset({By.DOMAIN, By.NAME})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a record is refused. One that is `temporary` is deferred instead of rejected."""

    code: str
    message: str
    temporary: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """One record and who changed it last."""

    values: Mapping[str, Canonical]
    modified_at: datetime
    modified_by: str
    became: str | None = None  # of a converted lead


def author(held: Stored) -> Author:
    """Who changed a record last: the integration, or a person by name."""
    if held.modified_by == INTEGRATION:
        return Author(INTEGRATION, integration=INTEGRATION, at=held.modified_at, of_record=True)
    return Author(held.modified_by, name=held.modified_by, at=held.modified_at, of_record=True)


def known_fields(spec: ObjectSpec, names: Sequence[str]) -> list[str]:
    """Each name once. Raises ConfigError for those the object does not have."""
    unknown = [name for name in names if name not in spec.fields]
    if unknown:
        raise ConfigError([f"memory: {spec.name} has no field {name}" for name in unknown])
    return list(dict.fromkeys(names))


def found(records: Mapping[str, Stored], by: By, field: str, values: Sequence[str], asked: Sequence[str]) -> list[Live]:
    """The records a look-up finds, with the fields asked for."""
    wanted = {value.lower() for value in values} if by in CASELESS else set(values)
    return [
        Live(
            record_id, {name: held.values.get(name) for name in asked}, held.modified_at, held.modified_by, held.became
        )
        for record_id, held in records.items()
        if _named(record_id, held, by, field) in wanted
    ]


def _named(record_id: str, held: Stored, by: By, field: str) -> str:
    """What a look-up compares: the id, or the field's text."""
    if by is By.ID:
        return record_id
    value = str(held.values.get(field))
    return value.lower() if by in CASELESS else value


def holder(records: Mapping[str, Stored], name: str, value: Canonical) -> str | None:
    """The first record whose field holds the value."""
    return next((record_id for record_id, held in records.items() if held.values.get(name) == value), None)


def objection(spec: ObjectSpec, records: Mapping[str, Stored], match_field: str, write: Write) -> Refusal | None:
    """Why the records cannot take a write, or None when they can."""
    if write.record_id is not None and write.record_id not in records:
        return Refusal("NOT_FOUND", f"there is no {spec.name} {write.record_id}")
    own_id = write.record_id or holder(records, match_field, write.key)
    for name, value in write.fields.items():
        if name not in spec.fields:
            return Refusal("INVALID_FIELD", f"{spec.name} has no field {name}")
        if problem := _misfit(spec.fields[name], value):
            return problem
        other = holder(records, name, value) if spec.fields[name].unique and value is not None else None
        if other not in (None, own_id):
            return Refusal("DUPLICATE_VALUE", f"{name} is already {value} on {other}")
    return None


def _misfit(spec: FieldSpec, value: Canonical) -> Refusal | None:
    if not spec.writable:
        return Refusal("READ_ONLY", f"{spec.name} cannot be written")
    if spec.length is not None and isinstance(value, str) and len(value) > spec.length:
        return Refusal("STRING_TOO_LONG", f"{spec.name} holds {spec.length} characters")
    if spec.options and value is not None and value not in spec.options:
        return Refusal("INVALID_OPTION", f"{spec.name} has no option {value}")
    return None


def changed_since(
    records: Mapping[str, Stored], writes: Sequence[Write], unmodified_since: Mapping[str, datetime]
) -> set[str]:
    """Keys of the writes whose record was changed after its moment. Raises ValueError for one that has no moment."""
    unguarded = [write.key for write in writes if write.record_id not in unmodified_since]
    if unguarded:
        raise ValueError(f"no moment to guard the writes of {', '.join(unguarded)} by")
    changed = {each for each, since in unmodified_since.items() if each in records and _second(records[each]) > since}
    return {write.key for write in writes if write.record_id in changed}


def _second(held: Stored) -> datetime:
    return held.modified_at.replace(microsecond=0)


def refused(write: Write, refusal: Refusal) -> Outcome:
    """The outcome of a write that was refused."""
    kind = OutcomeKind.DEFERRED if refusal.temporary else OutcomeKind.REJECTED
    return Outcome(write.key, kind, write.record_id, refusal.code, refusal.message)


def changed_meanwhile(write: Write) -> Outcome:
    """The outcome of a guarded write that came too late."""
    message = "somebody changed the record after it was read"
    return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, "CHANGED_MEANWHILE", message)


def no_record(write: Write) -> Outcome:
    """The outcome of a blind write whose key no record carries."""
    return Outcome(write.key, OutcomeKind.HELD, None, "NO_RECORD", f"no record carries the key {write.key}")


def touched(record_id: str, held: Stored, named: AccountFields | None) -> Touched:
    """Whose a changed record may be."""
    if named is None:
        account = held.values.get("account_id")
        return Touched(record_id, held.modified_at, (str(account),) if account else ())
    key, host = held.values.get(named.key), host_of(held.values.get(named.domain or ""))
    names = ((str(key),) if key else (), (host,) if host else ())
    return Touched(record_id, held.modified_at, (record_id,), *names, own=True)
