"""Slack over HTTP: signed requests in, what the same Bolt app answers out (slack B1).

Nothing of a request is looked at before its signature, and none of it is logged: anybody can send one.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from slack_bolt import App, BoltRequest, BoltResponse
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PATH = "/slack/events"
WINDOW_SECONDS = 300  # how old a signature may be
MOST_BYTES = 1_000_000  # a form of 250 KB, as Slack allows, with every character percent-encoded

_OBJECTS = ("event", "view", "container", "message")
_TEXTS = ("type", "command", "callback_id", "response_url", "trigger_id")
_PRESSED = ("block_actions", "interactive_message")

_log = logging.getLogger(__name__)


class _Refused(Exception):
    """What is answered to a request that is not Slack's, or not one of Slack's."""

    def __init__(self, status: int) -> None:
        self.status = status


def http_door(app: App, signing_secret: str, clock: Callable[[], datetime]) -> Starlette:
    """The door as an ASGI app. `clock` is what a request's timestamp is held against."""

    async def receive(request: Request) -> Response:
        try:
            payload = await _payload(request, signing_secret, clock())
        except _Refused as refused:
            return Response(status_code=refused.status)
        if payload.get("type") == "url_verification":
            return JSONResponse({"challenge": str(payload.get("challenge"))})
        # Bolt's own adapter calls `dispatch` on the event loop, where it waits up to three seconds for a listener and
        # nobody else is heard meanwhile. In a thread it may wait; these are not the threads listeners run in, which
        # it would otherwise wait for in vain once all of them do. An AsyncApp would need every listener, the store
        # and the look-ups behind it to be rewritten, for a wait of milliseconds.
        return await run_in_threadpool(_dispatched, app, payload)

    return Starlette(routes=[Route(PATH, receive, methods=["POST"])])


async def _payload(request: Request, secret: str, now: datetime) -> dict[str, Any]:
    """What Slack sent. Raises _Refused: the cheapest checks first, and no payload is read before its signature is."""
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not signature or not _is_recent(stamp, now):
        raise _Refused(401)
    body = await _body(request)
    if not _is_signed(secret, stamp, body, signature):
        raise _Refused(401)
    payload = parsed(request.headers.get("content-type", ""), body)
    if payload is None:
        raise _Refused(400)
    return payload


def _is_recent(stamp: str, now: datetime) -> bool:
    """Bolt's own check fails with an error on a stamp that is no number."""
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        return False
    return abs(now.timestamp() - int(stamp)) <= WINDOW_SECONDS


async def _body(request: Request) -> bytes:
    """All of it, unless it is more than Slack sends, whatever length it claims to have."""
    claimed = request.headers.get("content-length", "0")
    if claimed.isdecimal() and int(claimed[:12]) > MOST_BYTES:
        raise _Refused(413)
    read = bytearray()
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > MOST_BYTES:
                raise _Refused(413)
    except ClientDisconnect:
        raise _Refused(400) from None
    return bytes(read)


def _is_signed(secret: str, stamp: str, body: bytes, signature: str) -> bool:
    """Over bytes: neither a body that is no UTF-8 nor a signature that is no ASCII may be an error."""
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), signature.encode("utf-8", "replace"))


def parsed(content_type: str, body: bytes) -> dict[str, Any] | None:
    """The payload of an event (JSON), a command (form) or anything interactive (JSON in a form); None if it is none.

    Bolt's own reading loses a command whose text says "payload".
    """
    text = body.decode("utf-8", "replace")
    try:
        if content_type.startswith("application/json"):
            payload = json.loads(text)
        else:
            fields = dict(parse_qsl(text, keep_blank_values=True))
            payload = json.loads(fields["payload"]) if "payload" in fields else fields
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) and payload and _has_shape(payload) else None


def _has_shape(payload: dict[str, Any]) -> bool:
    """Whether what Bolt and listeners take for granted is so: texts, objects and lists of objects where they look."""
    actions = payload.get("actions") or []
    if not isinstance(actions, list) or (payload.get("type") in _PRESSED and not actions):
        return False
    objects = [*actions, *(payload.get(key) or {} for key in _OBJECTS)]
    texts = [payload.get(key) or "" for key in _TEXTS]
    return all(isinstance(one, dict) for one in objects) and all(
        isinstance(one, str) for one in [*texts, *(action.get("action_id", "") for action in actions)]
    )


def _dispatched(app: App, payload: dict[str, Any]) -> Response:
    """What the Bolt app says. As from a socket: it has been checked and read already."""
    try:
        request = BoltRequest(mode="socket_mode", body=payload)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        _log.warning("Slack sent a payload that cannot be read (%s)", type(error).__name__)
        return Response(status_code=400)
    return _response(app.dispatch(request))


def _response(told: BoltResponse) -> Response:
    return Response(told.body, told.status, told.first_headers())
