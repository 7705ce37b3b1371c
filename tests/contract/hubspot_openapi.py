"""HubSpot's own OpenAPI documents as the judge of an exchange, whoever sent it and whoever answered.

    recorded = Recorded(app)
    with serve(recorded) as served: ...          # run the real connector against served.url
    recorded.assert_all_valid()                  # raises AssertionError with every exchange off specification
    recorded.uncovered                           # paths that no document describes

The documents are not part of the project; where they are absent, the test that asks is skipped.

Known departures of HubSpot from its own documents are allowed here and nowhere else, see `_corrected`
and `GATEWAY`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from werkzeug.datastructures import MultiDict

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SPECS = Path(__file__).parents[2].parent / "shared" / "specs"
HOST = "https://api.hubapi.com"
CONTROL = "/_sandbox"

# Answered in front of the API and not described by its documents: locked, limited, migrating, down.
GATEWAY = frozenset({423, 429, 477, *range(500, 600)})


def check_exchange(
    method: str,
    url_path: str,
    request_json: Any,
    status: int,
    response_json: Any,
    *,
    request_headers: Mapping[str, str] | None = None,
    response_headers: Mapping[str, str] | None = None,
) -> bool:
    """Judge one exchange by the document that describes its path; `url_path` may carry a query.

    True when it conforms, False when no document describes the path. The request is judged unless the answer
    itself calls it wrong (a 4xx). Raises AssertionError saying what does not conform.
    """
    request = _request(method, url_path, request_json, request_headers)
    document = _document_for(request)
    if document is None:
        return False
    where = f"{method} {url_path} -> {status}"
    if status < 400 or status in GATEWAY:
        _judge(f"{where}: the request", lambda: document.validate_request(request))
    if status not in GATEWAY:
        response = _response(where, status, response_json, response_headers)
        _judge(f"{where}: the response", lambda: document.validate_response(request, response))
    return True


def _request(method: str, url_path: str, body: Any, headers: Mapping[str, str] | None) -> MockRequest:
    url = urlsplit(url_path)
    return MockRequest(
        HOST,
        method,
        url.path.rstrip("/"),  # the vendor's client sends /crm/v3/owners/
        args=MultiDict(parse_qsl(url.query)),
        headers=dict(headers or {"Authorization": "Bearer token"}),
        data=json.dumps(body).encode() if body is not None else b"",
    )


def _response(where: str, status: int, body: Any, headers: Mapping[str, str] | None) -> MockResponse:
    content_type = {key.lower(): value for key, value in (headers or {}).items()}.get("content-type")
    if body is not None and content_type is not None:
        assert content_type.startswith("application/json"), f"{where}: the response is {content_type}, not JSON"
    return MockResponse(json.dumps(body).encode() if body is not None else b"", status_code=status)


def _judge(what: str, validate: Callable[[], None]) -> None:
    try:
        validate()
    except OpenAPIError as error:
        raise AssertionError(f"{what} is off specification: {_reasons(error)}") from error


def _reasons(error: BaseException | None) -> str:
    """Every schema error behind `error`, or what it says itself."""
    causes = []
    while error is not None:
        causes.append(error)
        error = error.__cause__ or error.__context__
    found = [schema_error.message for cause in causes for schema_error in getattr(cause, "schema_errors", ())]
    return "; ".join(found) or str(causes[0])


@dataclass(frozen=True)
class Document:
    """One OpenAPI document and the (method, path) patterns it describes."""

    api: OpenAPI
    described: tuple[tuple[str, re.Pattern[str]], ...]

    @classmethod
    def load(cls, path: Path) -> Document:
        """Read one document from a file."""
        content = _corrected(json.loads(path.read_text(encoding="utf-8")))
        described = [(method, _pattern(path)) for path, methods in content["paths"].items() for method in methods]
        return cls(OpenAPI.from_dict(content), tuple(described))

    def describes(self, method: str, path: str) -> bool:
        """Whether the document has this method on this path."""
        return any(method.lower() == known and pattern.fullmatch(path) for known, pattern in self.described)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[^/]+", template))


def _document_for(request: MockRequest) -> OpenAPI | None:
    return next((d.api for d in documents() if d.describes(request.method, request.path)), None)


def at_hand() -> bool:
    """Whether there are documents to judge by."""
    return any(SPECS.glob("CRM_*.json"))


@cache
def documents() -> tuple[Document, ...]:
    """Every CRM document at hand. Skips the test that asks where there is none."""
    paths = sorted(SPECS.glob("CRM_*.json"))
    if not paths:
        pytest.skip(f"HubSpot's OpenAPI documents are not at {SPECS}")
    return tuple(Document.load(path) for path in paths)


def _corrected(document: dict[str, Any]) -> dict[str, Any]:
    """The document as HubSpot really behaves.

    A property that never had a value is null (hubspot-api-nodejs issue 323), and the sub-category of a row
    error is text, such as crm.associations.NO_ASSOCIATIONS_FOUND, where the documents say string and object.
    """
    schemas = document["components"]["schemas"]
    for name in ("SimplePublicObject", "SimplePublicObjectWithAssociations", "SimplePublicUpsertObject"):
        if name in schemas:
            schemas[name]["properties"]["properties"]["additionalProperties"]["nullable"] = True
    if "StandardError" in schemas:
        schemas["StandardError"]["properties"]["subCategory"] = {"type": "string"}
    return _readable(document)


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """The document in a spelling openapi-core judges: errors are JSON, a 204 has no content, scopes are left out."""
    error = document["components"]["responses"]["Error"]
    error["content"] = {"application/json": error["content"]["*/*"]}
    for operation in (operation for methods in document["paths"].values() for operation in methods.values()):
        operation.pop("security", None)
        for response in operation["responses"].values():
            if not response.get("content"):
                response.pop("content", None)
    return document


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, bodies as parsed JSON (None where empty)."""

    method: str
    url_path: str
    request_json: Any
    request_headers: dict[str, str]
    status: int
    response_json: Any
    response_headers: dict[str, str]

    def check(self) -> bool:
        """See `check_exchange`."""
        return check_exchange(
            self.method,
            self.url_path,
            self.request_json,
            self.status,
            self.response_json,
            request_headers=self.request_headers,
            response_headers=self.response_headers,
        )


