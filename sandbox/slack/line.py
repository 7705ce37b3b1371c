"""The line from the team to its app: Socket Mode clients, or else a signed HTTP request.

Deliveries may start on any event loop; a client is written to on the loop that accepted it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sandbox.slack.signed import post_signed

ACK_SECONDS = 3.0
KINDS = {"block_actions": "interactive", "view_submission": "interactive", "event_callback": "events_api"}


@dataclass(frozen=True)
class Ack:
    """What the app answered. `elapsed_ms` runs from sending to the answer or to giving up."""

    acknowledged: bool
    elapsed_ms: int
    payload: dict[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Client:
    """One connected app."""

    send: Callable[[str], Coroutine[Any, Any, None]]
    loop: asyncio.AbstractEventLoop
    close: Callable[[], Coroutine[Any, Any, None]]


class Line:
    """Who is connected and what awaits an acknowledgement.

    `base_url` is the stand-in's own address, learnt from requests to it; `request_url` is where payloads
    go while no client is connected.
    """

    def __init__(self, signing_secret: str, monotonic: Callable[[], float], wall: Callable[[], float]) -> None:
        self.base_url = "http://127.0.0.1"
        self.request_url: str | None = None
        self.clients: list[Client] = []
        self.ack_seconds = ACK_SECONDS
        self._waiting: dict[str, Future[dict[str, Any] | None]] = {}
        self._sent = 0
        self._signing_secret = signing_secret
        self._monotonic = monotonic
        self._wall = wall

    async def deliver(self, payload: dict[str, Any]) -> Ack:
        """Hand a payload to one client, round robin, or to the request URL, and wait for the answer."""
        start = self._monotonic()
        try:
            answer = await asyncio.wait_for(self._hand_over(payload), self.ack_seconds)
        except (TimeoutError, OSError):
            return Ack(False, self._since(start))
        return Ack(True, self._since(start), answer)

    def _since(self, start: float) -> int:
        return round((self._monotonic() - start) * 1000)

    async def _hand_over(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        if self.clients:
            client = self.clients.pop(0)
            self.clients.append(client)
            return await self._over_socket(client, payload)
        if self.request_url is not None:
            url, secret = self.request_url, self._signing_secret
            return await asyncio.to_thread(post_signed, url, secret, payload, self._wall(), self.ack_seconds)
        raise ConnectionError("no app is connected and no request URL is set")

    async def _over_socket(self, client: Client, payload: dict[str, Any]) -> dict[str, Any] | None:
        self._sent += 1
        envelope_id = f"envelope-{self._sent}"
        kind = KINDS.get(str(payload.get("type")), "slash_commands")
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "accepts_response_payload": kind != "events_api",
            "payload": payload,
        }
        answer: Future[dict[str, Any] | None] = Future()
        self._waiting[envelope_id] = answer
        try:
            sending = asyncio.run_coroutine_threadsafe(client.send(json.dumps(envelope)), client.loop)
            await asyncio.wrap_future(sending)
            return await asyncio.wrap_future(answer)
        finally:
            self._waiting.pop(envelope_id, None)

    def cut(self) -> None:
        """Close every socket, as a restart of Slack's does."""
        for client in self.clients:
            asyncio.run_coroutine_threadsafe(client.close(), client.loop)

    def deafen(self) -> None:
        """Bring nothing any more to whoever is connected; their sockets stay open, and pings pass (E6)."""
        self.clients.clear()

    def acknowledged(self, envelope: dict[str, Any]) -> None:
        """A client answered; late and unknown answers are dropped, as Slack does."""
        answer = self._waiting.get(str(envelope.get("envelope_id")))
        if answer is not None:
            with suppress(InvalidStateError):
                answer.set_result(envelope.get("payload"))
