"""The manners of the HTTP side: bearer token, rate limits and their headers, JSON in and out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.control import PREFIX
from sandbox.hubspot.errors import Refused, invalid
from sandbox.hubspot.limits import limit_body
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.values import instant

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


# The lists a body may hold, by what they are lists of.
LISTS = {"inputs": dict, "filterGroups": dict, "options": dict, "properties": str, "propertiesWithHistory": str}


class Json(JSONResponse):
    """An answer as HubSpot sends it, in one piece: split sends stall keep-alive clients (B4)."""

    media_type = "application/json;charset=utf-8"


@dataclass
class Gate:
    """Lets a request through to `app` when its token is right and the limits allow."""

    app: ASGIApp
    portal: HubSpotPortal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        limits = {} if scope["path"].endswith("/search") else self.portal.limits.headers()

        async def send_with_limits(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(limits)
            await send(message)

        await (refusal or self.app)(scope, receive, send_with_limits)

    def _refusal(self, headers: Headers) -> Response | None:
        if headers.get("authorization") != f"Bearer {self.portal.token}":
            return refused(self.portal, Refused(401, "INVALID_AUTHENTICATION", "Authentication credentials not found."))
        policy = self.portal.limits.take()
        return Json(limit_body(policy, self.portal.correlation_id()), status_code=429) if policy else None


def refused(portal: HubSpotPortal, refusal: Refused) -> Response:
    """The answer to a request that failed as a whole."""
    return Json(refusal.body(portal.correlation_id()), status_code=refusal.status)


async def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object; another JSON value counts as an empty one (B3). Raises Refused (400)."""
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise invalid(f"Invalid input JSON: {error}") from error
    if not isinstance(body, dict):
        return {}
    for name, kind in LISTS.items():
        given = body.get(name, [])
        if not isinstance(given, list) or not all(isinstance(one, kind) for one in given):
            raise invalid(f"Invalid input JSON: {name} must be a list of {kind.__name__}")
    return body


def listed(request: Request, name: str) -> tuple[str, ...]:
    """A query parameter that may be repeated and may hold commas."""
    return tuple(part for text in request.query_params.getlist(name) for part in text.split(",") if part)


def flag(request: Request, name: str) -> bool:
    """A query parameter that is true or absent."""
    return request.query_params.get(name, "").lower() == "true"


def limit_of(request: Request, default: int, most: int) -> int:
    """The page size asked for. Raises Refused (400) outside 1 to `most`."""
    text = request.query_params.get("limit", str(default))
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise invalid(f"limit must be between 1 and {most}")
    return int(text)


def batch_answer(
    portal: HubSpotPortal,
    results: list[dict[str, Any]],
    errors: list[dict[str, Any]],
    *,
    done: int = 200,
    mixed: int = 207,
) -> Response:
    """The envelope of every batch endpoint; `done` and `mixed` are the statuses without and with errors."""
    now = instant(portal.clock())
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}
    if not errors:
        return Json(body, status_code=done)
    return Json({**body, "numErrors": len(errors), "errors": errors}, status_code=mixed)
