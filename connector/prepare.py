"""Read → decide → merge for one chunk of a plan. Nothing is written: `plan`, `explain` and `sync` share every line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from connector.attributing import attribute
from connector.calling import Caller
from connector.errors import ConfigError
from connector.mapping.fields import ObjectMapping
from connector.matching import own_hosts
from connector.merging import Merged, merge_record
from connector.model import (
    ACCOUNTS,
    UNASKED,
    AccountRef,
    Authorship,
    CrmFact,
    Decision,
    FieldSpec,
    Match,
    Memory,
    NewFact,
    Occasion,
    Purpose,
    Record,
)
from connector.plan import Planned
from connector.ports import BulkLoads, CrmFacts, Ledger
from connector.reading import read_live
from connector.rules.case import Case
from connector.rules.decide import decide, in_force, with_verdict
from connector.rules.definitions import Definitions
from connector.rules.outbox import outbox
from connector.rules.owners import Standing, holders, moved
from connector.rules.unseen import unseen
from connector.spool import batched

CHUNK = 2_000  # accounts between the live read and the write: the window of D21


@dataclass(frozen=True)
class Crm:
    """One CRM as the story uses it: how to call it, what to ask it, and which mappings go there."""

    caller: Caller
    facts: CrmFacts
    mappings: Sequence[ObjectMapping]
    specs: Mapping[str, Mapping[str, FieldSpec]]  # by mapping name, then field
    bulk: BulkLoads | None = None
    bulk_from: int | None = None  # planned records from which a mapping goes out as jobs

    def holds_accounts(self, mapping: ObjectMapping) -> bool:
        """Whether a mapping's records are the ones that facts are told of, and hang on."""
        return mapping.object.lower() in self.facts.account_objects


@dataclass(frozen=True)
class House:
    """Everything `prepare` needs beside the rows."""

    ledger: Ledger
    crms: Sequence[Crm]
    definitions: Definitions
    occasion: Occasion

    def place(self, mapping: str) -> tuple[Crm, ObjectMapping]:
        """A mapping by name, with its CRM. Raises ConfigError with the names there are."""
        places = {m.name: (crm, m) for crm in self.crms for m in crm.mappings}
        if mapping not in places:
            raise ConfigError([f'there is no mapping "{mapping}"; configured: {", ".join(places)}'])
        return places[mapping]

    def of(self, source: str) -> House:
        """The house as the records of one source need it: their mappings; and only accounts are decided."""
        crms = [replace(crm, mappings=[m for m in crm.mappings if m.source == source]) for crm in self.crms]
        definitions = self.definitions if source == ACCOUNTS else self.definitions.undecided
        return replace(self, crms=crms, definitions=definitions)


def occasion(ledger: Ledger, definitions: Definitions) -> Occasion:
    """What a run that starts now is: the first, or the first by these definitions, until a whole one was."""
    if not ledger.baseline_done():
        return Occasion.FIRST
    return Occasion.REDEFINED if ledger.redefined(definitions.versions) else Occasion.USUAL


@dataclass(frozen=True, slots=True)
class Prepared:
    """One chunk, decided and merged. Where nothing is decided there are neither facts nor decisions."""

    facts: Mapping[str, tuple[CrmFact, ...]]  # what the decisions were made from, by account
    decisions: Mapping[str, tuple[Decision, str]]  # with the decide fingerprint
    outbox: Sequence[NewFact]
    merged: Mapping[str, Sequence[Merged]]  # by mapping name


def prepare(house: House, chunk: Sequence[Planned], now: datetime) -> Prepared:
    """Read the CRMs for the chunk's records, decide each, and merge what each mapping wants.

    All records are of one source, and `house` is that source's.
    """
    # A decision reads every CRM's record of its account; without one, records that nothing is written to are not read.
    read = {
        m.name: [one.record for one in chunk if house.definitions.decides or m.name in one.due]
        for crm in house.crms
        for m in crm.mappings
    }
    memories = {m.name: _memories(house, m, read[m.name]) for crm in house.crms for m in crm.mappings}
    matches = {
        m.name: _matches(house, crm, m, read[m.name], memories[m.name]) for crm in house.crms for m in crm.mappings
    }
    # About what the warehouse no longer has nothing is decided (D22), and nothing about anybody where there is no rule.
    present = [one for one in chunk if not one.gone] if house.definitions.decides else []
    asked = {one.record.key: one.record for one in present}
    facts = _facts(house.crms, asked, matches, house.definitions.personal_domains) if asked else {}
    decisions, outbox_rows = _decide(house, present, facts, matches, now) if asked else ({}, [])
    merged = {
        m.name: merge_all(crm, m, chunk, decisions, matches[m.name], memories[m.name])
        for crm in house.crms
        for m in crm.mappings
    }
    fps = {one.record.key: one.decide_fp for one in chunk}
    return Prepared(facts, {key: (made, fps[key]) for key, made in decisions.items()}, outbox_rows, merged)


