"""HubSpot over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connector.destinations.hubspot import HubSpotClient, HubSpotDestination, HubSpotFacts, HubSpotSettings
from connector.model import Canonical, FactKind, FactSource, OutreachKind
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.hubspot.kinds import COMPANIES
from sandbox.hubspot.merging import merge
from sandbox.hubspot.portal import Rejection
from sandbox.hubspot.records import APP_ID, editor
from sandbox.serving import serve
from tests.contract.benches.bench import NOW, OWNER_EMAIL, Bench, Logged

NAMES = {
    "key": "pls_account_key",
    "score": "pls_score",
    "tier": "pls_tier",
    "why": "pls_why_now",
    "pql_on": "pls_pql_date",
    "routed_at": "pls_routed_at",
    "domain": "domain",
    "label": "name",
}
SOURCES = (
    FactSource(
        crm="hubspot",
        kind=FactKind.OPEN_OPPORTUNITY,
        object="deals",
        where={"hs_is_closed": ("false",)},
        unless={"pipeline": ("renewals",)},
        label="Opportunity",
        link_id="",
        at="createdate",
        owner="hubspot_owner_id",
        due="closedate",
    ),
    FactSource(
        crm="hubspot",
        kind=FactKind.OWNER,
        object="companies",
        where={},
        unless={},
        label="Account owner",
        link_id="",
        owner="hubspot_owner_id",
    ),
)


USUAL = {
    OutreachKind.CALL: {"hs_call_direction": "OUTBOUND", "hs_call_status": "COMPLETED"},
    OutreachKind.MEETING: {"hs_meeting_outcome": "COMPLETED"},
    OutreachKind.EMAIL: {"hs_email_direction": "EMAIL", "hs_email_status": "SENT"},
}
HOW = {
    (OutreachKind.CALL, "inbound"): {"hs_call_direction": "INBOUND"},
    (OutreachKind.CALL, "internal"): {"hs_call_direction": ""},
    (OutreachKind.CALL, "open"): {"hs_call_status": "QUEUED"},
    (OutreachKind.MEETING, "open"): {"hs_meeting_outcome": "CANCELED"},
    (OutreachKind.EMAIL, "inbound"): {"hs_email_direction": "INCOMING_EMAIL"},
    (OutreachKind.EMAIL, "plain"): {"hs_email_direction": "FORWARDED_EMAIL"},
    (OutreachKind.EMAIL, "sequence"): {"hs_sequence_id": "77"},
    (OutreachKind.EMAIL, "bulk"): {"hs_sequence_id": "78"},
    (OutreachKind.EMAIL, "open"): {"hs_email_status": "BOUNCED"},
}


def _company(number: int, **properties: str) -> dict[str, Any]:
    return {"id": str(100 + number), "properties": {"name": f"Account {number}", **properties}}


def _deal(number: int, pipeline: str) -> dict[str, Any]:
    properties = {
        "dealname": f"Deal {number}",
        "dealstage": "qualifiedtobuy",
        "pipeline": pipeline,
        "hubspot_owner_id": "11",
        "hs_is_closed": "false",
        "createdate": "2026-11-02T09:30:00Z",
        "closedate": "2026-12-31T00:00:00Z",
    }
    return {"id": str(500 + number), "properties": properties, "associations": {"companies": ["101"]}}


SEED = {
    "owners": [{"id": "11", "email": OWNER_EMAIL, "firstName": "Enterprise", "lastName": "AE 1", "userId": "71"}],
    "companies": [
        _company(
            1,
            domain="hot-open-sql.example",
            pls_account_key="a-1",
            pls_score="87.5",
            pls_tier="warm",
            hubspot_owner_id="11",
        ),
        _company(2, domain="quiet.example", pls_account_key="a-2", hubspot_owner_id="11"),
        _company(3, domain="twice.example"),
        _company(4, domain="twice.example"),
        _company(5, domain="hot-open-sql.example.org"),
    ],
    "contacts": [],
    "deals": [_deal(1, "default"), _deal(2, "renewals")],
}


def hubspot_bench(path_prefix: str = "v3") -> Iterator[Bench]:
    portal = HubSpotPortal(SEED, clock=lambda: NOW)
    app, _ = hubspot_app(portal)

    def refuse(record_id: str) -> None:
        portal.rejections.append(Rejection("companies", record_id, "VALIDATION_ERROR", "no", 1))

    with serve(app) as served:
        settings = HubSpotSettings(portal.token, base_url=served.url, path_prefix=path_prefix, app_id=APP_ID)
        client = HubSpotClient(settings)
        destination = HubSpotDestination(client)
        yield Bench(
            destination=destination,
            facts=HubSpotFacts(client, SOURCES),
            object="companies",
            names=NAMES,
            first="101",
            second="102",
            absent="999",
            identity=str(portal.portal_id),
            refuse=refuse,
            reset=portal.reset,
            edit=lambda record_id, fields: _edit(portal, record_id, fields),
            merge=lambda loser, survivor: _merge(portal, loser, survivor),
            log=lambda logged: _log(portal, logged),
            hide=lambda kind: portal.hide(f"{kind}s"),
            blind=destination,
        )
        client.close()


def _edit(portal: HubSpotPortal, record_id: str, fields: dict[str, Canonical]) -> None:
    portal.edit("companies", record_id, fields, by=OWNER_EMAIL)


def _merge(portal: HubSpotPortal, loser: str, survivor: str) -> None:
    merge(portal, COMPANIES, survivor, loser, editor(OWNER_EMAIL, portal.owners))


def _log(portal: HubSpotPortal, logged: Logged) -> str:
    fields = {
        "hs_timestamp": logged.at.isoformat(),
        "hubspot_owner_id": "11",
        **USUAL[logged.kind],
        **HOW.get((logged.kind, logged.how), {}),
    }
    return portal.create(f"{logged.kind}s", fields, OWNER_EMAIL, [logged.record_id])
