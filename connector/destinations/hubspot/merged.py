"""Following merges: HubSpot answers for a merged record under the id of what it became (D8)."""

from __future__ import annotations

from collections.abc import Sequence

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.reading import batch_read

MERGED_IDS = "hs_merged_object_ids"  # every id that leads to the record, separated by semicolons


def successors(client: HubSpotClient, object_name: str, record_ids: Sequence[str]) -> dict[str, str]:
    """The record each of these was merged into; those that were not are absent. 100 to a call."""
    asked = set(record_ids)
    found = batch_read(client, object_name, record_ids, [MERGED_IDS])
    return {
        merged: str(row["id"])
        for row in found
        for merged in (row["properties"].get(MERGED_IDS) or "").split(";")
        if merged in asked and merged != str(row["id"])
    }
