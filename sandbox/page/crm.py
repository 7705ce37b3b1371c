"""The right-hand side: CRM records that changed, newest first, each change with who made it and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.page.worlds import Readable, read

MOST_ROWS = 100
MINUTE = len("2026-11-20T10:00")
MOST_OTHER_FIELDS = 12
STAMPS = {"CreatedById", "CreatedDate", "LastModifiedById", "LastModifiedDate", "SystemModstamp"}
HIDDEN = {"_changed", "attributes", "Id", "IsDeleted", "hs_object_id", *STAMPS}


@dataclass(frozen=True)
class Crm:
    """How one CRM lays its records out."""

    kinds: tuple[str, ...]
    people: str
    person: Callable[[Mapping[str, Any]], tuple[str, str]]
    fields: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    record_id: str
    names: tuple[str, ...]
    summary: tuple[str, ...]


SALESFORCE = Crm(
    kinds=("Account", "Lead", "Contact", "Opportunity"),
    people="User",
    person=lambda user: (str(user["Id"]), str(user["Name"])),
    fields=lambda record: record,
    record_id="Id",
    names=("Name", "LastName", "Email"),
    summary=("PLS_Tier__c", "PLS_Score__c", "PLS_Route__c"),
)
HUBSPOT = Crm(
    kinds=("companies", "contacts", "deals"),
    people="owners",
    person=lambda owner: (str(owner["id"]), f"{owner['firstName']} {owner['lastName']}"),
    fields=lambda record: record["properties"],
    record_id="id",
    names=("name", "dealname", "email", "domain"),
    summary=("pls_tier", "pls_score", "pls_route"),
)
CRMS = {"salesforce": SALESFORCE, "hubspot": HUBSPOT}


def crm_side(world: Readable, crm: Crm, wanted: str) -> dict[str, Any]:
    """Rows to show and how many there are. `wanted` searches every value, changed records still first."""
    people = dict(crm.person(person) for person in read(world, crm.people))
    every = [(kind, record) for kind in crm.kinds for record in read(world, kind)]
    changed = [(kind, record) for kind, record in every if record["_changed"]]
    shown = [(kind, record) for kind, record in every if _matches(crm, record, wanted)] if wanted else changed
    # One sync changes thousands within a minute: among those the highest scores are worth a look first.
    shown.sort(key=lambda row: (_changed_at(row[1])[:MINUTE], _score(crm, row[1])), reverse=True)
    return {
        "total": len(every),
        "changed": len(changed),
        "matching": len(shown),
        "rows": [_row(crm, people, kind, record) for kind, record in shown[:MOST_ROWS]],
    }


def _matches(crm: Crm, record: Mapping[str, Any], wanted: str) -> bool:
    needle = wanted.casefold()
    return any(needle in str(value).casefold() for value in crm.fields(record).values() if value is not None)


def _score(crm: Crm, record: Mapping[str, Any]) -> float:
    try:
        return float(crm.fields(record).get(crm.summary[1]) or 0)
    except ValueError:
        return 0.0


def _changed_at(record: Mapping[str, Any]) -> str:
    return max((change["at"] for change in record["_changed"].values()), default="")


def _row(crm: Crm, people: Mapping[str, str], kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    fields = crm.fields(record)
    return {
        "id": str(record[crm.record_id]),
        "object": kind,
        "name": _first(fields, crm.names) or str(record[crm.record_id]),
        "deleted": bool(record.get("IsDeleted")),
        "summary": [_shown(people, fields.get(name)) for name in crm.summary],
        "changed_at": _changed_at(record),
        "fields": list(_fields(people, fields, record["_changed"])),
    }


def _first(fields: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next((str(fields[name]) for name in names if fields.get(name)), None)


def _fields(
    people: Mapping[str, str], fields: Mapping[str, Any], changed: Mapping[str, Mapping[str, str]]
) -> Iterable[dict[str, str]]:
    """The changed fields, newest first, then a few of the rest."""
    for name, change in sorted(changed.items(), key=lambda item: item[1]["at"], reverse=True):
        value = _shown(people, fields.get(name))
        yield {"name": name, "value": value, "by": _shown(people, change["by"]), "at": change["at"]}
    rest = [name for name, value in fields.items() if name not in changed and name not in HIDDEN and value is not None]
    for name in rest[:MOST_OTHER_FIELDS]:
        yield {"name": name, "value": _shown(people, fields[name])}


def _shown(people: Mapping[str, str], value: Any) -> str:
    """A value as text; ids of people become their names."""
    return "" if value is None else people.get(str(value), str(value))
