"""Ports of our own: had before anything else is started, so that a taken one costs nothing; and serving on one."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError whose `strerror` names the address and the reason."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        code = error.errno or 0
        raise OSError(code, f"cannot listen on {host}:{port} ({os.strerror(code)})") from error


def require_free(ports: Iterable[int]) -> None:
    """Raise OSError naming the first loopback port that somebody else has; 0 is always free."""
    for port in ports:
        listen("127.0.0.1", port).close()


@contextmanager
def answering(app: ASGIApp, listening: socket.socket) -> Iterator[None]:
    """Serve an app in a thread of its own; at the end what has begun is answered first."""
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="slack-http", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
