"""Field paths such as Owner.Name: what they lead to, how they are read from a record and shown in a response."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from sandbox.salesforce.errors import RestError
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql import Path
from sandbox.salesforce.tables import Record, Tables

Reader = Callable[[Record], Any]
Found = tuple[SObject, Record]


def attributes(sobject: SObject, record: Record, version: str) -> dict[str, str]:
    """A record's type and address."""
    return {"type": sobject.name, "url": f"/services/data/v{version}/sobjects/{sobject.name}/{record['Id']}"}


def no_such_column(sobject: SObject, name: str) -> RestError:
    """The answer to a query, retrieve or filter that names a field the object does not have."""
    message = (
        f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a custom field, be sure to "
        "append the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
        "appropriate names."
    )
    return RestError(400, "INVALID_FIELD", message)


def resolve(sobject: SObject, path: Path) -> Field:
    """The field at the end of a path. Raises RestError INVALID_FIELD naming what is not there."""
    for name, following in pairwise(path):
        sobject = _across(sobject, name, following)
    field = sobject.field(path[-1])
    if field is None:
        raise no_such_column(sobject, path[-1])
    return field


def reader(tables: Tables, sobject: SObject, path: Path) -> Reader:
    """A function from a record to the path's value: None where a relation is empty. Raises as resolve() does."""
    name = resolve(sobject, path).name
    if len(path) == 1:
        return lambda record: record[name]
    return lambda record: _read(tables, (sobject, record), path)


def show(tables: Tables, found: Found, path: Path, shown: Record, version: str) -> None:
    """Add the path's value to a record of a response, relations as records of their own."""
    sobject, record = found
    if len(path) == 1:
        field = sobject.field(path[0])
        shown[field.name if field else path[0]] = record[field.name] if field else None
        return
    label = _relation_name(sobject, path[0])
    target = _step(tables, found, path[0])
    if target is None:
        shown[label] = None
        return
    inside = shown.setdefault(label, {"attributes": attributes(*target, version)})
    show(tables, target, path[1:], inside, version)


def _across(sobject: SObject, name: str, following: str) -> SObject:
    """The object a relationship leads to; of several, the first that knows what the path wants next."""
    via = sobject.relation(name)
    if via is None:
        message = f"Didn't understand relationship '{name}' in field path on entity '{sobject.name}'."
        raise RestError(400, "INVALID_FIELD", message)
    targets = [each for each in map(find_object, via.refers_to) if each is not None]
    return next((each for each in targets if each.field(following) or each.relation(following)), targets[-1])


def _read(tables: Tables, found: Found, path: Path) -> Any:
    for name in path[:-1]:
        target = _step(tables, found, name)
        if target is None:
            return None
        found = target
    sobject, record = found
    field = sobject.field(path[-1])
    return record[field.name] if field else None  # a queue that owns a lead has no e-mail, a user has


def _step(tables: Tables, found: Found, name: str) -> Found | None:
    sobject, record = found
    via = sobject.relation(name)
    return tables.target(via, record) if via else None


def _relation_name(sobject: SObject, name: str) -> str:
    via = sobject.relation(name)
    return via.relation if via and via.relation else name
