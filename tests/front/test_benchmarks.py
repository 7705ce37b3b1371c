"""The benchmark's harness, on a handful of records: what it prints is promised to whoever compares runs."""

from __future__ import annotations

from benchmarks.calls import counted
from benchmarks.scene import BOTH


def test_calls_are_counted_by_the_stand_ins_and_every_value_is_read_back() -> None:
    """Changed records arrive, an unchanged rerun calls nobody, and both CRMs tell what is promised."""
    told = {crm: counted(crm, 20) for crm in BOTH}

    assert set(told["salesforce"]) == {"rest", "bulk", "bulk_polls", "unchanged", "verified"}
    assert set(told["hubspot"]) == {"merge", "blind", "schema", "unchanged", "verified"}
    assert {crm: each["verified"] for crm, each in told.items()} == {"salesforce": 20, "hubspot": 20}
    assert {crm: each["unchanged"] for crm, each in told.items()} == {"salesforce": 0, "hubspot": 0}
