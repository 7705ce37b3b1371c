"""The control side every stand-in shares: a request log with counts, faults, latency, edits, reset.

    GET  /_sandbox/requests            {"total": n, "counts": {kind: n}, "requests": [...]}
    DELETE /_sandbox/requests          forget the log (data stays)
    POST /_sandbox/faults              {"match": "regex on 'METHOD path'", "status": 503, "times": 2,
                                        "body": ..., "headers": {}}
    POST /_sandbox/latency             {"seconds": 0.1}
    POST /_sandbox/edit                {"object": ..., "id": ..., "fields": {...}, "by": ...}: a person edits a record
    GET  /_sandbox/records/{object}    what the stand-in holds, for the page and for tests
    POST /_sandbox/reset               data, log, faults and latency back to the start

Requests to /_sandbox are never logged, delayed or faulted.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX = "/_sandbox"


class World(Protocol):
    """What a stand-in offers to its control side."""

    def edit(self, kind: str, record_id: str, fields: dict[str, Any], by: str) -> dict[str, Any]:
        """Change a record as the person `by` would, and return it. Raises KeyError when it is not there."""

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Every record of one kind, as stored. Raises KeyError for an unknown kind."""

    def reset(self) -> None:
        """Back to the seeded state."""


@dataclass
class Fault:
    """Answer the next `times` requests that match with `status` instead of doing the work."""

    match: re.Pattern[str]
    status: int
    times: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """One request the stand-in saw. `kind` names what it was for, such as "read" or "write"."""

    method: str
    path: str
    status: int
    kind: str
    detail: dict[str, Any]


@dataclass
class Control:
    """Log, faults and latency of one stand-in.

    `name_kind(method, path)` names a request for the counts; a handler that knows better sets
    `request.state.kind` (and `request.state.detail`).
    """

    world: World
    name_kind: Callable[[str, str], str]
    default_fault_body: Callable[[int], Any]
    latency: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def counts(self) -> Counter[str]:
        """Requests by kind since the log was last cleared."""
        return Counter(entry.kind for entry in self.seen)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The first fault that matches, with one of its times used up."""
        for fault in self.faults:
            if fault.match.search(f"{method} {path}"):
                fault.times -= 1
                if fault.times <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    def routes(self) -> list[Route]:
        """The control endpoints, to be mounted beside the stand-in's own."""
        return [
            Route(f"{PREFIX}/requests", self._requests, methods=["GET", "DELETE"]),
            Route(f"{PREFIX}/faults", self._add_fault, methods=["POST"]),
            Route(f"{PREFIX}/latency", self._set_latency, methods=["POST"]),
            Route(f"{PREFIX}/edit", self._edit, methods=["POST"]),
            Route(f"{PREFIX}/records/{{kind}}", self._records, methods=["GET"]),
            Route(f"{PREFIX}/reset", self._reset, methods=["POST"]),
        ]

    async def _requests(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.seen.clear()
        rows = [{"method": s.method, "path": s.path, "status": s.status, "kind": s.kind, **s.detail} for s in self.seen]
        return JSONResponse({"total": len(rows), "counts": dict(self.counts()), "requests": rows})

    async def _add_fault(self, request: Request) -> Response:
        wanted = await request.json()
        fault = Fault(
            match=re.compile(wanted["match"]),
            status=int(wanted["status"]),
            times=int(wanted.get("times", 1)),
            body=wanted.get("body"),
            headers=dict(wanted.get("headers", {})),
        )
        self.faults.append(fault)
        return JSONResponse({"ok": True})

    async def _set_latency(self, request: Request) -> Response:
        self.latency = float((await request.json())["seconds"])
        return JSONResponse({"ok": True})

    async def _edit(self, request: Request) -> Response:
        wanted = await request.json()
        try:
            record = self.world.edit(wanted["object"], wanted["id"], wanted["fields"], wanted.get("by", "a person"))
        except KeyError as missing:
            return JSONResponse({"error": f"no such record or field: {missing}"}, status_code=404)
        return JSONResponse(record)

    async def _records(self, request: Request) -> Response:
        try:
            return JSONResponse(self.world.records(request.path_params["kind"]))
        except KeyError as missing:
            return JSONResponse({"error": f"no such object: {missing}"}, status_code=404)

    async def _reset(self, _: Request) -> Response:
        self.world.reset()
        self.seen.clear()
        self.faults.clear()
        self.latency = 0.0
        return JSONResponse({"ok": True})

    def middleware(self, app: ASGIApp) -> ASGIApp:
        """Wrap `app` so that each request is delayed, faulted and logged as configured."""
        return _Watched(app, self)


@dataclass
class _Watched:
    app: ASGIApp
    control: Control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if self.control.latency:
            await asyncio.sleep(self.control.latency)
        state = scope.setdefault("state", {})
        logged = False

        def log(status: int) -> None:
            nonlocal logged
            logged = True
            kind = state.get("kind") or self.control.name_kind(method, path)
            self.control.seen.append(Seen(method, path, status, kind, state.get("detail", {})))

        async def watch(message: Message) -> None:
            # Logged before the answer leaves: who has the answer finds the request in the log.
            if message["type"] == "http.response.start":
                log(message["status"])
            await send(message)

        fault = self.control.take_fault(method, path)
        try:
            if fault is not None:
                state["kind"] = "fault"
                await self._answer(fault)(scope, receive, watch)
            else:
                await self.app(scope, receive, watch)
        finally:
            if not logged:
                log(500)

    def _answer(self, fault: Fault) -> Response:
        body = fault.body if fault.body is not None else self.control.default_fault_body(fault.status)
        if isinstance(body, str):
            return Response(body, status_code=fault.status, headers=fault.headers)
        return Response(
            json.dumps(body), status_code=fault.status, headers=fault.headers, media_type="application/json"
        )


Handler = Callable[[Request], Awaitable[Response]]


def routes_of(pairs: Sequence[tuple[str, str, Handler]]) -> list[Route]:
    """Routes from (method, path, handler) rows: a stand-in's table of contents."""
    return [Route(path, handler, methods=[method]) for method, path, handler in pairs]
