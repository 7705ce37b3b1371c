"""What the Salesforce stand-in's tests share: a small seed, a clock that is moved by hand, a signed-in client."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sandbox.control import Control
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Served, Tls, serve

START = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
DATA = "/services/data/v64.0"
COLLECTIONS = f"{DATA}/composite/sobjects"

ALPHA, BETA, GAMMA = "001000000000001AAA", "001000000000002AAA", "001000000000003AAA"
LEAD_ONE, LEAD_TWO, LEAD_DONE = "00Q000000000001AAA", "00Q000000000002AAA", "00Q000000000003AAA"
AE, FORMER_AE = "005000000000001AAA", "005000000000002AAA"
QUEUE = "00G000000000001AAA"
INTEGRATION = "005000000000INTAAA"

SEED: dict[str, list[dict[str, Any]]] = {
    "User": [
        {"Id": AE, "Name": "Enterprise AE 1", "Email": "ae1@workspace.example", "IsActive": True},
        {"Id": FORMER_AE, "Name": "Former AE", "Email": "former@workspace.example", "IsActive": False},
    ],
    "Group": [{"Id": QUEUE, "Name": "Inbound queue", "Type": "Queue"}],
    "Account": [
        {
            "Id": ALPHA,
            "Name": "Alpha",
            "Website": "https://alpha.example",
            "NumberOfEmployees": 120,
            "OwnerId": AE,
            "PLS_Account_Key__c": "key-a",
            "PLS_Score__c": 41.5,
            "CreatedDate": "2026-01-05T08:00:00Z",
        },
        {"Id": BETA, "Name": "beta", "OwnerId": FORMER_AE, "NumberOfEmployees": 20, "PLS_Account_Key__c": "KEY-A"},
        {"Id": GAMMA, "Name": "Gamma 100%", "OwnerId": AE},
    ],
    "Lead": [
        {"Id": LEAD_ONE, "LastName": "One", "FirstName": "Lead", "Company": "Alpha", "PLS_Account_Key__c": "key-a"},
        {"Id": LEAD_TWO, "LastName": "Two", "Company": "Alpha", "PLS_Account_Key__c": "key-a", "OwnerId": QUEUE},
        {
            "Id": LEAD_DONE,
            "LastName": "Three",
            "Company": "Beta",
            "PLS_Account_Key__c": "key-b",
            "Status": "Closed - Converted",
            "IsConverted": True,
            "ConvertedAccountId": BETA,
        },
    ],
    "Opportunity": [
        {
            "Id": "006000000000001AAA",
            "Name": "Open deal",
            "AccountId": ALPHA,
            "StageName": "Proposal",
            "CloseDate": "2026-12-31",
            "Amount": 12000,
            "Type": "New Business",
            "OwnerId": AE,
        },
        {
            "Id": "006000000000002AAA",
            "Name": "Won deal",
            "AccountId": BETA,
            "StageName": "Closed Won",
            "CloseDate": "2026-03-31",
            "OwnerId": FORMER_AE,
        },
    ],
}


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, step: timedelta) -> None:
        self.now += step


@dataclass
class House:
    """A served org and a client signed in to it."""

    org: SalesforceOrg
    control: Control
    served: Served
    clock: Clock
    tls: Tls
    client: httpx.Client
    headers: dict[str, str] = field(default_factory=dict)

    def sign_in(self) -> None:
        form = {"grant_type": "client_credentials"}
        answer = self.client.post(
            "/services/oauth2/token", data=form, auth=(self.org.consumer_key, self.org.consumer_secret)
        )
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)

    def query(self, soql: str) -> httpx.Response:
        return self.call("GET", f"{DATA}/query", params={"q": soql})

    def log(self) -> dict[str, Any]:
        """The requests seen, asked over the wire: the log is written just after a response leaves."""
        return dict(self.client.get("/_sandbox/requests").json())

    def account(self, record_id: str = ALPHA) -> dict[str, Any]:
        return next(each for each in self.org.records("Account") if each["Id"] == record_id)

    def reset(self) -> None:
        self.clock.now = START
        self.org.reset()
        self.control.faults.clear()
        self.sign_in()
        self.client.delete("/_sandbox/requests")


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Serve an org over TLS and sign a client in."""
    clock, tls = Clock(), Tls.create(folder)
    org = SalesforceOrg(SEED, clock)
    app, control = salesforce_app(org)
    context = ssl.create_default_context(cafile=str(tls.ca_file))
    with serve(app, tls=tls) as served, httpx.Client(base_url=served.url, verify=context) as client:
        yield House(org, control, served, clock, tls, client)


def row(record_id: str | None = None, kind: str = "Account", **fields: Any) -> dict[str, Any]:
    """One record of a collections request."""
    given = {"attributes": {"type": kind}, **fields}
    return given if record_id is None else {**given, "id": record_id}
