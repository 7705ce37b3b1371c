"""The org over HTTP: sign-in, bearer tokens, the daily allowance, and the control side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import Control
from sandbox.faults import Reply
from sandbox.salesforce.auth import SignInRefused
from sandbox.salesforce.calls import Answer, Call, refused
from sandbox.salesforce.composite import split_path
from sandbox.salesforce.describe import versions
from sandbox.salesforce.errors import RestError, RowError
from sandbox.salesforce.orders import REFUSALS, Orders, words
from sandbox.salesforce.org import SalesforceOrg
from sandbox.salesforce.routes import ROUTES, dispatch
from sandbox.salesforce.seeding import INTEGRATION_USER

if TYPE_CHECKING:
    from starlette.types import ASGIApp

MAX_HEAD = 16_384  # bytes of URI and headers together (A1)
JSON = "application/json;charset=UTF-8"
TOKEN_PATH = "/services/oauth2/token"


def salesforce_app(org: SalesforceOrg) -> tuple[ASGIApp, Control]:
    """The org as an ASGI app, with its control routes beside it and its requests watched."""
    named = {name: partial(_same, reply) for name, reply in REFUSALS.items()}
    control = Control(org, _name_kind, words, named_faults=named)
    front = _Front(org)
    routes = [
        Route(TOKEN_PATH, front.sign_in, methods=["POST"]),
        Route("/services/data/", front.versions, methods=["GET"]),
        Route("/services/data/{rest:path}", front.data, methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
        *Orders(org).routes(),
        *control.routes(),
    ]
    app = Starlette(routes=routes, exception_handlers={RowError: _row_refused})
    return control.middleware(app), control


@dataclass(frozen=True)
class _Front:
    """Translates between HTTP and the org."""

    org: SalesforceOrg

    async def sign_in(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            token = self.org.sign_in.grant(form, request.headers.get("authorization", ""), self.org.is_active_user)
        except SignInRefused as refusal:
            body = {"error": refusal.error, "error_description": refusal.description}
            return JSONResponse(body, refusal.status)
        return JSONResponse(self._granted(token, _origin(request)))

    def _granted(self, token: str, origin: str) -> dict[str, Any]:
        return {
            "access_token": token,
            "instance_url": origin,
            "id": f"{origin}/id/{self.org.org_id}/{INTEGRATION_USER}",
            "token_type": "Bearer",
            "issued_at": str(int(self.org.clock().timestamp() * 1000)),
            "scope": "api",
        }

    async def versions(self, request: Request) -> Response:  # noqa: ARG002 - the signature Starlette calls
        return _json(versions(self.org.api_version))

    async def data(self, request: Request) -> Response:
        body = await request.body()
        answer = self._answer(request, body)
        request.state.kind = answer.kind
        request.state.detail = {"rows": answer.rows, "subrequests": answer.subrequests, **answer.detail}
        limit_info = {"Sforce-Limit-Info": self.org.usage.header(self.org.clock())}
        return _reply(answer.body, answer.status, {**answer.headers, **limit_info})

    def _answer(self, request: Request, body: bytes) -> Answer:
        """The org's answer; whatever a call wrote is final once it is answered."""
        try:
            _check_head(request)
            self._check_token(request)
            self.org.usage.spend(self.org.clock())
            return dispatch(_call(self.org, request, body), ROUTES)
        except RestError as error:
            return refused(error)
        finally:
            self.org.tables.commit()

    def _check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() not in ("bearer", "oauth") or not self.org.sign_in.is_valid(token):
            raise RestError(401, "INVALID_SESSION_ID", "Session expired or invalid")


def _call(org: SalesforceOrg, request: Request, body: bytes) -> Call:
    version, path = split_path(request.scope["raw_path"].decode("ascii"))
    query = dict(request.query_params)
    content = body if request.method == "PUT" else _parsed(body)
    return Call(org, request.method, path, version, query, dict(request.headers), content)


def _parsed(body: bytes) -> Any:
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError as wrong:
        raise RestError(400, "JSON_PARSER_ERROR", f"the body is not JSON: {wrong}") from None


def _check_head(request: Request) -> None:
    address = len(request.scope["raw_path"]) + len(request.scope["query_string"])
    headers = sum(len(name) + len(value) + 4 for name, value in request.headers.raw)
    if address + headers > MAX_HEAD:
        raise RestError(414, "URI_TOO_LONG", f"URI and headers together are limited to {MAX_HEAD} bytes")


def _origin(request: Request) -> str:
    """Scheme and host as the client called them."""
    return f"{request.url.scheme}://{request.headers['host']}"


def _reply(body: Any, status: int, headers: dict[str, str]) -> Response:
    return Response(body, status, headers) if isinstance(body, bytes) else _json(body, status, headers)


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    if status == 204:
        return Response(status_code=204, headers=headers)
    return Response(json.dumps(body), status, {**(headers or {}), "Content-Type": JSON})


async def _row_refused(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the signature Starlette calls
    """A control-side edit that a field refused."""
    assert isinstance(error, RowError)
    return _json(error.as_rest().body(), 400)


def _name_kind(method: str, path: str) -> str:  # noqa: ARG001 - the signature the control side calls
    if path == TOKEN_PATH:
        return "auth"
    return "describe" if path.rstrip("/") == "/services/data" else "other"


def _same(reply: Reply) -> Reply:
    return reply
