"""Fill a new org from a seed: values as fields would store them, defaults where the seed is silent."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.errors import RowError
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.tables import Record, Table, Tables
from sandbox.salesforce.values import normalise
from sandbox.salesforce.writing import compute

INTEGRATION_USER = "005000000000INTAAA"
INTEGRATION_EMAIL = "integration@workspace.example"
AUTHORS = ("CreatedById", "LastModifiedById")  # a seed may name a person who is not a user of the org

Seed = dict[str, list[dict[str, Any]]]


def plant(seed: Seed, at: str, org_id: str) -> Tables:
    """Tables holding the seed; `at` dates whatever the seed leaves undated.

    Raises ValueError naming object and record for an unknown object, an unknown field or a value no field would hold.
    """
    tables = Tables()
    for name, records in seed.items():
        try:
            table = tables.of(name)
        except KeyError:
            raise ValueError(f"the seed has an object this org does not declare: {name}") from None
        for record in records:
            _plant_one(tables, table, record, at)
    _complete(tables, at, org_id)
    tables.commit()
    return tables


def _plant_one(tables: Tables, table: Table, given: Record, at: str) -> None:
    sobject = table.sobject
    try:
        values = {name: _stored(sobject, name, value) for name, value in given.items()}
    except RowError as refused:
        raise ValueError(f"seed record {sobject.name} {given.get('Id')}: {refused}") from refused
    if not values.get("Id"):
        raise ValueError(f"seed record of {sobject.name} without an Id: {sorted(given)}")
    record = {**{each.name: each.default for each in sobject.fields}, **_stamps(values, at), **values}
    compute(record, set(values))
    tables.write(table, record, {})


def _stored(sobject: SObject, name: str, value: Any) -> Any:
    field = sobject.field(name)
    if field is None or field.name != name:
        raise RowError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    return value if name in AUTHORS else normalise(field, value)


def _stamps(values: Record, at: str) -> Record:
    created = values.get("CreatedDate") or at
    modified = values.get("LastModifiedDate") or created
    author = values.get("CreatedById") or INTEGRATION_USER
    return {
        "CreatedDate": created,
        "CreatedById": author,
        "LastModifiedDate": modified,
        "LastModifiedById": author,
        "SystemModstamp": modified,
    }


def _complete(tables: Tables, at: str, org_id: str) -> None:
    """Every org has itself and the user the integration runs as."""
    user: Record = {
        "Id": INTEGRATION_USER,
        "Name": "Integration User",
        "LastName": "Integration User",
        "Username": INTEGRATION_EMAIL,
        "Email": INTEGRATION_EMAIL,
    }
    itself: Record = {"Id": org_id, "Name": "Sandbox org", "IsSandbox": True}
    for name, record in (("User", user), ("Organization", itself)):
        table = tables.of(name)
        if table.get(record["Id"]) is None:
            _plant_one(tables, table, record, at)