@dataclass
class Recorded:
    """An ASGI app that keeps every exchange of `app`, its control side apart."""

    app: ASGIApp
    exchanges: list[Exchange] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self.app(scope, receive, send)
            return
        sent = await _whole_body(receive)  # before the app, which may answer without reading it
        unread = [{"type": "http.request", "body": sent, "more_body": False}]
        answered = bytearray()
        start: dict[str, Any] = {}

        async def hear() -> Message:
            return unread.pop() if unread else await receive()

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            answered.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body"):
                self.exchanges.append(_exchange(scope, sent, start, bytes(answered)))
            await send(message)

        await self.app(scope, hear, tell)

    @property
    def uncovered(self) -> list[str]:
        """The "METHOD path" of every exchange that no document describes, each once."""
        paths = [(e.method, urlsplit(e.url_path).path) for e in self.exchanges]
        described = {path: _document_for(_request(*path, None, None)) is not None for path in paths}
        return [f"{method} {path}" for (method, path), known in described.items() if not known]

    def assert_all_valid(self) -> None:
        """Raise AssertionError naming every exchange that is off specification."""
        wrong = []
        for exchange in self.exchanges:
            try:
                exchange.check()
            except AssertionError as error:
                wrong.append(str(error))
        assert not wrong, "\n".join(wrong)


async def _whole_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def _exchange(scope: Scope, sent: bytes, start: Mapping[str, Any], answered: bytes) -> Exchange:
    query = scope["query_string"].decode()
    return Exchange(
        method=scope["method"],
        url_path=f"{scope['path']}?{query}" if query else scope["path"],
        request_json=_parsed(sent),
        request_headers=_texts(scope["headers"]),
        status=start["status"],
        response_json=_parsed(answered),
        response_headers=_texts(start["headers"]),
    )


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {key.decode("latin-1"): value.decode("latin-1") for key, value in headers}


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode("utf-8", "replace")
