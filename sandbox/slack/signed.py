"""Payloads over HTTP, signed with the app's signing secret as Slack signs them."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The X-Slack-Signature of a body sent at `timestamp` (B1)."""
    signed = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def form(payload: dict[str, Any]) -> bytes:
    """A slash command is a form of its own; everything interactive travels as one field."""
    fields = payload if "command" in payload else {"payload": json.dumps(payload)}
    return urlencode(fields).encode()


def post_signed(
    url: str, secret: str, payload: dict[str, Any], sent_at: float, seconds: float
) -> dict[str, Any] | None:
    """Deliver a payload and return the JSON or text answered, None for an empty answer.

    Raises OSError (HTTPError included) when the app cannot be reached or does not answer 2xx.
    """
    events = payload.get("type") == "event_callback"
    body = json.dumps(payload).encode() if events else form(payload)
    timestamp = str(int(sent_at))
    headers = {
        "Content-Type": "application/json" if events else "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature(secret, timestamp, body),
    }
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=seconds) as answer:
            return _answered(answer.read().decode())
    except urllib.error.HTTPError as refused:
        refused.close()
        raise


def _answered(text: str) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        decoded = json.loads(text)
    except ValueError:
        return {"text": text}
    return decoded if isinstance(decoded, dict) else {"text": text}
