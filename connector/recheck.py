"""Recheck: what people changed in the CRMs since the last look, and which accounts are to be decided anew for it (D30).

Every object of crm_state.toml is asked for what changed: a new opportunity does not touch its account. So are the
accounts' own records, for what somebody typed, and for new ones that may be those of accounts without a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from connector.hosts import host_of
from connector.mapping.fields import ObjectMapping
from connector.model import AccountFields, Purpose, Touched
from connector.ports import Ledger, Warehouse
from connector.prepare import Crm, House

OVERLAP = timedelta(minutes=5)  # a change may show in searches and indexes only after a while
OWN = timedelta(seconds=1)  # what is remembered of our own writes is to the second: a change up to then is that write


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when changes are looked for."""

    since: datetime
    until: datetime


def span(looked_until: datetime | None, decided_since: datetime | None, now: datetime) -> Span | None:
    """What to look at now: from the last look on, or else from when decisions began; None before there is any."""
    since = looked_until or decided_since
    return Span(since - OVERLAP, now) if since else None


def stirred(house: House, warehouse: Warehouse, within: Span) -> list[str]:
    """Keys of accounts about which a CRM may say something new, or is to be told what a person said, in order.

    Some may be unknown to the warehouse.
    """
    keys, hosts = set[str](), set[str]()
    for crm in house.crms:
        changes = [one for name in _polled(crm) for one in _changed(house.ledger, crm, name, within)]
        accounts = [mapping.name for mapping in crm.mappings if crm.holds_accounts(mapping)]
        claimants = house.ledger.claimants(accounts, sorted({each for one in changes for each in one.ids}))
        for one in changes:
            known = {key for each in one.ids for key in claimants.get(each, ())}
            keys |= known or {*one.keys}
            hosts |= set() if known else {*one.hosts}
    if any(mapping.tells_not_a_fit for crm in house.crms for mapping in crm.mappings):
        keys |= {*house.ledger.judged(within.since, within.until)}
    return sorted(keys | _at_hosts(house, warehouse, hosts - house.definitions.personal_domains))


def _polled(crm: Crm) -> list[str]:
    """The objects to ask about: those of the declared facts, and the accounts' own."""
    own = (mapping.object for mapping in crm.mappings if crm.holds_accounts(mapping))
    return list(dict.fromkeys([*crm.facts.polled(), *own]))


def _changed(ledger: Ledger, crm: Crm, object_name: str, within: Span) -> Iterator[Touched]:
    """What changed of one object, our own writes left out."""
    mapping = next((m for m in crm.mappings if m.object == object_name and crm.holds_accounts(m)), None)
    for page in _pages(crm, object_name, mapping, within):
        yield from _not_ours(ledger, mapping, page) if mapping else page


def _pages(crm: Crm, object_name: str, mapping: ObjectMapping | None, within: Span) -> Iterator[Sequence[Touched]]:
    named = AccountFields(mapping.match_to, mapping.domain_to) if mapping else None
    ask, after, full = partial(crm.facts.changed, object_name, within.since, within.until), "", True
    while full:
        page = crm.caller(partial(ask, after, named), purpose=Purpose.POLL)
        yield page
        full = len(page) >= crm.facts.capacity.changed
        after = page[-1].record_id if page else ""


def _not_ours(ledger: Ledger, mapping: ObjectMapping, page: Sequence[Touched]) -> Iterable[Touched]:
    """Without records whose last change is our own write: a large sync moves them all."""
    memories = ledger.memories(mapping.name, sorted({key for one in page for key in one.keys}))
    ours = {m.record_id: m.settled_at + OWN for m in memories.values() if m.record_id and m.settled_at}
    return (one for one in page if one.at is None or one.record_id not in ours or one.at > ours[one.record_id])


def _at_hosts(house: House, warehouse: Warehouse, hosts: set[str]) -> set[str]:
    """Accounts at these company domains."""
    if not hosts or "domain" not in house.definitions.declared:
        return set()
    with warehouse.reading() as reading:
        return {key for key, domain in reading.column("domain") if host_of(domain) in hosts}
