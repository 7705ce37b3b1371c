"""The stand-in as one ASGI app: Web API, Socket Mode, response URLs, and the control side."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.control import PREFIX, Control, routes_of
from sandbox.slack import webapi
from sandbox.slack.chat import content
from sandbox.slack.errors import SlackError
from sandbox.slack.interactions import find_message
from sandbox.slack.line import Client
from sandbox.slack.people import acts, show_reply
from sandbox.slack.team import APP_ID, SlackTeam
from sandbox.slack.tickets import Reply

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ACTS = ("click", "command", "home", "submit", "close")
FAULT_CODES = {429: "ratelimited", 500: "internal_error", 503: "service_unavailable"}


def slack_app(team: SlackTeam) -> tuple[ASGIApp, Control]:
    """The app to serve, and its log, faults and latency."""
    control = Control(team, _kind, lambda status: {"ok": False, "error": FAULT_CODES.get(status, "fatal_error")})
    served = _Served(team)
    routes = [
        Route("/api/{method}", served.call, methods=["GET", "POST"]),
        *routes_of(
            [
                ("POST", "/response/{ticket}", served.respond),
                *[("POST", f"{PREFIX}/{kind}", served.act(kind)) for kind in ACTS],
                ("POST", f"{PREFIX}/request-url", served.set_request_url),
            ]
        ),
        WebSocketRoute("/link", served.link),
        *control.routes(),
    ]
    return control.middleware(Starlette(routes=routes)), control


def _kind(method: str, path: str) -> str:  # noqa: ARG001  Control passes both
    if path.startswith("/response/"):
        return "response_url"
    entry = webapi.METHODS.get(path.removeprefix("/api/"))
    return entry.kind if entry is not None else "unknown"


class _Served:
    """The endpoints, around one team."""

    def __init__(self, team: SlackTeam) -> None:
        self.team = team
        self.do = acts(team)

    async def call(self, request: Request) -> Response:
        self._learn_address(request)
        return await webapi.answer(self.team, request)

    def _learn_address(self, request: Request) -> None:
        self.team.line.base_url = str(request.base_url).rstrip("/")

    def act(self, kind: str) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self._learn_address(request)
            try:
                return JSONResponse(await self.do(kind, await request.json()))
            except LookupError as missing:
                return JSONResponse({"error": f"not there: {missing}"}, status_code=404)

        return endpoint

    async def set_request_url(self, request: Request) -> Response:
        self._learn_address(request)
        self.team.line.request_url = (await request.json())["url"]
        return JSONResponse({"ok": True})

    async def respond(self, request: Request) -> Response:
        reply: dict[str, Any] = await request.json()
        try:
            with self.team.lock:
                self._apply(self.team.tickets.use_reply(request.path_params["ticket"]), reply)
        except SlackError as refused:
            return JSONResponse(refused.body(), status_code=refused.status)
        except LookupError:
            return JSONResponse({"ok": False, "error": "message_not_found"}, status_code=404)
        return JSONResponse({"ok": True})

    def _apply(self, target: Reply, reply: dict[str, Any]) -> None:
        wants_original = reply.get("replace_original") or reply.get("delete_original")
        if target.ts is None or not wants_original:
            show_reply(self.team, target.channel, target.user, reply)
            return
        original = find_message(self.team, target.channel, target.ts)
        if reply.get("delete_original"):
            self.team.remove(original)
        else:
            self.team.change(original, *content(reply.get("text"), reply.get("blocks")))

    async def link(self, socket: WebSocket) -> None:
        """One Socket Mode connection, until either side leaves."""
        if not self.team.tickets.use_socket(socket.query_params.get("ticket", "")):
            await socket.close(code=1008)
            return
        await socket.accept()
        line = self.team.line
        client = Client(_sender(socket), asyncio.get_running_loop(), socket.close)
        hello = {"type": "hello", "num_connections": len(line.clients) + 1, "connection_info": {"app_id": APP_ID}}
        await socket.send_json(hello)
        line.clients.append(client)
        try:
            with suppress(WebSocketDisconnect):
                while True:
                    line.acknowledged(await socket.receive_json())
        finally:
            with suppress(ValueError):  # it was deafened
                line.clients.remove(client)


def _sender(socket: WebSocket) -> Callable[[str], Any]:
    async def send(text: str) -> None:
        try:
            await socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError) as gone:
            raise ConnectionError("the app's socket is closed") from gone

    return send
