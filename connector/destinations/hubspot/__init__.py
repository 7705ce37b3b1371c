"""HubSpot over its batch endpoints: live reads, writes reconciled row by row, facts by association.

    client = HubSpotClient(HubSpotSettings(access_token, ...))
    destination, facts = HubSpotDestination(client), HubSpotFacts(client, sources)

One client is one pool of connections with one token; close it when done.
"""

from __future__ import annotations

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.destination import HubSpotDestination
from connector.destinations.hubspot.facts import HubSpotFacts
from connector.destinations.hubspot.settings import HubSpotSettings

__all__ = ["HubSpotClient", "HubSpotDestination", "HubSpotFacts", "HubSpotSettings"]
