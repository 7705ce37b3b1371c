"""The people of a portal and the account itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.hubspot.errors import NOT_FOUND, Refused
from sandbox.hubspot.values import instant


def owners_from(seed: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The seeded owners in the shape of the owners endpoint; `archived` marks one who left."""
    return [_owner(row, instant(now)) for row in seed]


def _owner(row: dict[str, Any], stamp: str) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "email": row["email"],
        "type": "PERSON",
        "firstName": row.get("firstName", ""),
        "lastName": row.get("lastName", ""),
        "userId": int(row["userId"]),
        "userIdIncludingInactive": int(row["userId"]),
        "createdAt": row.get("createdAt", stamp),
        "updatedAt": row.get("updatedAt", stamp),
        "archived": bool(row.get("archived", False)),
        "teams": row.get("teams", []),
    }


def shown_owner(owner: dict[str, Any]) -> dict[str, Any]:
    """An owner as the API gives it: one who left has no active user any more."""
    return {key: value for key, value in owner.items() if key != "userId" or not owner["archived"]}


def find_owners(owners: Sequence[dict[str, Any]], *, archived: bool, email: str | None = None) -> list[dict[str, Any]]:
    """The active (or the archived) owners, with one e-mail address where given, in the order of their ids."""
    wanted = [o for o in owners if o["archived"] == archived and (email is None or o["email"].lower() == email.lower())]
    return sorted(wanted, key=lambda owner: int(owner["id"]))


def one_owner(owners: Sequence[dict[str, Any]], key: str, *, archived: bool, by_user: bool) -> dict[str, Any]:
    """One owner by owner id or, `by_user`, by user id. Raises Refused (404)."""
    name = "userIdIncludingInactive" if by_user else "id"
    for owner in owners:
        if str(owner[name]) == key and owner["archived"] == archived:
            return owner
    raise Refused(404, NOT_FOUND, f"Could not find owner {key}")


def account_details(portal_id: int) -> dict[str, Any]:
    """What GET /account-info/v3/details says. No specification on hand covers it: unproven."""
    return {
        "portalId": portal_id,
        "accountType": "STANDARD",
        "timeZone": "UTC",
        "companyCurrency": "USD",
        "additionalCurrencies": [],
        "utcOffset": "+00:00",
        "utcOffsetMilliseconds": 0,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
