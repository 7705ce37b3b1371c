"""Owners, the account, and who belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sandbox.control import Handler
from sandbox.hubspot.directory import account_details, find_owners, one_owner, shown_owner
from sandbox.hubspot.errors import invalid
from sandbox.hubspot.kinds import object_kind
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.reads import page
from sandbox.hubspot.wire import Json, batch_answer, body_of, flag, limit_of

OWNERS = "/crm/v3/owners"
MOST_ASSOCIATION_INPUTS = 1000


@dataclass(frozen=True)
class PeopleApi:
    """Handlers over one portal."""

    portal: HubSpotPortal

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path and handler; the vendor's client asks for owners with a trailing slash (B1)."""
        return [
            ("GET", OWNERS, self.owners),
            ("GET", f"{OWNERS}/", self.owners),
            ("GET", f"{OWNERS}/{{id}}", self.owner),
            ("GET", "/account-info/v3/details", self.account),
            ("POST", "/crm/v4/associations/{kind}/{other}/batch/read", self.associations),
        ]

    async def owners(self, request: Request) -> Response:
        email = request.query_params.get("email")
        found = find_owners(self.portal.owners, archived=flag(request, "archived"), email=email)
        rows, paging = page(found, after=request.query_params.get("after"), limit=limit_of(request, 100, 500))
        request.state.detail = {"rows": len(rows)}
        return Json({"results": [shown_owner(owner) for owner in rows], **paging})

    async def owner(self, request: Request) -> Response:
        by_user = request.query_params.get("idProperty") == "userId"
        key = request.path_params["id"]
        return Json(
            shown_owner(one_owner(self.portal.owners, key, archived=flag(request, "archived"), by_user=by_user))
        )

    async def account(self, _request: Request) -> Response:
        return Json(account_details(self.portal.portal_id))

    async def associations(self, request: Request) -> Response:
        """Links of up to 1,000 records (B1)."""
        ids = [str(given.get("id")) for given in (await body_of(request)).get("inputs", ())]
        request.state.detail = {"rows": len(ids)}
        if len(ids) > MOST_ASSOCIATION_INPUTS:
            raise invalid(f"At most {MOST_ASSOCIATION_INPUTS} inputs are supported in one batch")
        kind, other = object_kind(request.path_params["kind"]), object_kind(request.path_params["other"])
        return batch_answer(self.portal, *self.portal.links.batch_read(kind, other, ids))
