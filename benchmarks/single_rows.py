"""Endpoints that write one row, which peers call and plsync never does: translated to what the stand-ins have.

HubSpot: POST /crm/v3/objects/{type}, PATCH /crm/v3/objects/{type}/{id}. Salesforce: the user name and password
sign-in, granted as client credentials are.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import Response

from sandbox.hubspot import HubSpotPortal
from sandbox.hubspot.errors import Refused
from sandbox.hubspot.kinds import object_kind
from sandbox.hubspot.wire import Json, refused
from sandbox.hubspot.writes import Mode, write_batch

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ONE = re.compile(r"^/crm/v3/objects/(?P<kind>[^/]+)(/(?P<id>[^/]+))?$")


@dataclass
class SingleCompanies:
    """Stands between the portal's gate and its app, so that limits and the log see these requests too."""

    app: ASGIApp
    portal: HubSpotPortal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _ONE.match(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] not in {"POST", "PATCH"}:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        request.state.kind = "write"
        request.state.detail = {"rows": 1}
        try:
            answer: Response = Json(await self._written(request, found["kind"], found["id"]))
        except Refused as refusal:
            answer = refused(self.portal, refusal)
        await answer(scope, receive, send)

    async def _written(self, request: Request, kind: str, record_id: str | None) -> dict[str, Any]:
        given = json.loads(await request.body())["properties"]
        one: dict[str, Any] = {
            "properties": {name: value if value is None else str(value) for name, value in given.items()}
        }
        if record_id is not None:
            one["id"] = record_id
            if by := request.query_params.get("idProperty"):
                one["idProperty"] = by
        mode: Mode = "create" if record_id is None else "update"
        results, _ = write_batch(self.portal, object_kind(kind), mode, {"inputs": [one]})
        return results[0]


@dataclass
class PasswordSignIn:
    """Lets a client sign in by user name and password."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith("/oauth2/token"):
            await self.app(scope, receive, send)
            return
        body = _as_client_credentials(await Request(scope, receive).body())

        async def translated() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, translated, send)


def _as_client_credentials(body: bytes) -> bytes:
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    if form.get("grant_type") != "password":
        return body
    granted = {"grant_type": "client_credentials", "client_id": form["client_id"]}
    return urlencode({**granted, "client_secret": form["client_secret"]}).encode()
