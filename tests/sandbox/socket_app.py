"""Connecting a Bolt app to the Slack stand-in over Socket Mode, and hanging up without a wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler


@contextmanager
def connected(app: App, app_token: str = "xapp-sandbox") -> Iterator[SocketModeHandler]:
    """Connect `app` through its own client's base URL; everything is closed again at the end."""
    handler = SocketModeHandler(app, app_token)
    try:
        handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
        yield handler
    finally:
        _hang_up(handler)


def _hang_up(handler: SocketModeHandler) -> None:
    """Close the handler. Its reader would otherwise sit out a three-second receive first: the pong wakes it."""
    client = handler.client
    client.closed = True
    client.current_session_state.terminated = True
    if client.current_session is not None:
        client.current_session.ping("goodbye")
    client.message_queue.put(None)
    handler.close()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
