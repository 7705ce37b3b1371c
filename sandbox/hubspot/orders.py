"""What a test or a demo orders of the portal over HTTP, beside the control endpoints every stand-in has.

POST /_sandbox/reject  {"object", "id", "category", "message", "times", "status", "whole"}: refuse writes of one
                       record; "id" may be a unique value; `whole` takes the batch with it, trace ids or not
POST /_sandbox/merge   {"object", "primary", "merged", "by"}: a person merges two records into a new one
POST /_sandbox/delete  {"object", "id"}: a person deletes a record
POST /_sandbox/limits  {"per_ten_seconds", "daily"}: other rate limits
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
from sandbox.hubspot.errors import CONFLICT, VALIDATION, Refused
from sandbox.hubspot.kinds import object_kind
from sandbox.hubspot.limits import limit_body
from sandbox.hubspot.merging import merge
from sandbox.hubspot.portal import HubSpotPortal, Rejection, told
from sandbox.hubspot.records import editor

Order = Callable[[dict[str, Any]], Any]

GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
BUSY = {
    423: ("LOCKED", "The resource is locked by another operation. Wait at least 2 seconds before the next request."),
    477: ("MIGRATION_IN_PROGRESS", "This account is being moved between data hosting locations."),
    503: ("SERVICE_UNAVAILABLE", "The service is temporarily unavailable."),
}
GATEWAY = {502: "502 Bad Gateway", 504: "504 Gateway Timeout", 524: "524 A Timeout Occurred"}
POLICIES = ("TEN_SECONDLY_ROLLING", "SECONDLY", "DAILY")


def words(portal: HubSpotPortal, status: int) -> Any:
    """What the portal, or what stands in front of it, says with a status."""
    if status == 429:
        return limit_body(POLICIES[0], portal.correlation_id())
    if status in GATEWAY:
        return GATEWAY_PAGE.format(GATEWAY[status])
    category, message = BUSY.get(status) or _plain(status)
    return Refused(status, category, message).body(portal.correlation_id())


def _plain(status: int) -> tuple[str, str]:
    if status == 409:
        return CONFLICT, "A record of the batch conflicts with an existing one."
    return ("INTERNAL_ERROR", "internal error") if status >= 500 else (VALIDATION, "Invalid input")


def named_faults(portal: HubSpotPortal) -> dict[str, Callable[[], Reply]]:
    """The refusals a fault may call by name: one for each rate limit policy, and those with headers of their own."""

    def limited(policy: str) -> Callable[[], Reply]:
        return lambda: Reply(429, limit_body(policy, portal.correlation_id()))

    return {
        **{policy.lower(): limited(policy) for policy in POLICIES},
        "migrating": lambda: Reply(477, words(portal, 477), {"Retry-After": "10"}),
        "conflict": lambda: Reply(409, words(portal, 409)),
        "invalid": lambda: Reply(400, words(portal, 400)),
    }


@dataclass(frozen=True)
class Orders:
    """The endpoints, around one portal."""

    portal: HubSpotPortal

    def routes(self) -> list[Route]:
        table: dict[str, Order] = {
            "reject": self.reject,
            "merge": self.merge,
            "delete": self.delete,
            "limits": self.limits,
        }
        return [Route(f"{PREFIX}/{name}", _endpoint(order), methods=["POST"]) for name, order in table.items()]

    def reject(self, wanted: dict[str, Any]) -> None:
        status = int(wanted.get("status", 400))
        self.portal.rejections.append(
            Rejection(
                kind=wanted["object"],
                record_id=str(wanted["id"]),
                category=wanted.get("category", CONFLICT if status == 409 else VALIDATION),
                message=wanted.get("message", "The record was refused."),
                times=int(wanted.get("times", 1)),
                status=status,
                whole=bool(wanted.get("whole", False)),
            )
        )

    def merge(self, wanted: dict[str, Any]) -> dict[str, Any]:
        kind, by = object_kind(wanted["object"]), editor(wanted.get("by", "a person"), self.portal.owners)
        return told(merge(self.portal, kind, str(wanted["primary"]), str(wanted["merged"]), by))

    def delete(self, wanted: dict[str, Any]) -> None:
        kind = object_kind(wanted["object"])
        record = self.portal.record(kind, str(wanted["id"]))
        if record is None:
            raise KeyError(wanted["id"])
        self.portal.shelf(kind).archive(record, self.portal.clock())

    def limits(self, wanted: dict[str, Any]) -> None:
        limits = self.portal.limits
        limits.per_ten_seconds = int(wanted.get("per_ten_seconds", limits.per_ten_seconds))
        limits.daily = int(wanted.get("daily", limits.daily))


def _endpoint(order: Order) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            done = order(await request.json())
        except KeyError as missing:
            return JSONResponse({"error": f"no such record, or not given: {missing}"}, 404)
        return JSONResponse({"ok": True} if done is None else done)

    return endpoint
