"""The one way we speak to a portal: every call timed out, counted, and translated into our errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hubspot import HubSpot
from hubspot.crm.objects.exceptions import ApiException

from connector.destinations.hubspot.refusals import translating
from connector.destinations.hubspot.settings import HubSpotSettings
from connector.errors import TransientError
from connector.model import Allowance

_DAILY = "X-HubSpot-RateLimit-Daily"
_DAILY_LEFT = "X-HubSpot-RateLimit-Daily-Remaining"


class HubSpotClient:
    """A pool of connections to one portal, safe to share between threads.

    One generated API object is held, since every access to one opens a pool of its own, and all calls go through
    its `call_api`: each generated package also raises exceptions of its own, and their typed models drop the errors
    of a batch and cost ten times the CPU (B4). Retries are off: the library's do not cover POST.
    """

    def __init__(self, settings: HubSpotSettings) -> None:
        self._settings = settings
        library = HubSpot(
            access_token=settings.access_token,
            host=settings.base_url.rstrip("/"),
            ssl_ca_cert=settings.ca_bundle,
            retry=False,
        )
        self._api = library.crm.objects.batch_api.api_client
        self._allowance: Allowance | None = None

    def allowance(self) -> Allowance | None:
        """Calls used and allowed today, from the newest answer of any status; None where HubSpot does not say."""
        return self._allowance

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
            self._read_allowance(error.headers or {})
            raise
        self._read_allowance(answer.headers)
        return answer

    def _read_allowance(self, headers: Mapping[str, str]) -> None:
        limit, left = headers.get(_DAILY, ""), headers.get(_DAILY_LEFT, "")
        if limit.isdecimal() and left.isdecimal():
            self._allowance = Allowance(int(limit) - int(left), int(limit))