def prepare_unseen(house: House, chunk: Sequence[Planned], now: datetime) -> tuple[list[Decision], list[NewFact]]:
    """What is decided of accounts that cannot wait while a CRM does not answer, and what follows (D11, D37)."""
    present = [one.record for one in chunk if not one.gone] if house.definitions.decides else []
    keys = [record.key for record in present]
    previous, alerts = house.ledger.decisions(keys), house.ledger.last_alerts(keys)
    made = (
        unseen(one, previous.get(one.key), alerts.get(one.key), house.definitions, now, occasion=house.occasion)
        for one in present
    )
    told = [one for one in made if one]
    return [decision for decision, _ in told], [fact for _, facts in told for fact in facts]


def merge_again(
    house: House, crm: Crm, mapping: ObjectMapping, chunk: Sequence[Planned], prepared: Prepared
) -> list[Merged]:
    """Read and merge records anew that somebody changed after they were read. Their decisions stand."""
    records = [one.record for one in chunk]
    memories = _memories(house, mapping, records)
    matches = _matches(house, crm, mapping, records, memories)
    decisions = {key: made for key, (made, _) in prepared.decisions.items()}
    return merge_all(crm, mapping, chunk, decisions, matches, memories)


def _memories(house: House, mapping: ObjectMapping, records: Sequence[Record]) -> Mapping[str, Memory]:
    return house.ledger.memories(mapping.name, [record.key for record in records])


def _matches(
    house: House, crm: Crm, mapping: ObjectMapping, records: Sequence[Record], memories: Mapping[str, Memory]
) -> dict[str, Match]:
    fields = crm.facts.account_fields() if house.definitions.decides and crm.holds_accounts(mapping) else ()
    return read_live(crm.caller, mapping, records, memories, fields, house.definitions.personal_domains)


def merge_all(
    crm: Crm,
    mapping: ObjectMapping,
    chunk: Sequence[Planned],
    decisions: Mapping[str, Decision],
    matches: Mapping[str, Match],
    memories: Mapping[str, Memory],
) -> list[Merged]:
    """Merge what is due in one mapping; where somebody's value stands in the way, find out whose it is (D20)."""
    due = [one for one in chunk if mapping.name in one.due]

    def merged(one: Planned, found: Authorship = UNASKED) -> Merged:
        decision = decisions.get(one.record.key)
        return merge_record(mapping, one, decision, matches, memories, crm.specs[mapping.name], found)

    first = [merged(one) for one in due]
    found = attribute(crm.caller, mapping, first)
    return [
        merged(one, found[one.record.key]) if one.record.key in found else before
        for one, before in zip(due, first, strict=True)
    ]


def _facts(
    crms: Sequence[Crm],
    records: Mapping[str, Record],
    matches: Mapping[str, Mapping[str, Match]],
    personal: Collection[str],
) -> dict[str, tuple[CrmFact, ...]]:
    """The union of what every CRM says of each account (D4)."""
    facts: dict[str, tuple[CrmFact, ...]] = dict.fromkeys(records, ())
    hosts = own_hosts(records.values(), personal)
    for crm in crms:
        refs = [_ref(record, crm, matches, hosts) for record in records.values()]
        jobs = (
            partial(crm.caller, partial(crm.facts.state, some), purpose=Purpose.FACTS)
            for some in batched(refs, crm.facts.capacity.facts)
        )
        for answer in crm.caller.all(jobs):
            for key, told in answer.items():
                facts[key] += told
    return facts


def _ref(record: Record, crm: Crm, matches: Mapping[str, Mapping[str, Match]], hosts: Mapping[str, str]) -> AccountRef:
    lives = (matches[m.name][record.key].live for m in crm.mappings if crm.holds_accounts(m))
    live = next((found for found in lives if found), None)
    return AccountRef(record.key, live.record_id if live else None, hosts.get(record.key), live.values if live else {})


def _decide(
    house: House,
    chunk: Sequence[Planned],
    facts: Mapping[str, tuple[CrmFact, ...]],
    matches: Mapping[str, Mapping[str, Match]],
    now: datetime,
) -> tuple[dict[str, Decision], list[NewFact]]:
    keys = [one.record.key for one in chunk]
    previous, alerts = house.ledger.decisions(keys), house.ledger.last_alerts(keys)
    limited = house.definitions.staff.limited
    loads = house.ledger.holdings(limited) if limited else {}
    decisions: dict[str, Decision] = {}
    rows: list[NewFact] = []
    for one in sorted(chunk, key=lambda one: one.record.key):  # whose turn it is hangs on who went before
        key = one.record.key
        before = previous.get(key)
        by_crm = {name: found[key] for name, found in matches.items()}
        loads = moved(loads, before.assigned_to if before else None, None)
        standing = Standing(holders(before), loads)
        made = decide(one.record, facts[key], by_crm, house.definitions, now, now, standing)
        decisions[key] = in_force(before, with_verdict(made, alerts.get(key)))
        loads = moved(loads, None, decisions[key].assigned_to)
        case = Case(one.record, decisions[key], before, alerts.get(key), house.definitions, now)
        rows += outbox(case, house.occasion)
    return decisions, rows
