"""What the benchmark adds to a stand-in: it counts connections, and makes every row wait."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.control import PREFIX

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass
class Watch:
    """Wraps a stand-in. `per_row` is seconds an answer waits for each row it read or wrote."""

    app: ASGIApp
    per_row: float = 0.0
    clients: set[int] = field(default_factory=set)
    open_now: int = 0
    most_open: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        self.clients.add(scope["client"][1])
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)

        async def delayed(message: Message) -> None:
            if message["type"] == "http.response.start" and self.per_row:
                rows = (scope.get("state") or {}).get("detail", {}).get("rows", 0)
                await asyncio.sleep(self.per_row * rows)
            await send(message)

        try:
            await self.app(scope, receive, delayed)
        finally:
            self.open_now -= 1

    def forget(self) -> None:
        """Count connections afresh."""
        self.clients.clear()
        self.most_open = self.open_now
