"""Ports of our own: had before anything else is started, so that a taken one costs nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable


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
