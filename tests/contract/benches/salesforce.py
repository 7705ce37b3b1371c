"""Salesforce over HTTPS, the connected app signed in by JWT."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.destinations.salesforce import (
    SalesforceBulk,
    SalesforceClient,
    SalesforceDestination,
    SalesforceFacts,
    SalesforceSettings,
)
from connector.model import Canonical, FactKind, FactSource, OutreachKind
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve
from tests.contract.benches.bench import NOW, OWNER_EMAIL, Bench, Logged

NAMES = {
    "key": "PLS_Account_Key__c",
    "score": "PLS_Score__c",
    "tier": "PLS_Tier__c",
    "why": "PLS_Why_Now__c",
    "pql_on": "PLS_PQL_Date__c",
    "routed_at": "PLS_Routed_At__c",
    "domain": "Website",
    "label": "Name",
}
SOURCES = (
    FactSource(
        crm="salesforce",
        kind=FactKind.OPEN_OPPORTUNITY,
        object="Opportunity",
        where={"IsClosed": ("false",)},
        unless={"Type": ("Renewal",)},
        label="Opportunity",
        link_id="AccountId",
        at="CreatedDate",
        owner="Owner",
        due="CloseDate",
    ),
    FactSource(
        crm="salesforce",
        kind=FactKind.OWNER,
        object="Account",
        where={},
        unless={},
        label="Account owner",
        link_id="",
        owner="OwnerId",
    ),
)


HELD_BY = {OutreachKind.CALL: "Task", OutreachKind.MEETING: "Event", OutreachKind.EMAIL: "EmailMessage"}
HOW: dict[str, dict[str, Any]] = {
    "inbound": {"CallType": "Inbound"},
    "internal": {"CallType": "Internal"},
    "open": {"Status": "Not Started", "CompletedDateTime": None},
    "bulk": {"TaskSubtype": "ListEmail"},
    "sequence": {"TaskSubtype": "Cadence"},
    "plain": {"TaskSubtype": "Task"},
}


def _account(number: int, **fields: Any) -> dict[str, Any]:
    return {"Id": f"001{number:012d}AAA", "Name": f"Account {number}", **fields}


def _opportunity(number: int, **fields: Any) -> dict[str, Any]:
    standard = {"AccountId": "001000000000001AAA", "Name": f"Opportunity {number}", "CloseDate": "2026-12-31"}
    return {
        "Id": f"006{number:012d}AAA",
        **standard,
        "StageName": "Qualification",
        "OwnerId": "005000000000001AAA",
        "CreatedDate": "2026-11-02T09:30:00.000+0000",
        **fields,
    }


SEED = {
    "User": [
        {
            "Id": "005000000000001AAA",
            "Name": "Enterprise AE 1",
            "LastName": "Enterprise AE 1",
            "Username": OWNER_EMAIL,
            "Email": OWNER_EMAIL,
            "IsActive": True,
        }
    ],
    "Account": [
        _account(
            1,
            Website="https://www.hot-open-sql.example/pricing",
            PLS_Account_Key__c="a-1",
            PLS_Score__c=87.5,
            PLS_Tier__c="warm",
            OwnerId="005000000000001AAA",
        ),
        _account(2, Website="quiet.example", PLS_Account_Key__c="a-2", OwnerId="005000000000001AAA"),
        _account(3, Website="http://twice.example"),
        _account(4, Website="TWICE.example/"),
        _account(5, Website="hot-open-sql.example.org"),
    ],
    "Opportunity": [_opportunity(1, Type="New Business"), _opportunity(2, Type="Renewal")],
}


def salesforce_bench(folder: Path) -> Iterator[Bench]:
    org = SalesforceOrg(SEED, clock=lambda: NOW)
    app, _ = salesforce_app(org)
    tls = Tls.create(folder)
    with serve(app, tls=tls) as served:
        settings = SalesforceSettings(
            instance_url=served.url,
            consumer_key=org.consumer_key,
            private_key=org.private_key_pem,
            username="integration@workspace.example",
            ca_bundle=str(tls.ca_file),
        )
        client = SalesforceClient(settings, clock=lambda: datetime.now(UTC))
        destination = SalesforceDestination(client)
        yield Bench(
            destination=destination,
            facts=SalesforceFacts(client, SOURCES),
            object="Account",
            names=NAMES,
            first="001000000000001AAA",
            second="001000000000002AAA",
            absent="001000000000099AAA",
            identity=org.org_id,
            refuse=lambda record_id: org.reject("Account", record_id, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no"),
            reset=org.reset,
            edit=lambda record_id, fields: _edit(org, record_id, fields),
            merge=lambda loser, survivor: _merge(org, loser, survivor),
            log=lambda logged: _log(org, logged),
            hide=lambda kind: org.hide(HELD_BY[kind]),
            bulk=SalesforceBulk(client),
            guarded=destination,
        )
        client.close()


def _edit(org: SalesforceOrg, record_id: str, fields: dict[str, Canonical]) -> None:
    org.edit("Account", record_id, fields, by="Enterprise AE 1")


def _merge(org: SalesforceOrg, loser: str, survivor: str) -> None:
    org.delete("Account", loser, "Enterprise AE 1", merged_into=survivor)


def _log(org: SalesforceOrg, logged: Logged) -> str:
    at = logged.at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    if logged.kind is OutreachKind.MEETING:
        return org.create("Event", {"WhatId": logged.record_id, "StartDateTime": at}, by="Enterprise AE 1")
    task: dict[str, Any] = {
        "WhatId": logged.record_id,
        "TaskSubtype": "Call" if logged.kind is OutreachKind.CALL else "Email",
        "Status": "Completed",
        "CompletedDateTime": at,
        **(HOW.get(logged.how, {}) if (logged.kind, logged.how) != (OutreachKind.EMAIL, "inbound") else {}),
    }
    task_id = org.create("Task", task, by="Enterprise AE 1")
    if logged.kind is OutreachKind.EMAIL:
        org.create("EmailMessage", {"ActivityId": task_id, "Incoming": logged.how == "inbound"}, by="Enterprise AE 1")
    return task_id
