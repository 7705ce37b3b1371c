"""Between the network and a stand-in: every request is delayed, logged and, where ordered, spoilt."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from sandbox.faults import Fault

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE = "<!doctype html><html><head><title>Maintenance</title></head><body><h1>We will be back</h1></body></html>"


@dataclass(frozen=True)
class Delays:
    """Seconds to wait: before any work, and for each row the work was about before it is answered."""

    before: float
    per_row: float


@dataclass
class Exchange:
    """One request on its way through. `log(status)` writes it down; `words(status)` is a default error body."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    delays: Delays
    log: Callable[[int], None]
    words: Callable[[int], Any]
    logged: bool = False

    @property
    def state(self) -> dict[str, Any]:
        """What handlers leave for the log: kind and detail."""
        state: dict[str, Any] = self.scope.setdefault("state", {})
        return state

    async def run(self, fault: Fault | None) -> None:
        """Answer, or fail to, as `fault` says."""
        await _pause(self.delays.before)
        try:
            await (self.answer() if fault is None else self._spoil(fault))
        finally:
            self.note(500)

    async def answer(self) -> None:
        """The stand-in's own answer."""
        await self.app(self.scope, self.receive, self._noting(self.send))

    def note(self, status: int) -> None:
        """Log the request, once."""
        if not self.logged:
            self.logged = True
            self.log(status)

    def _noting(self, send: Send) -> Send:
        async def note_and_send(message: Message) -> None:
            # Logged before the answer leaves: who has the answer finds the request in the log.
            if message["type"] == "http.response.start":
                self.note(message["status"])
                await _pause(self.delays.per_row * self.state.get("detail", {}).get("rows", 0))
            await send(message)

        return note_and_send

    async def _spoil(self, fault: Fault) -> None:
        self.state["fault"] = fault.action
        await _SPOIL[fault.action](self, fault)

    async def status(self, fault: Fault) -> None:
        self._undone()
        body = fault.body if fault.body is not None else self.words(fault.status)
        await self._say(_response(body, fault.status, fault.headers), self._noting(self.send))

    async def slow(self, fault: Fault) -> None:
        _, self.receive = await heard(self.receive)  # who hangs up meanwhile has asked all the same
        await _pause(fault.seconds)
        await self.answer()

    async def reset(self, _fault: Fault) -> None:
        self._undone()
        self.note(0)
        self._hang_up(reset=True)

    async def drop_after_accept(self, _fault: Fault) -> None:
        await self._held()
        self._hang_up()

    async def half_body(self, _fault: Fault) -> None:
        await self._send_half(await self._held())
        self._hang_up()

    async def html(self, _fault: Fault) -> None:
        self._undone()
        await self._say(_response(PAGE, 200, {}), self._noting(self.send))

    async def html_after(self, _fault: Fault) -> None:
        await self._held()
        await self._say(_response(PAGE, 200, {}), self.send)

    async def kill(self, fault: Fault) -> None:
        if fault.when == "before_work":
            self._undone()
            self.note(0)
        else:
            held = await self._held()
            if fault.when == "mid_body":
                await self._send_half(held)
        _kill(fault.pid)
        self._hang_up(reset=fault.when == "before_work")

    def _undone(self) -> None:
        """Count the request as a fault: the stand-in never did the work."""
        self.state["kind"] = "fault"

    async def _held(self) -> _Held:
        """Let the stand-in do the work, and keep its answer back."""
        held = _Held()
        await self.app(self.scope, self.receive, self._noting(held.take))
        return held

    async def _send_half(self, held: _Held) -> None:
        await self.send(held.start)
        half = bytes(held.body[: len(held.body) // 2])
        await self.send({"type": "http.response.body", "body": half, "more_body": True})

    async def _say(self, response: Response, send: Send) -> None:
        await response(self.scope, self.receive, send)

    def _hang_up(self, *, reset: bool = False) -> None:
        """Close the connection; without a server that can (`sandbox.serving`), the caller sees it broken."""
        hang_up = self.state.get("hang_up")
        if hang_up is None:
            raise ConnectionResetError("the stand-in hung up, as ordered")
        hang_up(reset=reset)


@dataclass
class _Held:
    """An answer kept back."""

    start: Message = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.body += message.get("body", b"")


_SPOIL: dict[str, Callable[[Exchange, Fault], Awaitable[None]]] = {
    "status": Exchange.status,
    "slow": Exchange.slow,
    "reset": Exchange.reset,
    "drop_after_accept": Exchange.drop_after_accept,
    "half_body": Exchange.half_body,
    "html": Exchange.html,
    "html_after": Exchange.html_after,
    "kill": Exchange.kill,
}


async def heard(receive: Receive) -> tuple[bytes, Receive]:
    """A request's whole body, and what gives it to the next listener once more."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return unread.pop() if unread else await receive()

    return body, again


async def _pause(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


def _response(body: Any, status: int, headers: dict[str, str]) -> Response:
    if not isinstance(body, str):
        return Response(json.dumps(body), status, headers, media_type="application/json")
    return Response(body, status, headers, media_type="text/html" if body.startswith("<") else None)


def _kill(pid: int | None) -> None:
    """End a process at once; one that is gone already stays gone."""
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
