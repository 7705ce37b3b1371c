"""Kill -9 from the CRM's side: the stand-in ends its client at a write of the test's choice."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASKED, ACCEPTED = "asked", "accepted"
Process = subprocess.Popen[str]


@dataclass
class Killer:
    """Stands before a CRM. Armed with a process, it kills it at its `at`-th write, counted from then.

    `moment` ASKED: the write is never carried out. ACCEPTED: it is, and the answer finds nobody.
    """

    app: ASGIApp
    victim: Process | None = None
    at: int = 0
    moment: str = ASKED

    def arm(self, victim: Process, at: int, moment: str) -> None:
        """Wait for the `at`-th write from now on."""
        self.victim, self.at, self.moment = victim, at, moment

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self.victim is None:
            await self.app(scope, receive, send)
            return
        body = await _whole_body(receive)
        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def hear() -> Message:
            return unread.pop() if unread else await receive()

        if not self._due(scope, body):
            await self.app(scope, hear, send)
            return
        if self.moment == ASKED:
            self._kill()
            await Response(status_code=503)(scope, hear, send)
            return

        async def tell_nobody(message: Message) -> None:
            self._kill()
            await send(message)

        await self.app(scope, hear, tell_nobody)

    def _due(self, scope: Scope, body: bytes) -> bool:
        if not is_write(scope, body):
            return False
        self.at -= 1
        return self.at == 0

    def _kill(self) -> None:
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()


def is_write(scope: Scope, body: bytes) -> bool:
    """A HubSpot batch that changes records, or a Salesforce composite with collections to change."""
    path = str(scope["path"])
    return path.endswith(("/batch/update", "/batch/upsert")) or (path.endswith("/composite") and b'"PATCH"' in body)


async def _whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body
