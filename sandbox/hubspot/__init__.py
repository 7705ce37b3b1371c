"""A HubSpot portal on loopback: companies, contacts, deals, owners and properties, behind the real API.

Built from HubSpot's OpenAPI documents and its documented failure behaviour. Where neither reaches, a
docstring says "unproven".
"""

from __future__ import annotations

from sandbox.hubspot.app import hubspot_app
from sandbox.hubspot.portal import HubSpotPortal

__all__ = ["HubSpotPortal", "hubspot_app"]
