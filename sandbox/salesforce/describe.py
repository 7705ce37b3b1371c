"""What an org tells about itself: API versions, limits, objects and their fields."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.objects import OBJECTS
from sandbox.salesforce.schema import ID_TYPES, TEXT_TYPES, Field, SObject

BULK_QUERY_JOBS = 10_000


def versions(version: str) -> list[dict[str, str]]:
    """The list at /services/data/."""
    return [{"label": "Sandbox", "url": f"/services/data/v{version}", "version": version}]


def resources(call: Call) -> Answer:
    names = ("composite", "jobs", "limits", "query", "queryAll", "sobjects")
    return Answer({name: call.url(name) for name in names}, kind="describe")


def limits(call: Call) -> Answer:
    """GET /limits (A1)."""
    usage, batches, now = call.org.usage, call.org.bulk.batches, call.org.clock()
    body = {
        "DailyApiRequests": {"Max": usage.limit, "Remaining": usage.left(now)},
        "DailyBulkApiBatches": {"Max": batches.limit, "Remaining": batches.left(now)},
        "DailyBulkV2QueryJobs": {"Max": BULK_QUERY_JOBS, "Remaining": BULK_QUERY_JOBS},
    }
    return Answer(body, kind="limits")


def describe_global(call: Call) -> Answer:
    body = {
        "encoding": "UTF-8",
        "maxBatchSize": 200,
        "sobjects": [_summary(each, call.version) for each in OBJECTS.values()],
    }
    return Answer(body, kind="describe")


def describe_object(call: Call) -> Answer:
    """GET /sobjects/{object}/describe. Raises RestError 404 for an unknown object."""
    sobject = call.sobject
    fields = [_field(each) for each in sobject.fields]
    return Answer({**_summary(sobject, call.version), "fields": fields}, kind="describe")


def _summary(sobject: SObject, version: str) -> dict[str, Any]:
    address = f"/services/data/v{version}/sobjects/{sobject.name}"
    flags = ("createable", "deletable", "queryable", "retrieveable", "searchable", "updateable")
    return {
        "name": sobject.name,
        "label": sobject.name,
        "labelPlural": f"{sobject.name}s",
        "keyPrefix": sobject.prefix,
        "custom": False,
        **dict.fromkeys(flags, sobject.name != "Organization"),
        "urls": {"sobject": address, "describe": f"{address}/describe", "rowTemplate": f"{address}/{{ID}}"},
    }


def _field(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "label": field.name.removesuffix("__c").replace("_", " "),
        "type": field.type,
        "length": field.length,
        "byteLength": field.length * 3 if field.type in TEXT_TYPES else field.length,
        "precision": field.precision if field.type != "int" else 0,
        "digits": field.precision if field.type == "int" else 0,
        "scale": field.scale,
        "nillable": not field.required and field.type not in ("id", "boolean"),
        "createable": field.writable,
        "updateable": field.writable,
        "calculated": False,
        "custom": field.custom,
        "unique": field.unique,
        "externalId": field.external_id,
        "idLookup": field.external_id or field.type == "id",
        "caseSensitive": field.case_sensitive,
        "nameField": field.name == "Name",
        "defaultValue": field.default,
        "defaultedOnCreate": field.default is not None,
        "filterable": True,
        "sortable": True,
        "groupable": field.type not in ("double", "currency", "datetime"),
        "restrictedPicklist": field.restricted,
        "picklistValues": [_choice(choice, field) for choice in field.choices],
        "referenceTo": list(field.refers_to),
        "relationshipName": field.relation,
        "soapType": "tns:ID" if field.type in ID_TYPES else f"xsd:{_SOAP.get(field.type, 'string')}",
    }


_SOAP = {
    "double": "double",
    "currency": "double",
    "int": "int",
    "boolean": "boolean",
    "date": "date",
    "datetime": "dateTime",
}


def _choice(choice: str, field: Field) -> dict[str, Any]:
    return {"active": True, "defaultValue": choice == field.default, "label": choice, "validFor": None, "value": choice}
