"""Rules for changing one record: what may be written, what must be there, what must be unique.

Every refusal is a RowError with the status code a real org uses (A3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sandbox.salesforce.errors import RowError
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.tables import Changes, Record, Table, Tables
from sandbox.salesforce.values import fold, looks_like_id, normalise

ACTIVITIES = ("Task", "Event")
COMPUTED_FROM = {"Name": ("FirstName", "LastName"), "IsClosed": ("StageName", "Status"), "IsWon": ("StageName",)}


@dataclass(frozen=True)
class Author:
    """Who writes, and when. `unrestricted` may also set what only the platform can, such as IsConverted."""

    user_id: str
    at: str
    unrestricted: bool = False

    @cached_property
    def mark(self) -> dict[str, str]:
        """The entry of a changed field, the same for all this author changes."""
        return {"by": self.user_id, "at": self.at}


def insert(tables: Tables, table: Table, wanted: Record, author: Author) -> str:
    """Create a record and return its id. Raises RowError."""
    given = _prepare(table.sobject, wanted, author)
    blank = {each.name: each.default for each in table.sobject.fields}
    record = {**blank, **given, "Id": tables.new_id(table), "CreatedDate": author.at, "CreatedById": author.user_id}
    _check_required(table.sobject, record)
    return _store(tables, table, record, set(given), author)


def change(tables: Tables, table: Table, old: Record, wanted: Record, author: Author) -> None:
    """Change a record that is there. Raises RowError."""
    if old["IsDeleted"]:
        raise RowError("ENTITY_IS_DELETED", "entity is deleted")
    if old.get("IsConverted") and not author.unrestricted:
        raise RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    given = _prepare(table.sobject, wanted, author)
    record = {**old, **given}
    _check_required(table.sobject, record)
    _store(tables, table, record, set(given), author)


def existing(table: Table, record_id: Any) -> Record:
    """The record to be changed. Raises RowError MALFORMED_ID or INVALID_CROSS_REFERENCE_KEY."""
    sobject = table.sobject
    if not looks_like_id(record_id) or not record_id.startswith(sobject.prefix):
        raise RowError("MALFORMED_ID", f"{sobject.name} ID: id value of incorrect type: {record_id}", "Id")
    found = table.get(record_id)
    if found is None:
        raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    return found


def upsert_target(table: Table, by: Field, value: str | None, seen: Mapping[Any, int]) -> Record | None:
    """The record an upsert by external id changes; None where it creates one.

    `seen` counts the folded values of the request: the same key twice fails both (A3). Raises RowError.
    """
    if not value:
        raise RowError("MISSING_ARGUMENT", f"{by.name} not specified", by.name)
    if seen[fold(by, value)] > 1:
        raise RowError("DUPLICATE_VALUE", f"Duplicate external id specified: {value}", by.name)
    found = [each for each in table.find(by, value) if not each["IsDeleted"]]
    if len(found) > 1:
        ids = ", ".join(each["Id"] for each in found)
        message = f"{by.name}: more than one record found for external id field: [{ids}]"
        raise RowError("DUPLICATE_EXTERNAL_ID", message, by.name)
    return found[0] if found else None


def _prepare(sobject: SObject, wanted: Record, author: Author) -> Record:
    given = {}
    for name, value in wanted.items():
        field = _writable(sobject, name, author)
        given[field.name] = normalise(field, value)
    return given


def _writable(sobject: SObject, name: str, author: Author) -> Field:
    field = sobject.field(name)
    if field is None:
        raise RowError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    if not field.writable and not author.unrestricted:
        message = (
            f"Unable to create/update fields: {field.name}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set."
        )
        raise RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, field.name)
    return field


def _check_required(sobject: SObject, record: Record) -> None:
    missing = [name for name in sobject.required if record[name] is None]
    if missing:
        raise RowError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)


def _store(tables: Tables, table: Table, record: Record, given: set[str], author: Author) -> str:
    compute(record, given)
    if table.sobject.name in ACTIVITIES:
        _complete_activity(tables, table.sobject, record, given, author)
    _check_references(tables, table.sobject, record, given)
    _check_unique(table, record)
    stamps = {"LastModifiedDate": author.at, "LastModifiedById": author.user_id, "SystemModstamp": author.at}
    automatic = {name: value for name, value in stamps.items() if name not in given}
    before = table.changes.get(record["Id"][:15], {})
    tables.write(table, {**record, **automatic}, {**before, **_changes(table, record, given, author)})
    return str(record["Id"])


def _changes(table: Table, record: Record, given: set[str], author: Author) -> Changes:
    old = table.get(record["Id"]) or {}
    return {name: author.mark for name in given if old.get(name) != record[name]}


def compute(record: Record, given: set[str]) -> None:
    """Fill what the platform derives: a person's Name, whether a stage is closed and won."""
    for name, sources in COMPUTED_FROM.items():
        if name in record and name not in given and given.intersection(sources):
            record[name] = _COMPUTE[name](record)


def _complete_activity(tables: Tables, sobject: SObject, record: Record, given: set[str], author: Author) -> None:
    """Fill whose account an activity is, which its people and opportunities have too, and when it was completed."""
    if "AccountId" not in given:
        record["AccountId"] = _account_of(tables, sobject, record, "WhatId") or _account_of(
            tables, sobject, record, "WhoId"
        )
    if "CompletedDateTime" in record and "CompletedDateTime" not in given and "Status" in given:
        record["CompletedDateTime"] = author.at if record["IsClosed"] else None


def _account_of(tables: Tables, sobject: SObject, record: Record, via: str) -> str | None:
    field = sobject.field(via)
    target = tables.target(field, record) if field and record[via] else None
    if target is None:
        return None
    other, found = target
    return str(found["Id"]) if other.name == "Account" else found.get("AccountId")


def _full_name(record: Record) -> str:
    return " ".join(part for part in (record.get("FirstName"), record.get("LastName")) if part)


def _is_closed(record: Record) -> bool:
    return str(record.get("StageName")).startswith("Closed") or record.get("Status") == "Completed"


def _is_won(record: Record) -> bool:
    return bool(record.get("StageName") == "Closed Won")


_COMPUTE = {"Name": _full_name, "IsClosed": _is_closed, "IsWon": _is_won}


def _check_references(tables: Tables, sobject: SObject, record: Record, given: set[str]) -> None:
    for name in given:
        field = sobject.field(name)
        if field is None or field.type != "reference" or record[name] is None:
            continue
        if tables.target(field, record) is None:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", f"{name}: invalid cross reference id", name)


def _check_unique(table: Table, record: Record) -> None:
    for field in table.sobject.unique:
        if record[field.name] is None:
            continue
        for other in table.find(field, record[field.name]):
            if other["Id"] != record["Id"] and not other["IsDeleted"]:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id']}"
                raise RowError("DUPLICATE_VALUE", message, field.name)
