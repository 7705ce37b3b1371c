"""A record is the history of its properties: every value it ever had, when, and who set it.

HubSpot has no version check on writes; the history is the only evidence of whose value stands there
(B1), so the stand-in keeps nothing else and derives the current values from it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.values import instant

APP_ID = "20260042"
APP_LABEL = "Workspace integration"
INTEGRATION_USER = "integration@workspace.example"
_OTHER_APP = "integration:"


@dataclass(frozen=True)
class Source:
    """Who set a value: HubSpot's source type and id, and a readable name for the control side."""

    type: str
    id: str
    by: str
    label: str | None = None
    user_id: int | None = None

    def shown(self) -> dict[str, Any]:
        """The source as it stands in a history entry; what does not apply is left out."""
        entry: dict[str, Any] = {"sourceType": self.type, "sourceId": self.id}
        if self.label is not None:
            entry["sourceLabel"] = self.label
        if self.user_id is not None:
            entry["updatedByUserId"] = self.user_id
        return entry


SEED = Source("IMPORT", "seed", "the seed")
OUR_APP = Source("INTEGRATION", APP_ID, INTEGRATION_USER, label=APP_LABEL)


def editor(by: str, owners: Iterable[dict[str, Any]]) -> Source:
    """The source of an edit by `by`: an owner's e-mail, id or user id, any other name, or "integration:APP".

    A name that belongs to no owner gets a user id of its own, the same each time.
    """
    if by.startswith(_OTHER_APP):
        return Source("INTEGRATION", by.removeprefix(_OTHER_APP), by)
    known = next(
        (o for o in owners if by in (o["email"], str(o["id"]), str(o["userId"]), f"userId:{o['userId']}")), None
    )
    user_id = int(known["userId"]) if known else zlib.crc32(by.encode()) & 0x7FFFFFFF
    return Source("CRM_UI", f"userId:{user_id}", by, user_id=user_id)


@dataclass(frozen=True)
class Version:
    """One value a property had, from `at` on."""

    value: str
    at: datetime
    source: Source

    def shown(self) -> dict[str, Any]:
        """The entry of `propertiesWithHistory`."""
        return {"value": self.value, "timestamp": instant(self.at), **self.source.shown()}


@dataclass
class Record:
    """One company, contact or deal. `history` holds the versions of each property, newest first."""

    kind: ObjectKind
    id: str
    history: dict[str, list[Version]] = field(default_factory=dict)
    archived_at: datetime | None = None

    def value(self, name: str) -> str | None:
        """The current value; "" when it was cleared, None when it never had one."""
        versions = self.history.get(name)
        return versions[0].value if versions else None

    def put(self, name: str, value: str, at: datetime, source: Source) -> None:
        """Set a value. The same value again leaves no trace in the history."""
        if self.value(name) != value:
            self.history.setdefault(name, []).insert(0, Version(value, at, source))

    def values(self) -> dict[str, str]:
        """Every property that has a value."""
        return {name: versions[0].value for name, versions in self.history.items() if versions[0].value}

    def changed(self) -> dict[str, dict[str, str]]:
        """Who last set each property since the seed, and when; stamps left out."""
        return {
            name: {"by": versions[0].source.by, "at": instant(versions[0].at)}
            for name, versions in self.history.items()
            if versions[0].source is not SEED and name not in self.kind.always
        }

    def shown(self, properties: Sequence[str], with_history: Sequence[str] = ()) -> dict[str, Any]:
        """The record as the API gives it; a property that never had a value is null."""
        body: dict[str, Any] = {
            "id": self.id,
            "properties": {name: self.value(name) for name in (*properties, *self.kind.always)},
            "createdAt": self.value("createdate"),
            "updatedAt": self.value(self.kind.modified),
            "archived": self.archived_at is not None,
        }
        if self.archived_at is not None:
            body["archivedAt"] = instant(self.archived_at)
        if with_history:
            body["propertiesWithHistory"] = {
                name: [version.shown() for version in self.history.get(name, [])] for name in with_history
            }
        return body
