"""Where things live on HubSpot's API: under v3, or under a dated version, which orders its paths another way (B1)."""

from __future__ import annotations

import re
from dataclasses import dataclass

V3 = "v3"
DATED = re.compile(r"\d{4}-\d{2}")

# Not known to have dated forms; v3 and v4 paths are supported until September 2027 (B3).
OWNERS = "/crm/v3/owners/"
IDENTITY = "/account-info/v3/details"


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of one API version: "v3", or a date such as "2026-09"."""

    version: str = V3

    def objects(self, object_name: str) -> str:
        """The records of an object type."""
        return self._under("objects", object_name)

    def properties(self, object_name: str) -> str:
        """The description of an object type."""
        return self._under("properties", object_name)

    def associations(self, object_name: str, other: str) -> str:
        """The associations of one object type with another."""
        return f"/crm/v4/associations/{object_name}/{other}"

    def _under(self, resource: str, object_name: str) -> str:
        first, second = ("v3", resource) if self.version == V3 else (resource, self.version)
        return f"/crm/{first}/{second}/{object_name}"
