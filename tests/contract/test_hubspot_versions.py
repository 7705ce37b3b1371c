"""What the adapter says under each version of HubSpot's API, judged by HubSpot's own document of that version (B1)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.destinations.hubspot import HubSpotClient, HubSpotDestination, HubSpotSettings
from connector.model import By, Outcome, OutcomeKind, Write
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.hubspot.portal import Rejection
from sandbox.serving import serve
from tests.contract.benches.hubspot import NAMES, SEED
from tests.contract.hubspot_openapi import Recorded, documents

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
KEY, SCORE = NAMES["key"], NAMES["score"]


@pytest.mark.parametrize("version", ["v3", "2026-09"])
def test_every_exchange_is_as_that_version_specifies(version: str) -> None:
    """Reads, searches, histories, and writes of each kind, one of them refused: a 207 in v3, a 200 under a date."""
    documents()  # skips where there is nothing to judge by
    portal = HubSpotPortal(SEED, clock=lambda: NOW)
    portal.rejections.append(Rejection("companies", "101", "VALIDATION_ERROR", "no", 1))
    recorded = Recorded(hubspot_app(portal)[0])
    with serve(recorded) as served:
        client = HubSpotClient(HubSpotSettings(portal.token, base_url=served.url, path_prefix=version))
        outcomes = everything(HubSpotDestination(client))
        client.close()

    recorded.assert_all_valid()
    assert [(each.kind, each.code) for each in outcomes] == [
        (OutcomeKind.REJECTED, "VALIDATION_ERROR"),
        (OutcomeKind.UPDATED, None),
        (OutcomeKind.CREATED, None),
        (OutcomeKind.UPDATED, None),
        (OutcomeKind.HELD, "NO_RECORD"),
    ]
    assert not [path for path in recorded.uncovered if "/objects/" in path]


def everything(destination: HubSpotDestination) -> list[Outcome]:
    """One call of each kind; the outcomes of the writes."""
    destination.describe("companies")
    destination.fetch("companies", By.ID, "", ["101", "999"], [SCORE])
    destination.fetch("companies", By.KEY, KEY, ["a-1"], [SCORE])
    destination.fetch("companies", By.DOMAIN, "domain", ["quiet.example"], [SCORE])
    destination.authors("companies", ["101"], [SCORE])
    destination.successors("companies", ["999"])
    writes = [Write("a-1", "101", {SCORE: 1}), Write("a-2", "102", {SCORE: 2}), Write("a-n", None, {SCORE: 3})]
    blind = [Write("a-1", None, {SCORE: None}), Write("a-9", None, {SCORE: 5})]
    return [*destination.send("companies", KEY, writes), *destination.send_blind("companies", KEY, blind)]
