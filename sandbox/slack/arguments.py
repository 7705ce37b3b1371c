"""The arguments of a Web API call: from a form, a query or a JSON body, all read alike."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from sandbox.slack.errors import SlackError


@dataclass(frozen=True)
class Arguments:
    """What the caller sent. Forms carry everything as text, structures as JSON text."""

    given: dict[str, Any]
    token: str | None
    base_url: str

    @classmethod
    def read(cls, content_type: str, query: bytes, body: bytes, authorization: str | None, base_url: str) -> Arguments:
        """Read a request. Raises SlackError invalid_json or invalid_form_data."""
        given: dict[str, Any] = dict(parse_qsl(query.decode(), keep_blank_values=True))
        if "json" in content_type and body:
            given.update(_object(body))
        else:
            given.update(_form(body))
        bearer = authorization.removeprefix("Bearer ") if authorization else None
        return cls(given, bearer or given.get("token"), base_url)

    def maybe(self, name: str) -> str | None:
        """A text, or None when it is absent."""
        value = self.given.get(name)
        return None if value is None else str(value)

    def text(self, name: str) -> str:
        """A text that must be there. Raises SlackError invalid_arguments."""
        value = self.maybe(name)
        if not value:
            raise SlackError("invalid_arguments", [f"missing required field: {name}"])
        return value

    def flag(self, name: str) -> bool:
        """A switch: true, "true" or "1"."""
        return str(self.given.get(name, "")).lower() in {"true", "1"}

    def count(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 to `most`. Raises SlackError invalid_limit."""
        value = self.maybe(name) or str(default)
        if not value.isdecimal() or int(value) < 1:
            raise SlackError("invalid_limit")
        return min(int(value), most)

    def raw(self, name: str) -> Any:
        """The value as sent: a structure in a JSON body, JSON text in a form."""
        return self.given.get(name)


def _object(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body)
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(decoded, dict):
        raise SlackError("json_not_object")
    return decoded


def _form(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise SlackError("invalid_form_data") from None
