"""The object endpoints, under /crm/v3/objects and under /crm/objects/2026-09.

The dated specification knows no 207: there a batch answers 200 (201 for create) with `errors` inside (B3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from sandbox.control import Handler
from sandbox.hubspot.errors import Refused, invalid
from sandbox.hubspot.kinds import ObjectKind, object_kind
from sandbox.hubspot.merging import merge
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.reads import MOST_INPUTS, Wanted, batch_read, input_ids, page, read_one, show
from sandbox.hubspot.records import OUR_APP
from sandbox.hubspot.search import search
from sandbox.hubspot.wire import Json, batch_answer, body_of, flag, limit_of, listed
from sandbox.hubspot.writes import Mode, write_batch

PREFIXES = ("/crm/v3/objects", "/crm/objects/2026-09")
WRITES = ("create", "update", "upsert")


@dataclass(frozen=True)
class ObjectsApi:
    """Handlers over one portal."""

    portal: HubSpotPortal

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of every object endpoint."""
        rows: list[tuple[str, str, Handler]] = []
        for prefix in PREFIXES:
            rows += [
                ("POST", f"{prefix}/{{kind}}/batch/read", self.read_batch),
                *(("POST", f"{prefix}/{{kind}}/batch/{mode}", self.write_batch) for mode in WRITES),
                ("POST", f"{prefix}/{{kind}}/batch/archive", self.archive_batch),
                ("POST", f"{prefix}/{{kind}}/merge", self.merge),
                ("POST", f"{prefix}/{{kind}}/search", self.search),
                ("GET", f"{prefix}/{{kind}}", self.list_page),
                ("GET", f"{prefix}/{{kind}}/{{id}}", self.get),
                ("DELETE", f"{prefix}/{{kind}}/{{id}}", self.archive),
            ]
        return rows

    async def read_batch(self, request: Request) -> Response:
        body = await body_of(request)
        request.state.detail = {"rows": len(body.get("inputs", ()))}
        results, errors = batch_read(self.portal, self._kind(request), body, archived=flag(request, "archived"))
        return batch_answer(self.portal, results, errors, mixed=200 if _dated(request) else 207)

    async def write_batch(self, request: Request) -> Response:
        body = await body_of(request)
        request.state.detail = {"rows": len(body.get("inputs", ()))}
        mode = cast("Mode", request.url.path.rsplit("/", 1)[1])
        results, errors = write_batch(self.portal, self._kind(request), mode, body)
        done = 201 if mode == "create" else 200
        return batch_answer(self.portal, results, errors, done=done, mixed=done if _dated(request) else 207)

    async def search(self, request: Request) -> Response:
        answer = search(self.portal, self._kind(request), await body_of(request))
        request.state.detail = {"rows": len(answer["results"])}
        return Json(answer)

    async def list_page(self, request: Request) -> Response:
        kind, archived = self._kind(request), flag(request, "archived")
        records = [r for r in self.portal.shelf(kind) if (r.archived_at is not None) == archived]
        rows, paging = page(records, after=request.query_params.get("after"), limit=limit_of(request, 10, 100))
        request.state.detail = {"rows": len(rows)}
        return Json({"results": [show(self.portal, record, _wanted(request)) for record in rows], **paging})

    async def get(self, request: Request) -> Response:
        id_property = request.query_params.get("idProperty")
        kind, record_id = self._kind(request), request.path_params["id"]
        return Json(read_one(self.portal, kind, record_id, _wanted(request), id_property))

    async def merge(self, request: Request) -> Response:
        body = await body_of(request)
        primary, other = body.get("primaryObjectId"), body.get("objectIdToMerge")
        if not isinstance(primary, str) or not isinstance(other, str):
            raise invalid("Invalid input JSON: primaryObjectId and objectIdToMerge must be strings")
        kind = self._kind(request)
        request.state.detail = {"rows": 2}
        return Json(merge(self.portal, kind, primary, other, OUR_APP).shown(kind.default))

    async def archive_batch(self, request: Request) -> Response:
        """Delete up to 100 records; deleting what is not there succeeds too."""
        kind, ids = self._kind(request), input_ids(await body_of(request), MOST_INPUTS)
        request.state.detail = {"rows": len(ids)}
        for record in filter(None, (self.portal.record(kind, key) for key in ids)):
            self.portal.shelf(kind).archive(record, self.portal.clock())
        return Response(status_code=204)

    async def archive(self, request: Request) -> Response:
        """Delete a record; deleting what is not there succeeds too."""
        kind = self._kind(request)
        record = self.portal.record(kind, request.path_params["id"])
        if record is not None:
            self.portal.shelf(kind).archive(record, self.portal.clock())
        return Response(status_code=204)

    def _kind(self, request: Request) -> ObjectKind:
        """The object type in the path. Raises Refused: 400 for one there is not, 403 where the app lacks its scope."""
        kind = object_kind(request.path_params["kind"])
        if kind.name in self.portal.hidden:
            message = "This app hasn't been granted all required scopes to make this call."
            raise Refused(403, "MISSING_SCOPES", message)
        return kind


def _dated(request: Request) -> bool:
    return request.url.path.startswith(PREFIXES[1])


def _wanted(request: Request) -> Wanted:
    return Wanted(
        listed(request, "properties"), listed(request, "propertiesWithHistory"), listed(request, "associations")
    )
