"""The stand-in as an ASGI app with its control side."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from sandbox.control import Control, routes_of
from sandbox.hubspot.errors import NOT_FOUND, Refused
from sandbox.hubspot.objects_api import ObjectsApi
from sandbox.hubspot.orders import Orders, named_faults, words
from sandbox.hubspot.people_api import PeopleApi
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.schema_api import SchemaApi
from sandbox.hubspot.wire import Gate, refused

if TYPE_CHECKING:
    from starlette.types import ASGIApp

# What a request was for, by the first pattern that fits "METHOD path".
KINDS = (
    ("schema", re.compile(r" /crm/(v3/)?properties/")),
    ("directory", re.compile(r"/owners|/account-info/")),
    ("facts", re.compile(r"/associations/")),
    ("search", re.compile(r"/search$")),
    ("write", re.compile(r"/batch/(create|update|upsert|archive)$|/merge$|^DELETE ")),
    ("read", re.compile(r"/(companies|company|0-2)(/|$)")),
    ("facts", re.compile(r"/objects/")),
)


def name_kind(method: str, path: str) -> str:
    """The name a request is counted under."""
    request = f"{method} {path}"
    return next((name for name, pattern in KINDS if pattern.search(request)), "other")


def hubspot_app(portal: HubSpotPortal) -> tuple[ASGIApp, Control]:
    """The portal behind HubSpot's HTTP API, and its control side (see also `sandbox.hubspot.orders`)."""
    control = Control(portal, name_kind, partial(words, portal), named_faults=named_faults(portal))

    async def on_refusal(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return refused(portal, error)

    async def on_unknown_path(request: Request, _error: Exception) -> Response:
        return refused(portal, Refused(404, NOT_FOUND, f"No endpoint at {request.method} {request.url.path}"))

    tables = [*ObjectsApi(portal).table(), *SchemaApi(portal).table(), *PeopleApi(portal).table()]
    app = Starlette(
        routes=[*control.routes(), *Orders(portal).routes(), *routes_of(tables)],
        exception_handlers={Refused: on_refusal, 404: on_unknown_path, 405: on_unknown_path},
    )
    app.router.redirect_slashes = False
    return control.middleware(Gate(app, portal)), control
