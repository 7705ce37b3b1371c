"""Salesforce over its REST API: sign-in, live reads, writes in composites, facts by SOQL.

    client = SalesforceClient(SalesforceSettings(...), clock)
    destination, facts = SalesforceDestination(client), SalesforceFacts(client, sources)
    bulk = SalesforceBulk(client)

One client is one signed-in connection; close it when done.
"""

from __future__ import annotations

from connector.destinations.salesforce.bulk import SalesforceBulk
from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.destination import SalesforceDestination
from connector.destinations.salesforce.facts import SalesforceFacts
from connector.destinations.salesforce.settings import SalesforceSettings

__all__ = ["SalesforceBulk", "SalesforceClient", "SalesforceDestination", "SalesforceFacts", "SalesforceSettings"]
