"""A person's word on which CRM record is an account's (D5): checked live, remembered, written with the next sync."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from connector.advice import absent
from connector.errors import ConfigError
from connector.mapping.fields import ObjectMapping
from connector.model import By, Live, MatchMethod, Memory, Outcome, OutcomeKind, Settled
from connector.ports import Ledger, Warehouse
from connector.prepare import Crm, House

LANE = "link"


def link(
    house: House, warehouse: Warehouse, mapping: str, account: str, record_id: str, clock: Callable[[], datetime]
) -> Live:
    """Remember `record_id` as the account's record, and make the account due. Returns the record as it is now.

    `warehouse` holds the rows of the mapping's source.
    Raises ConfigError when the warehouse lacks the account, the CRM lacks the record, or the record is another
    account's: never two writers (D7).
    """
    crm, chosen = house.place(mapping)
    _require_account(warehouse, chosen, account)
    live = _record(crm, chosen, record_id)
    _require_free(house.ledger, chosen, live, account)
    memory = house.ledger.memories(mapping, [account]).get(account, Memory(account))
    run_id = house.ledger.start_run(LANE, clock())
    house.ledger.settle(mapping, run_id, clock(), [_linked(memory, live)])
    house.ledger.finish_run(run_id, "done", clock(), {mapping: {"linked": 1}}, None)
    return live


def _require_account(warehouse: Warehouse, mapping: ObjectMapping, account: str) -> None:
    with warehouse.reading() as reading:
        if not list(reading.records([account])):
            raise ConfigError([absent(mapping.source, account)])


def _record(crm: Crm, mapping: ObjectMapping, record_id: str) -> Live:
    destination = crm.caller.destination
    found = crm.caller(partial(destination.fetch, mapping.object, By.ID, "", [record_id], [mapping.match_to]))
    if not found:
        words = "or this user cannot see it: check the id, which is the last part of the record's address"
        raise ConfigError([f'{mapping.destination} has no {mapping.object} record "{record_id}", {words}'])
    return found[0]


def _require_free(ledger: Ledger, mapping: ObjectMapping, live: Live, account: str) -> None:
    key = live.values.get(mapping.match_to)
    owner = ledger.holder(mapping.name, live.record_id) if key is None else str(key)
    if owner in (None, account):
        return
    why = f"{mapping.match_to} holds that key" if key is not None else "it is remembered for that account"
    raise ConfigError(
        [
            f"{mapping.destination} {mapping.object} {live.record_id} is the record of {owner} ({why}), and no record "
            f"has two writers: link {owner} to another record first, or clear the field"
        ]
    )


def _linked(memory: Memory, live: Live) -> Settled:
    """Due at once. What another record was known to hold says nothing of this one."""
    outcome = Outcome(
        memory.key, OutcomeKind.HELD, live.record_id, "LINKED", "linked by a person, due in the next sync"
    )
    method = str(MatchMethod.LINKED)
    if memory.record_id != live.record_id:
        return Settled(outcome, "", {}, {}, method)
    return Settled(outcome, "", memory.wanted, memory.written, method, overruled=memory.overruled)
