"""Run one ASGI app on a loopback port, in a thread of its own, with TLS where asked."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import trustme
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Tls:
    """A throw-away certificate authority: the server side of it, and the file a client trusts."""

    ca: trustme.CA
    ca_file: Path

    @classmethod
    def create(cls, folder: Path) -> Tls:
        """Make a new authority and write its certificate to `folder`/sandbox-ca.pem."""
        ca = trustme.CA()
        folder.mkdir(parents=True, exist_ok=True)
        ca_file = folder / "sandbox-ca.pem"
        ca.cert_pem.write_to_path(str(ca_file))
        return cls(ca, ca_file)

    def configure(self, context: ssl.SSLContext) -> None:
        self.ca.issue_cert("localhost", HOST).configure_cert(context)


class _Abrupt(H11Protocol):
    """HTTP/1.1 that lets the app break the connection: `scope["state"]["hang_up"](reset=False)`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "hang_up": self._hang_up}

    def _hang_up(self, *, reset: bool) -> None:
        """Close once what was sent has left, or `reset` at once: the client sees ECONNRESET."""
        self.cycle.disconnected = True  # else uvicorn answers 500 for an app that did not
        if not reset:
            self.transport.close()
            return
        linger = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.transport.abort()


class _Server(uvicorn.Server):
    """uvicorn without signal handlers: the process that embeds it owns its signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    def install_signal_handlers(self) -> None:
        """Leave signals to the embedding process."""

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        self.up.set()

    async def shutdown(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Hang up on clients that are still connected, or asyncio warns of transports nobody closed."""
        for connection in list(self.server_state.connections):
            if transport := getattr(connection, "transport", None):
                transport.abort()
        await asyncio.sleep(0)
        await super().shutdown(sockets)  # type: ignore[arg-type]


@dataclass
class Served:
    """A running stand-in. `url` has no trailing slash."""

    url: str
    _server: _Server = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def stop(self) -> None:
        """Stop accepting, drop what is open, and wait for the thread."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(app: ASGIApp, *, port: int = 0, tls: Tls | None = None) -> Served:
    """Serve `app` on 127.0.0.1 and return once it accepts connections.

    Raises OSError when the port is taken.
    """
    config = uvicorn.Config(
        app,
        host=HOST,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        http=_Abrupt,
        ws="websockets-sansio",
    )
    config.load()
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.configure(context)
        config.ssl = context
    bound = socket.create_server((HOST, port), backlog=2048)  # uvicorn's own would end the process on a taken port
    # Headers and body leave in two writes; without this the second waits for a delayed ACK, 40 ms a call.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    server = _Server(config)
    thread = threading.Thread(target=server.run, args=([bound],), daemon=True)
    thread.start()
    if not server.up.wait(timeout=10):
        raise OSError(f"the stand-in did not start on port {bound.getsockname()[1]}")
    scheme = "https" if tls is not None else "http"
    return Served(f"{scheme}://{HOST}:{bound.getsockname()[1]}", server, thread)
