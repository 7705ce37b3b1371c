"""The people records belong to, by owner id: read once and remembered for a while."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.paths import OWNERS
from connector.destinations.hubspot.reading import next_page

PAGE = "100"
FRESH = timedelta(hours=1)  # people join and leave while a process runs for weeks


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody records belong to. Not `active` once their user was removed."""

    email: str | None
    name: str | None
    active: bool
    user_id: str | None = None


@dataclass
class Owners:
    """A portal's owners: the active ones are read at the first question, those who left when one is not found.

    Remembered for an hour by `clock`; without one, for this object's life.
    """

    client: HubSpotClient
    clock: Callable[[], datetime] | None = None
    _known: dict[str, Owner] | None = field(default=None, repr=False)
    _left_known: bool = False
    _stale_at: datetime | None = None

    def get(self, owner_id: str) -> Owner | None:
        """The owner with this id, or None when the portal has no such owner."""
        known = self._active()
        if owner_id not in known and not self._left_known:
            known.update({**self._read(active=False), **known})
            self._left_known = True
        return known.get(owner_id)

    def of_user(self, user_id: str) -> Owner | None:
        """The active owner who signs in as this user, or None."""
        return next((owner for owner in self._active().values() if owner.user_id == user_id and owner.active), None)

    def _active(self) -> dict[str, Owner]:
        now = self.clock() if self.clock else None
        if self._known is None or (now and self._stale_at and now >= self._stale_at):
            self._known, self._left_known = self._read(active=True), False
            self._stale_at = now + FRESH if now else None
        return self._known

    def _read(self, *, active: bool) -> dict[str, Owner]:
        found: dict[str, Owner] = {}
        cursor: dict[str, str] = {}
        while True:
            answer = self.client.get(OWNERS, limit=PAGE, archived="false" if active else "true", **cursor)
            found.update((str(each["id"]), _owner(each, active=active)) for each in answer["results"])
            after = next_page(answer)
            if not after:
                return found
            cursor = {"after": after}


def _owner(each: dict[str, Any], *, active: bool) -> Owner:
    name = " ".join(part for part in (each.get("firstName"), each.get("lastName")) if part)
    user_id = str(each["userId"]) if each.get("userId") is not None else None
    return Owner(each.get("email") or None, name or None, active, user_id)
