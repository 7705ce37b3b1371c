"""A CRM in memory: a real Destination and CrmFacts, for tests of everything that speaks to one.

    crm = MemoryCrm({"account": spec}, clock)
    bulk = MemoryBulk(crm)

It holds records, refuses what their fields cannot hold, keeps unique fields unique, and counts its calls. It can be
told to refuse a record (`refuse`) or to fail whole calls (`fail`).
"""

from __future__ import annotations

from connector.destinations.memory.bulk import MemoryBulk
from connector.destinations.memory.crm import MemoryCrm
from connector.destinations.memory.records import INTEGRATION, Refusal, Stored

__all__ = ["INTEGRATION", "MemoryBulk", "MemoryCrm", "Refusal", "Stored"]
