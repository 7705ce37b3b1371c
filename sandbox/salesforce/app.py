"""The org over HTTP: sign-in, bearer tokens, the daily allowance, and the control side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import PREFIX, Control
from sandbox.salesforce.auth import SignInRefused
from sandbox.salesforce.calls import Answer, Call, refused
from sandbox.salesforce.composite import split_path
from sandbox.salesforce.describe import versions
from sandbox.salesforce.errors import RestError, RowError
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
    control = Control(org, _name_kind, _fault_body)
    front = _Front(org)
    routes = [
        Route(TOKEN_PATH, front.sign_in, methods=["POST"]),
        Route("/services/data/", front.versions, methods=["GET"]),
        Route("/services/data/{rest:path}", front.data, methods=["GET", "POST", "PATCH", "PUT", "DELETE"]),
        Route(f"{PREFIX}/expire-tokens", front.expire_tokens, methods=["POST"]),
        Route(f"{PREFIX}/reject", front.reject, methods=["POST"]),
        Route(f"{PREFIX}/delete", front.delete, methods=["POST"]),
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
        request.state.detail = {"rows": answer.rows, "subrequests": answer.subrequests}
        limit_info = {"Sforce-Limit-Info": self.org.usage.header(self.org.clock())}
        return _json(answer.body, answer.status, {**answer.headers, **limit_info})

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

    async def expire_tokens(self, request: Request) -> Response:  # noqa: ARG002 - the signature Starlette calls
        self.org.expire_tokens()
        return JSONResponse({"ok": True})

    async def reject(self, request: Request) -> Response:
        """{"object", "id", "statusCode", "message", "times"}: a validation rule, unless another code is given."""
        wanted = await request.json()
        code = wanted.get("statusCode", "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        message = wanted.get("message", "refused by a validation rule")
        try:
            self.org.reject(wanted["object"], wanted["id"], code, message, int(wanted.get("times", 1)))
        except KeyError as missing:
            return JSONResponse({"error": f"no such object, or not given: {missing}"}, 404)
        return JSONResponse({"ok": True})

    async def delete(self, request: Request) -> Response:
        """{"object", "id", "by", "mergedInto"}: a person deletes a record, or merges it into another."""
        wanted = await request.json()
        try:
            record = self.org.delete(
                wanted["object"], wanted["id"], wanted.get("by", "a person"), wanted.get("mergedInto")
            )
        except KeyError as missing:
            return JSONResponse({"error": f"no such record: {missing}"}, 404)
        return JSONResponse(record)


def _call(org: SalesforceOrg, request: Request, body: bytes) -> Call:
    version, path = split_path(request.scope["raw_path"].decode("ascii"))
    query = dict(request.query_params)
    return Call(org, request.method, path, version, query, dict(request.headers), _parsed(body))


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


def _fault_body(status: int) -> Any:
    """What a real org says with these statuses (A3)."""
    code, message = {
        401: ("INVALID_SESSION_ID", "Session expired or invalid"),
        403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred."),
        503: ("SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
    }.get(status, ("UNKNOWN_EXCEPTION", f"fault {status}"))
    return [{"errorCode": code, "message": message}]
