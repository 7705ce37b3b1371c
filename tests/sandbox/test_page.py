"""The demo page's joined state, over fake worlds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.page import page_app
from sandbox.serving import serve
from tests.sandbox.page_demo import HUBSPOT, account, quiet_team, salesforce


async def nobody(kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
    raise LookupError(f"{kind} on {wanted['ts']}")


@pytest.fixture
def page() -> Iterator[httpx.Client]:
    accounts = [account(n) for n in range(4000)]
    accounts += [account(n, f"2026-01-12T09:{n % 60:02d}:00Z", PLS_Tier__c="hot") for n in range(4000, 4150)]
    app = page_app(salesforce(accounts), HUBSPOT, quiet_team(), nobody, title="Demo")
    with serve(app) as served, httpx.Client(base_url=served.url, trust_env=False) as client:
        yield client


def state(page: httpx.Client, **wanted: str) -> dict[str, Any]:
    told: dict[str, Any] = page.get("/api/state", params=wanted).json()
    return told


def test_only_changed_records_are_sent_and_never_more_than_a_hundred(page: httpx.Client) -> None:
    """Four thousand accounts, 150 changed: the newest hundred travel, with honest counts."""
    crm = state(page)["crm"]
    assert (crm["total"], crm["changed"], crm["matching"], len(crm["rows"])) == (4150, 150, 150, 100)
    moments = [row["changed_at"] for row in crm["rows"]]
    assert moments == sorted(moments, reverse=True)
    assert len(page.get("/api/state").content) < 100_000


def test_an_unchanged_state_is_not_sent_again(page: httpx.Client) -> None:
    """The tag of the last answer makes the next one empty."""
    again = page.get("/api/state", params={"seen": state(page)["tag"]})
    assert (again.status_code, again.content) == (204, b"")


def test_a_search_finds_unchanged_records_too(page: httpx.Client) -> None:
    """Looking for a domain reaches every record of the CRM."""
    rows = state(page, q="A17.EXAMPLE")["crm"]["rows"]
    assert [(row["name"], row["changed_at"]) for row in rows] == [("account-17", "")]


def test_a_changed_field_says_who_and_when(page: httpx.Client) -> None:
    """Ids of people are shown as their names, in both CRMs."""
    field_ = state(page)["crm"]["rows"][0]["fields"][0]
    assert field_ == {"name": "PLS_Tier__c", "value": "hot", "by": "Integration", "at": "2026-01-12T09:59:00Z"}
    fields = {each["name"]: each for each in state(page, crm="hubspot")["crm"]["rows"][0]["fields"]}
    assert fields["pls_tier"]["by"] == "integration@workspace.example"
    assert fields["hubspot_owner_id"]["value"] == "AE 1"


def test_an_act_on_something_missing_is_404(page: httpx.Client) -> None:
    """The page is told, instead of nothing happening."""
    answer = page.post("/api/click", json={"ts": "1"})
    assert (answer.status_code, answer.json()) == (404, {"error": "click on 1"})


def test_only_the_page_and_its_assets_are_served(page: httpx.Client) -> None:
    """Python sources beside the assets stay private, and other host names are refused."""
    assert page.get("/page.js").headers["content-type"].startswith("text/javascript")
    assert "default-src 'self'" in page.get("/").headers["content-security-policy"]
    assert page.get("/app.py").status_code == 404
    assert page.get("/", headers={"Host": "evil.example"}).status_code == 400
