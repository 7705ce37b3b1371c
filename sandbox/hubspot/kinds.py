"""The object types the stand-in keeps, under every name HubSpot accepts for them."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.hubspot.errors import invalid


@dataclass(frozen=True)
class ObjectKind:
    """One object type. `modified` is its stamp of last change; `default` what a read shows unasked."""

    name: str
    singular: str
    type_id: str
    modified: str
    default: tuple[str, ...]

    @property
    def always(self) -> tuple[str, ...]:
        """Properties in every answer, asked for or not."""
        return ("createdate", self.modified, "hs_object_id")


COMPANIES = ObjectKind("companies", "company", "0-2", "hs_lastmodifieddate", ("domain", "name"))
CONTACTS = ObjectKind("contacts", "contact", "0-1", "lastmodifieddate", ("email", "firstname", "lastname"))
DEALS = ObjectKind(
    "deals", "deal", "0-3", "hs_lastmodifieddate", ("amount", "closedate", "dealname", "dealstage", "pipeline")
)
# What a customer made: an object of their own, called by its type id or by its fully qualified name.
WORKSPACES = ObjectKind("workspaces", "workspace", "2-3456789", "hs_lastmodifieddate", ("workspace_name",))
CALLS = ObjectKind("calls", "call", "0-48", "hs_lastmodifieddate", ("hs_timestamp",))
MEETINGS = ObjectKind("meetings", "meeting", "0-47", "hs_lastmodifieddate", ("hs_timestamp",))
EMAILS = ObjectKind("emails", "email", "0-49", "hs_lastmodifieddate", ("hs_timestamp",))
KINDS = (COMPANIES, CONTACTS, DEALS, WORKSPACES, CALLS, MEETINGS, EMAILS)

_BY_NAME = {name: kind for kind in KINDS for name in (kind.name, kind.singular, kind.type_id)}


def object_kind(name: str) -> ObjectKind:
    """The object type called `name`. Raises Refused (400) for a type this portal does not have."""
    kind = _BY_NAME.get(name.lower())
    if kind is None:
        raise invalid(f"Unable to infer object type from: {name}")
    return kind
