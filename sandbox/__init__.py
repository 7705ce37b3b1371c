"""The outside world on loopback: Salesforce, HubSpot, Slack and a product warehouse.

The stand-ins speak the vendors' wire protocols to the vendors' own client libraries. Nothing here
imports the product, so a misunderstanding of ours cannot hide on both sides of the wire.
"""
