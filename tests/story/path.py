"""One account on the public path: a warehouse row and what the CRMs say go in, the stored decision comes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connector.model import CrmFact, Decision, Signal
from connector.rules.crm_state import matches
from tests.story.house import HUBSPOT, SALESFORCE, Town
from tests.unit.rules.shipped import fact, shipped

KEY = "acme"
BOTH = (SALESFORCE, HUBSPOT)


def decided(
    town: Town,
    *facts: CrmFact,
    records: Sequence[str] = BOTH,
    signals: Sequence[Signal] = (),
    **columns: Any,
) -> Decision:
    """Sync the account and read what was stored of it.

    It has a record in each of `records`, no tag of its motion, and is otherwise as `shipped.account` has it: Hot at 92
    with 400 employees, activated, a PQL.
    """
    town.product(KEY, signals=signals, **{"score": 92, "motion": None, **columns})
    if records:
        town.record(KEY, *records)
    for crm in BOTH:
        town.crms[crm].facts[KEY] = tuple(one for one in facts if one.crm == crm)
    town.sync()
    return town.ledger.decisions([KEY])[KEY]


def told_by(crm: str, object_name: str, record_id: str = "006-1", **values: Any) -> tuple[CrmFact, ...]:
    """What `crm_state.toml` makes of a CRM record with these values: its facts, all owned by SDR 1."""
    sources = [one for one in shipped().fact_sources if (one.crm, one.object) == (crm, object_name)]
    return tuple(
        fact(
            one.kind,
            crm,
            "sdr-1",
            at=values.get(one.at or ""),
            record_id=record_id,
            touched=values.get(one.active_at or ""),
            due=values.get(one.due or ""),
        )
        for one in sources
        if matches(one, values)
    )
