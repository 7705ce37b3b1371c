"""Who last set a property, from its history (B1, D20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.owners import Owners
from connector.destinations.hubspot.reading import batch_read
from connector.destinations.hubspot.values import moment
from connector.model import Author

ROWS = 50  # inputs of one batch with history (B1)
APPS = frozenset({"INTEGRATION", "INTEGRATIONS_PLATFORM", "API"})  # named by the app's id
PEOPLE = ("CRM_UI", "MOBILE_")  # a person at the keyboard; anything else HubSpot did by itself: a workflow, an import

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass
class History:
    """The authors of one portal's values. People are named by their e-mail, read once when first met."""

    client: HubSpotClient
    owners: Owners

    def authors(
        self, object_name: str, record_ids: Sequence[str], fields: Sequence[str]
    ) -> dict[str, dict[str, Author]]:
        """Who last set each property, by the id asked for. A property without history is absent."""
        found = batch_read(self.client, object_name, record_ids, [], history=fields, rows=ROWS)
        return {str(row["id"]): dict(self._latest(row.get("propertiesWithHistory") or {})) for row in found}

    def _latest(self, histories: Mapping[str, Any]) -> Iterator[tuple[str, Author]]:
        for name, versions in histories.items():
            if versions:
                yield name, self._author(max(versions, key=_moment))

    def _author(self, version: Mapping[str, Any]) -> Author:
        kind, source = str(version.get("sourceType", "")), str(version.get("sourceId") or "")
        at, label = moment(version.get("timestamp")), version.get("sourceLabel")
        if kind in APPS:
            return Author(source or kind, label, source or kind, at)
        if kind.startswith(PEOPLE):
            person = self._person(version.get("updatedByUserId"))
            return Author(source or kind, person or label or source or None, at=at)
        return Author(source or kind, label, kind, at)

    def _person(self, user_id: object) -> str | None:
        owner = self.owners.of_user(str(user_id)) if user_id is not None else None
        return owner.email or owner.name if owner else None


def _moment(version: Mapping[str, Any]) -> datetime:
    """Not as text: of 10:00:00Z and 10:00:00.5Z the second is later."""
    return moment(version.get("timestamp")) or _BEFORE_ALL
