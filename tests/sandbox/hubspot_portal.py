"""A small portal, served, with the vendor's client and plain HTTP to drive it, and the oracle listening."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import hubspot

from sandbox.control import Control
from sandbox.hubspot import HubSpotPortal, hubspot_app
from sandbox.serving import serve
from tests.contract.hubspot_openapi import Recorded, at_hand

TOKEN = "pat-sandbox-hubspot"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SEED: dict[str, Any] = {
    "companies": [
        {
            "id": "101",
            "properties": {
                "name": "Hot account",
                "domain": "hot.example",
                "pls_account_key": "k1",
                "numberofemployees": "80",
                "lifecyclestage": "opportunity",
                "hubspot_owner_id": "51",
                "createdate": "2025-06-01T08:00:00Z",
            },
        },
        {"id": "102", "properties": {"name": "Quiet account", "domain": "quiet.example", "pls_account_key": "k2"}},
        {"id": "103", "properties": {"name": "Unmatched account", "domain": "free.example"}},
    ],
    "deals": [
        {
            "id": "201",
            "properties": {"dealname": "Expansion", "dealstage": "contractsent", "pipeline": "default", "amount": "1"},
            "associations": {"companies": ["101"]},
        },
        {"id": "202", "properties": {"dealname": "Loose deal", "pipeline": "renewals", "dealstage": "renewal-open"}},
    ],
    "contacts": [
        {"id": "301", "properties": {"email": "admin@hot.example"}, "associations": {"companies": ["101"]}},
    ],
    "owners": [
        {"id": "51", "email": "ae1@workspace.example", "firstName": "Enterprise AE", "lastName": "1", "userId": 9001},
        {"id": "52", "email": "sdr1@workspace.example", "firstName": "SDR", "lastName": "1", "userId": 9002},
        {
            "id": "53",
            "email": "left@workspace.example",
            "firstName": "AE",
            "lastName": "9",
            "userId": 9,
            "archived": True,
        },
    ],
}


@dataclass
class Ticking:
    """A wall clock and a stopwatch that move only when told to."""

    now: datetime = START
    seconds: float = 0.0

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class World:
    """Everything a test may touch. `api(choose)` gives an API object of the vendor's client, closed at the end."""

    portal: HubSpotPortal
    control: Control
    recorded: Recorded
    clock: Ticking
    http: httpx.Client
    url: str
    _apis: list[Any] = field(default_factory=list)

    def api(self, choose: Callable[[Any], Any]) -> Any:
        client = hubspot.Client.create(access_token=TOKEN, host=self.url, retry=False)
        self._apis.append(choose(client.crm))
        return self._apis[-1]

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body)

    def close(self) -> None:
        self.http.close()
        for api in self._apis:
            api.api_client.rest_client.pool_manager.clear()


@contextmanager
def running(*, per_ten_seconds: int = 190, daily_limit: int = 650_000) -> Iterator[World]:
    """A served portal on a clock that stands still."""
    clock = Ticking()
    portal = HubSpotPortal(
        SEED,
        lambda: clock.now,
        per_ten_seconds=per_ten_seconds,
        daily_limit=daily_limit,
        monotonic=lambda: clock.seconds,
    )
    app, control = hubspot_app(portal)
    recorded = Recorded(app)
    with serve(recorded) as served:
        http = httpx.Client(base_url=served.url)
        world = World(portal, control, recorded, clock, http, served.url)
        try:
            yield world
        finally:
            world.close()


@contextmanager
def fresh(world: World) -> Iterator[World]:
    """The portal as seeded; at the end every exchange is judged by HubSpot's own documents, where at hand."""
    world.clock.now, world.clock.seconds = START, 0.0
    world.http.headers["Authorization"] = f"Bearer {TOKEN}"
    world.http.post("/_sandbox/reset")
    world.recorded.exchanges.clear()
    yield world
    if at_hand():
        world.recorded.assert_all_valid()


def call(method: Callable[..., Any], *args: Any, **options: Any) -> tuple[int, dict[str, Any]]:
    """One call of the vendor's client, its answer left undecoded: status and JSON."""
    answer = method(*args, _preload_content=False, _request_timeout=(5, 30), **options)
    return answer.status, json.loads(answer.data)


def reading(*ids: str, **wanted: Any) -> dict[str, Any]:
    """A batch/read body with everything the specification requires."""
    return {"inputs": [{"id": key} for key in ids], "properties": [], "propertiesWithHistory": [], **wanted}


def row(key: str, trace: str | None = None, /, id_property: str | None = None, **values: str) -> dict[str, Any]:
    """One input of a batch write."""
    body: dict[str, Any] = {"id": key, "properties": values}
    if id_property:
        body["idProperty"] = id_property
    return {**body, "objectWriteTraceId": trace} if trace else body
