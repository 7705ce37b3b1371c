"""The page as an ASGI app: static files, the joined state, and a person's acts."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from sandbox.page.chat import chat_side
from sandbox.page.crm import CRMS, crm_side
from sandbox.page.worlds import Act, Readable

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HERE = Path(__file__).parent
ASSETS = {
    "page.css": "text/css",
    "page.js": "text/javascript",
    "chat.js": "text/javascript",
    "blocks.js": "text/javascript",
    "charts.js": "text/javascript",
    "mrkdwn.js": "text/javascript",
    "dom.js": "text/javascript",
    "crm.js": "text/javascript",
}
ACTS = ("click", "command", "home", "submit", "close")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def page_app(org: Readable, portal: Readable, team: Readable, act: Act, title: str = "plsync demo") -> ASGIApp:
    """The page over three stand-ins in this process.

    Args:
        org: the Salesforce stand-in.
        portal: the HubSpot stand-in.
        team: the Slack stand-in.
        act: a person's act in Slack, `await act("click", {...})`; LookupError means it is not there.
        title: what the page is called.
    """
    worlds = {"salesforce": org, "hubspot": portal}

    async def state(request: Request) -> Response:
        joined = await asyncio.to_thread(_joined, worlds, team, title, dict(request.query_params))
        tag = hashlib.sha256(json.dumps(joined, sort_keys=True).encode()).hexdigest()[:16]
        if request.query_params.get("seen") == tag:
            return Response(status_code=204)
        return JSONResponse({**joined, "tag": tag}, headers=HEADERS)

    routes = [
        Route("/", _page),
        Route("/api/state", state),
        *[Route(f"/api/{kind}", _acting(act, kind), methods=["POST"]) for kind in ACTS],
        Route("/{name}", _asset),
    ]
    only_here = Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    return Starlette(routes=routes, middleware=[only_here])


def _joined(worlds: Mapping[str, Readable], team: Readable, title: str, asked: Mapping[str, str]) -> dict[str, Any]:
    name = asked.get("crm", "")
    crm = name if name in CRMS else "salesforce"
    return {
        "title": title,
        "chat": chat_side(team, asked.get("channel", ""), asked.get("user", "")),
        "crm": {"name": crm, **crm_side(worlds[crm], CRMS[crm], asked.get("q", "").strip())},
    }


def _acting(act: Act, kind: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await act(kind, await request.json()))
        except LookupError as missing:
            return JSONResponse({"error": str(missing)}, status_code=404)

    return endpoint


async def _page(request: Request) -> Response:  # noqa: ARG001  starlette passes it
    return FileResponse(HERE / "index.html", headers=HEADERS)


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return Response(status_code=404)
    return FileResponse(HERE / name, media_type=ASSETS[name], headers=HEADERS)
