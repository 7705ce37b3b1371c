"""The one way we speak to a portal: every call timed out, counted, and translated into our errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from hubspot import HubSpot
from hubspot.crm.objects.exceptions import ApiException

from connector.destinations.hubspot.paths import Paths
from connector.destinations.hubspot.refusals import translating
from connector.destinations.hubspot.settings import HubSpotSettings
from connector.errors import TransientError
from connector.model import Allowance, Window

_DAILY = "X-HubSpot-RateLimit-Daily"
_DAILY_LEFT = "X-HubSpot-RateLimit-Daily-Remaining"
_MOST = "X-HubSpot-RateLimit-Max"
_INTERVAL = "X-HubSpot-RateLimit-Interval-Milliseconds"
LEAST_WINDOW = Window(100, 10.0)  # what the smallest portal has (B2); the first answer says what this one has


class HubSpotClient:
    """A pool of connections to one portal, safe to share between threads.

    One generated API object is held, since every access to one opens a pool of its own, and all calls go through
    its `call_api`: each generated package also raises exceptions of its own, and their typed models drop the errors
    of a batch and cost ten times the CPU (B4). Retries are off: the library's do not cover POST.
    """

    def __init__(self, settings: HubSpotSettings, gate: Callable[[], None] = lambda: None) -> None:
        """`gate` is passed with every request: it counts, and waits while there are too many."""
        self.paths = Paths(settings.path_prefix)
        self.app_id = settings.app_id
        self.integrations = settings.integrations
        self._settings = settings
        self._gate = gate
        library = HubSpot(
            access_token=settings.access_token,
            host=settings.base_url.rstrip("/"),
            ssl_ca_cert=settings.ca_bundle,
            retry=False,
        )
        self._api = library.crm.objects.batch_api.api_client
        self._allowance: Allowance | None = None
        self._window = LEAST_WINDOW

    def allowance(self) -> Allowance | None:
        """Calls used and allowed today, from the newest answer of any status; None where HubSpot does not say."""
        return self._allowance

    def window(self) -> Window:
        """The rolling window of this app, from the newest answer that names it."""
        return self._window

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """One read. Raises TransientError, RateLimitedError, QuotaError, AccessError, BatchRejectedError."""
        return self._call("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One call with a body. Raises as `get` does."""
        return self._call("POST", path, body=body)

    def close(self) -> None:
        """Drop the open connections."""
        self._api.rest_client.pool_manager.clear()

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        where = f"{method} {path}"
        with translating(where):
            answer = self._counted(method, path, query, body)
            found = json.loads(answer.data)
        if not isinstance(found, dict):
            raise TransientError(f"hubspot answered {where} with JSON of an unknown shape")
        return found

    def _counted(self, method: str, path: str, query: Mapping[str, str] | None, body: Any) -> Any:
        self._gate()
        try:
            answer = self._api.call_api(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params={"Accept": "application/json"},
                body=body,
                auth_settings=["oauth2"],
                _preload_content=False,
                _request_timeout=self._settings.timeout,
            )
        except ApiException as error:
            self._read_limits(error.headers or {})
            raise
        self._read_limits(answer.headers)
        return answer

    def _read_limits(self, headers: Mapping[str, str]) -> None:
        limit, left = headers.get(_DAILY, ""), headers.get(_DAILY_LEFT, "")
        if limit.isdecimal() and left.isdecimal():
            self._allowance = Allowance(int(limit) - int(left), int(limit))
        most, interval = headers.get(_MOST, ""), headers.get(_INTERVAL, "")
        if most.isdecimal() and interval.isdecimal() and int(most) and int(interval):
            self._window = Window(int(most), int(interval) / 1000)
