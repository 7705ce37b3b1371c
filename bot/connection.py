"""The Socket Mode connection, and hanging up without a wait."""

from __future__ import annotations

from contextlib import suppress

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError

from bot.refusals import FAILURES, Ending, access_error, understand
from connector.errors import TransientError


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
