"""The property endpoints, under /crm/v3/properties and under /crm/properties/2026-09 (the latter unproven)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.control import Handler
from sandbox.hubspot.catalog import Catalog
from sandbox.hubspot.errors import Refused
from sandbox.hubspot.kinds import object_kind
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.wire import Json, batch_answer, body_of

PREFIXES = ("/crm/v3/properties", "/crm/properties/2026-09")


@dataclass(frozen=True)
class SchemaApi:
    """Handlers over one portal."""

    portal: HubSpotPortal

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler of every property endpoint; groups before single names."""
        rows: list[tuple[str, str, Handler]] = []
        for prefix in PREFIXES:
            rows += [
                ("GET", f"{prefix}/{{kind}}", self.list_all),
                ("POST", f"{prefix}/{{kind}}", self.create),
                ("POST", f"{prefix}/{{kind}}/batch/create", self.create_batch),
                ("POST", f"{prefix}/{{kind}}/batch/read", self.read_batch),
                ("GET", f"{prefix}/{{kind}}/groups", self.list_groups),
                ("POST", f"{prefix}/{{kind}}/groups", self.create_group),
                ("GET", f"{prefix}/{{kind}}/groups/{{name}}", self.get_group),
                ("GET", f"{prefix}/{{kind}}/{{name}}", self.get),
                ("DELETE", f"{prefix}/{{kind}}/{{name}}", self.archive),
            ]
        return rows

    def _catalog(self, request: Request) -> Catalog:
        return self.portal.shelf(object_kind(request.path_params["kind"])).catalog

    async def list_all(self, request: Request) -> Response:
        known = self._catalog(request).properties
        return Json({"results": [known[name].shown() for name in sorted(known)]})

    async def get(self, request: Request) -> Response:
        return Json(self._catalog(request).get(request.path_params["name"]).shown())

    async def create(self, request: Request) -> Response:
        return Json(self._catalog(request).define(await body_of(request)).shown(), status_code=201)

    async def create_batch(self, request: Request) -> Response:
        """Each definition stands alone (unproven): the good ones are made, the others listed with a 207."""
        catalog = self._catalog(request)
        return self._each(await body_of(request), lambda given: catalog.define(given).shown(), done=201)

    async def read_batch(self, request: Request) -> Response:
        catalog = self._catalog(request)
        return self._each(await body_of(request), lambda given: catalog.get(given["name"]).shown(), done=200)

    def _each(self, body: dict[str, Any], work: Callable[[dict[str, Any]], dict[str, Any]], *, done: int) -> Response:
        results: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for given in body.get("inputs", ()):
            try:
                results.append(work(given))
            except Refused as refusal:
                errors.append({**refusal.row(), "context": {"name": [str(given.get("name"))]}})
        return batch_answer(self.portal, results, errors, done=done)

    async def archive(self, request: Request) -> Response:
        self._catalog(request).remove(request.path_params["name"])
        return Response(status_code=204)

    async def list_groups(self, request: Request) -> Response:
        catalog = self._catalog(request)
        return Json({"results": [catalog.group(name) for name in catalog.groups]})

    async def get_group(self, request: Request) -> Response:
        return Json(self._catalog(request).group(request.path_params["name"]))

    async def create_group(self, request: Request) -> Response:
        catalog = self._catalog(request)
        return Json(catalog.group(catalog.define_group(await body_of(request))), status_code=201)
