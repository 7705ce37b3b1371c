"""What a test or a demo orders of the org over HTTP, beside the control endpoints every stand-in has.

POST /_sandbox/expire-tokens  every token handed out so far answers 401
POST /_sandbox/reject         {"object", "id", "statusCode", "message", "times"}: refuse writes of one record,
                              by a validation rule unless another code is given; "id" may be an external id
POST /_sandbox/delete         {"object", "id", "by", "mergedInto"}: a person deletes a record, or merges it away
POST /_sandbox/convert        {"lead", "account", "contact", "opportunity", "by"}: a person converts a lead
POST /_sandbox/limits         {"api_calls", "bulk_batches"}: another allowance for 24 hours
POST /_sandbox/bulk           members of `sandbox.salesforce.bulk.Bulk`: "polls", "batch_rows", "seconds_per_row",
                              "max_bytes", "lock_rows", "fail_batch", "fail_words"
POST /_sandbox/bulk/finish    do the work of every closed job now: {"finished": [job ids]}
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.control import PREFIX
from sandbox.faults import Reply
from sandbox.salesforce.bulk_work import finish
from sandbox.salesforce.conversion import convert
from sandbox.salesforce.org import SalesforceOrg

Order = Callable[[dict[str, Any]], Any]


def refusal(status: int, code: str, message: str) -> Reply:
    """A request refused as a whole (A3)."""
    return Reply(status, [{"errorCode": code, "message": message}])


REFUSALS = {
    "expired_session": refusal(401, "INVALID_SESSION_ID", "Session expired or invalid"),
    "total_requests": refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    "concurrent_requests": refusal(
        403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
    ),
    "unknown_exception": refusal(500, "UNKNOWN_EXCEPTION", "An unexpected error occurred."),
    "server_unavailable": refusal(503, "SERVER_UNAVAILABLE", "The server is temporarily unavailable."),
}
_BY_STATUS = {401: "expired_session", 403: "total_requests", 500: "unknown_exception", 503: "server_unavailable"}


def words(status: int) -> Any:
    """What a real org says with a status."""
    known = REFUSALS.get(_BY_STATUS.get(status, ""))
    return (known or refusal(status, "UNKNOWN_EXCEPTION", f"fault {status}")).body


@dataclass(frozen=True)
class Orders:
    """The endpoints, around one org."""

    org: SalesforceOrg

    def routes(self) -> list[Route]:
        table: dict[str, Order] = {
            "expire-tokens": self.expire_tokens,
            "reject": self.reject,
            "delete": self.delete,
            "convert": self.convert,
            "limits": self.limits,
            "bulk": self.bulk,
            "bulk/finish": self.finish,
        }
        return [Route(f"{PREFIX}/{name}", _endpoint(order), methods=["POST"]) for name, order in table.items()]

    def expire_tokens(self, _wanted: dict[str, Any]) -> None:
        self.org.expire_tokens()

    def reject(self, wanted: dict[str, Any]) -> None:
        code = wanted.get("statusCode", "FIELD_CUSTOM_VALIDATION_EXCEPTION")
        message = wanted.get("message", "refused by a validation rule")
        self.org.reject(wanted["object"], wanted["id"], code, message, int(wanted.get("times", 1)))

    def delete(self, wanted: dict[str, Any]) -> dict[str, Any]:
        by = wanted.get("by", "a person")
        return self.org.delete(wanted["object"], wanted["id"], by, wanted.get("mergedInto"))

    def convert(self, wanted: dict[str, Any]) -> dict[str, Any]:
        into = {name: wanted.get(name) for name in ("account", "contact", "opportunity")}
        return convert(self.org, wanted["lead"], wanted.get("by", "a person"), **into)

    def limits(self, wanted: dict[str, Any]) -> None:
        self.org.usage.limit = int(wanted.get("api_calls", self.org.usage.limit))
        self.org.bulk.batches.limit = int(wanted.get("bulk_batches", self.org.bulk.batches.limit))

    def bulk(self, wanted: dict[str, Any]) -> None:
        self.org.bulk.set(wanted)

    def finish(self, _wanted: dict[str, Any]) -> dict[str, Any]:
        return {"finished": finish(self.org)}


def _endpoint(order: Order) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        wanted = await request.json() if await request.body() else {}
        try:
            done = order(wanted)
        except KeyError as missing:
            return JSONResponse({"error": f"no such object, record or member: {missing}"}, 404)
        return JSONResponse({"ok": True} if done is None else done)

    return endpoint
