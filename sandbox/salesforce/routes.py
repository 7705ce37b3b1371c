"""The table of contents: which call is answered where. Composite subrequests use the same table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from sandbox.salesforce import batches, bulk_api, composite, describe, querying, single_rows
from sandbox.salesforce.calls import Answer, Call, Handler
from sandbox.salesforce.errors import not_found


@dataclass(frozen=True)
class Route:
    """`pattern` is split by slashes; a part in braces takes anything and becomes an argument."""

    method: str
    pattern: str
    handler: Handler

    def match(self, method: str, parts: list[str]) -> dict[str, str] | None:
        """The arguments when the route is meant, else None."""
        wanted = self.pattern.split("/")
        if method != self.method or len(parts) != len(wanted):
            return None
        pairs = list(zip(wanted, parts, strict=True))
        if not all(name.startswith("{") or name.lower() == part.lower() for name, part in pairs):
            return None
        return {name[1:-1]: unquote(part) for name, part in pairs if name.startswith("{")}


PLAIN = (
    Route("GET", "", describe.resources),
    Route("GET", "limits", describe.limits),
    Route("GET", "query", querying.query),
    Route("GET", "query/{locator}", querying.next_page),
    Route("GET", "queryAll", querying.query_all),
    Route("GET", "sobjects", describe.describe_global),
    Route("GET", "sobjects/{object}/describe", describe.describe_object),
    Route("POST", "sobjects/{object}", single_rows.create),
    Route("GET", "sobjects/{object}/{id}", single_rows.read),
    Route("PATCH", "sobjects/{object}/{id}", single_rows.update),
    Route("GET", "sobjects/{object}/{field}/{value}", single_rows.read_by_external_id),
    Route("POST", "composite/sobjects", batches.create),
    Route("PATCH", "composite/sobjects", batches.update),
    Route("GET", "composite/sobjects/{object}", batches.retrieve),
    Route("POST", "composite/sobjects/{object}", batches.retrieve),
    Route("PATCH", "composite/sobjects/{object}/{field}", batches.upsert),
)


def dispatch(call: Call, routes: tuple[Route, ...]) -> Answer:
    """The answer of the first route that matches. Raises RestError, 404 where none does."""
    parts = call.path.strip("/").split("/")
    for route in routes:
        args = route.match(call.method, parts)
        if args is not None:
            return route.handler(call.with_args(args))
    raise not_found()


BULK = (
    Route("POST", "jobs/ingest", bulk_api.create),
    Route("GET", "jobs/ingest", bulk_api.listing),
    Route("GET", "jobs/ingest/{job}", bulk_api.poll),
    Route("PATCH", "jobs/ingest/{job}", bulk_api.close),
    Route("DELETE", "jobs/ingest/{job}", bulk_api.delete),
    Route("PUT", "jobs/ingest/{job}/batches", bulk_api.upload),
    Route("GET", "jobs/ingest/{job}/{results}", bulk_api.results),
)

ROUTES = (
    *PLAIN,
    *BULK,
    Route("POST", "composite", partial(composite.run, dispatch=partial(dispatch, routes=PLAIN))),
)
