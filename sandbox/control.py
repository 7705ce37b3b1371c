"""The control side every stand-in shares: a request log with counts, faults, latency, edits, reset.

    GET    /_sandbox/requests          {"total": n, "counts": {kind: n}, "requests": [...]}
    DELETE /_sandbox/requests          forget the log (data stays)
    POST   /_sandbox/faults            {"match": "regex on 'METHOD path'", "action": ..., "times": 1, "at": 1, ...}:
                                       see `sandbox.faults.Fault` for the actions and what each needs
    DELETE /_sandbox/faults            forget the faults still ordered
    POST   /_sandbox/latency           {"seconds": 0.1, "per_row": 0.001}: before any work, and per row worked on
    POST   /_sandbox/edit              {"object": ..., "id": ..., "fields": {...}, "by": ...}: a person edits a record
    GET    /_sandbox/records/{object}  what the stand-in holds, for the page and for tests
    POST   /_sandbox/reset             data, log, faults and latency back to the start

Requests to /_sandbox are never logged, delayed or faulted. A request whose work was not done because of a fault
counts under the kind "fault"; one whose work was done counts under its own kind. Both say which "fault" it was.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import Fault, Reply, fault_from, reads_bodies, take_fault
from sandbox.watching import Delays, Exchange, heard

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/_sandbox"


class World(Protocol):
    """What a stand-in offers to its control side."""

    def edit(self, kind: str, record_id: str, fields: dict[str, Any], by: str) -> dict[str, Any]:
        """Change a record as the person `by` would, and return it. Raises KeyError when it is not there."""

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Every record of one kind, as stored. Raises KeyError for an unknown kind."""

    def reset(self) -> None:
        """Back to the seeded state."""


@dataclass(frozen=True)
class Seen:
    """One request the stand-in saw. `kind` names what it was for, such as "read" or "write".

    `status` is what it answered or would have answered, 0 where the connection was closed before any work.
    """

    method: str
    path: str
    status: int
    kind: str
    detail: dict[str, Any]


@dataclass
class Control:
    """Log, faults and latency of one stand-in.

    `name_kind(method, path)` names a request for the counts; a handler that knows better sets
    `request.state.kind` (and `request.state.detail`, whose "rows" the per-row latency is for). Seconds of
    `latency` come before any work, of `per_row` before the answer. `named_faults` are the stand-in's own refusals
    that a fault may call by name.
    """

    world: World
    name_kind: Callable[[str, str], str]
    default_fault_body: Callable[[int], Any]
    latency: float = 0.0
    faults: list[Fault] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    per_row: float = 0.0
    named_faults: Mapping[str, Callable[[], Reply]] = field(default_factory=dict)
    _under_way: int = 0
    _quiet: threading.Condition = field(default_factory=threading.Condition, repr=False)

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While a request is worked on, whether or not its client still waits."""
        with self._quiet:
            self._under_way += 1
        try:
            yield
        finally:
            with self._quiet:
                self._under_way -= 1
                self._quiet.notify_all()

    def wait_until_quiet(self, seconds: float) -> bool:
        """Wait, from another thread, until no request is worked on any more: what was given up on may come late."""
        with self._quiet:
            return self._quiet.wait_for(lambda: not self._under_way, seconds)

    def counts(self) -> Counter[str]:
        """Requests by kind since the log was last cleared."""
        return Counter(entry.kind for entry in self.seen)

    def order(self, wanted: Mapping[str, Any]) -> Fault:
        """Order a fault as POST /_sandbox/faults does. Raises ValueError for an order that makes no sense."""
        fault = fault_from(wanted, self.named_faults)
        self.faults.append(fault)
        return fault

    def routes(self) -> list[Route]:
        """The control endpoints, to be mounted beside the stand-in's own."""
        return [
            Route(f"{PREFIX}/requests", self._requests, methods=["GET", "DELETE"]),
            Route(f"{PREFIX}/faults", self._faults, methods=["POST", "DELETE"]),
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

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
            return JSONResponse({"ok": True})
        try:
            self.order(await request.json())
        except (ValueError, TypeError) as wrong:
            return JSONResponse({"error": str(wrong)}, status_code=400)
        return JSONResponse({"ok": True})

    async def _set_latency(self, request: Request) -> Response:
        wanted = await request.json()
        self.latency, self.per_row = float(wanted.get("seconds", 0.0)), float(wanted.get("per_row", 0.0))
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
        self.latency = self.per_row = 0.0
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
        state = scope.setdefault("state", {})
        control = self.control

        def log(status: int) -> None:
            kind = state.get("kind") or control.name_kind(method, path)
            spoilt = {"fault": state["fault"]} if "fault" in state else {}
            control.seen.append(Seen(method, path, status, kind, {**state.get("detail", {}), **spoilt}))

        with control.under_way():
            body = b""
            if reads_bodies(control.faults):
                body, receive = await heard(receive)
            delays = Delays(control.latency, control.per_row)
            exchange = Exchange(self.app, scope, receive, send, delays, log, control.default_fault_body)
            await exchange.run(take_fault(control.faults, method, path, body.decode(errors="replace")))


Handler = Callable[[Request], Awaitable[Response]]


def routes_of(pairs: Sequence[tuple[str, str, Handler]]) -> list[Route]:
    """Routes from (method, path, handler) rows: a stand-in's table of contents."""
    return [Route(path, handler, methods=[method]) for method, path, handler in pairs]
