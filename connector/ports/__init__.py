"""What the story needs from the world, named by need. Adapters implement it; tests use the in-memory ones."""

from __future__ import annotations

from connector.ports.destination import BlindWrites, BulkLoads, Capacity, Destination, GuardedWrites
from connector.ports.facts import CrmFacts
from connector.ports.ledger import Ledger
from connector.ports.pace import Pace, Returned
from connector.ports.warehouse import Cursor, Mirror, Moved, Named, Only, Reached, Warehouse, WarehouseReading, Within

__all__ = [
    "BlindWrites",
    "BulkLoads",
    "Capacity",
    "CrmFacts",
    "Cursor",
    "Destination",
    "GuardedWrites",
    "Ledger",
    "Mirror",
    "Moved",
    "Named",
    "Only",
    "Pace",
    "Reached",
    "Returned",
    "Warehouse",
    "WarehouseReading",
    "Within",
]
