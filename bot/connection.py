"""The Socket Mode connection: opened, watched, replaced when it has gone deaf, and hung up without a wait.

The client pings, and connects again by itself when it notices that it was cut off. It does not notice everything: a
connection that never got a pong is never found stale, and one may go deaf while pings still pass (slack E6). Clicks are
not delivered again, so somebody has to look.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.refusals import FAILURES, Ending, access_error, understand
from connector.errors import PlsyncError, TransientError

STALE_AFTER = timedelta(seconds=60)  # without a pong; one is asked for every ten seconds
RENEWED_AFTER = timedelta(minutes=30)  # without a word: a new connection costs one call, a deaf one every click

_log = logging.getLogger(__name__)


class Line:
    """One connection at a time. `watch` is called every few seconds, by one thread."""

    def __init__(self, app: App, app_token: str, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._app_token = app_token
        self._clock = clock
        self._handler: SocketModeHandler | None = None
        self._pong: float | None = None
        self._ponged_at = self._heard_at = clock()
        self._told = ""

    def open(self) -> None:
        """Connect, and only then hang up the connection before. Raises as `connect` does."""
        handler, before = connect(self._app, self._app_token), self._handler
        handler.client.on_message_listeners.append(self._hear)
        self._handler, self._pong = handler, None
        self._ponged_at = self._heard_at = self._clock()
        if before:
            hang_up(before)

    def is_connected(self) -> bool:
        """Whether there is a connection, as far as the client knows."""
        return self._handler is not None and self._handler.client.is_connected()

    def watch(self) -> None:
        """Replace a connection that is closed, stale or long silent. What fails is logged, and tried again."""
        trouble = self._trouble()
        if trouble is None:
            return
        try:
            self.open()
        except PlsyncError as error:
            self._tell(f"the connection to Slack {trouble}, and there is no new one: {error}")
        else:
            self._tell("")
            _log.info("the connection to Slack %s; there is a new one", trouble)

    def close(self) -> None:
        """Hang up. Harmless without a connection."""
        if self._handler:
            hang_up(self._handler)
        self._handler = None

    def _hear(self, _message: str) -> None:
        self._heard_at = self._clock()

    def _trouble(self) -> str | None:
        now, session = self._clock(), self._handler.client.current_session if self._handler else None
        if session is None or not self.is_connected():
            return "is closed"
        if session.last_ping_pong_time != self._pong:
            self._pong, self._ponged_at = session.last_ping_pong_time, now
        if now - self._ponged_at > STALE_AFTER:
            return "is stale"
        return "has been silent for long" if now - self._heard_at > RENEWED_AFTER else None

    def _tell(self, trouble: str) -> None:
        """Log what is new, not the same every few seconds."""
        if trouble and trouble != self._told:
            _log.error("%s", trouble)
        self._told = trouble


def connect(app: App, app_token: str) -> SocketModeHandler:
    """Connect the app through the base URL and proxy of its own client.

    Raises AccessError for a token Slack refuses, TransientError when Slack cannot be reached.
    """
    handler = SocketModeHandler(app, app_token)
    handler.client.proxy = app.client.proxy  # the constructor would take one from the environment instead
    try:
        handler.connect()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
    except FAILURES as error:
        hang_up(handler)
        refusal = understand(error)
        if refusal.ending is Ending.ACCESS or isinstance(error, SlackApiError):
            raise access_error(refusal) from error
        raise TransientError(f"Slack cannot be reached over Socket Mode ({refusal.code}); try again") from error
    if not handler.client.is_connected():  # a handshake that fails is only logged
        hang_up(handler)
        raise TransientError("Slack did not take the Socket Mode connection; try again")
    return handler


def hang_up(handler: SocketModeHandler) -> None:
    """Close the connection and its threads.

    The reader sits in a receive of three seconds that holds the lock which closing needs: a ping brings it a pong.
    """
    client = handler.client
    client.closed = True
    client.current_session_state.terminated = True
    if client.current_session is not None:
        with suppress(OSError):  # nobody may be there any more
            client.current_session.ping("goodbye")
    client.message_queue.put(None)
    handler.close()  # type: ignore[no-untyped-call]  # slack_bolt leaves it untyped
