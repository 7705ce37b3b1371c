"""Read → decide → merge for one chunk of a plan. Nothing is written: `plan`, `explain` and `sync` share every line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from connector.calling import Caller
from connector.errors import InvalidValueError
from connector.mapping.fields import Mode, ObjectMapping, wanted
from connector.matching import own_hosts
from connector.model import (
    AccountRef,
    Canonical,
    CrmFact,
    Decision,
    FieldMerge,
    FieldSpec,
    FieldVerdict,
    Intent,
    Live,
    Match,
    MatchMethod,
    Memory,
    NewFact,
    Outcome,
    OutcomeKind,
    Record,
    Write,
)
from connector.plan import Planned
from connector.planning import batched
from connector.ports import CrmFacts, Ledger
from connector.reading import read_live
from connector.rules.decide import decide, in_force
from connector.rules.definitions import Definitions
from connector.rules.handoff import outbox
from connector.rules.merge import Meeting, is_ours, merge

CHUNK = 2_000  # accounts between the live read and the write: the window of D21


@dataclass(frozen=True)
class Crm:
    """One CRM as the story uses it: how to call it, what to ask it, and which mappings go there."""

    caller: Caller
    facts: CrmFacts
    mappings: Sequence[ObjectMapping]
    specs: Mapping[str, Mapping[str, FieldSpec]]  # by mapping name, then field


@dataclass(frozen=True)
class House:
    """Everything `prepare` needs beside the rows."""

    ledger: Ledger
    crms: Sequence[Crm]
    definitions: Definitions
    baseline: bool


@dataclass(frozen=True, slots=True)
class Merged:
    """One planned record of one mapping after the merge: either a write and its intent, or an outcome already."""

    key: str
    match: Match
    memory: Memory
    wanted_fp: str
    wanted: Mapping[str, Canonical]
    fields: tuple[FieldMerge, ...]
    write: Write | None = None
    outcome: Outcome | None = None

    @property
    def matched_by(self) -> str | None:
        """How the record was first found; "remembered" says nothing about that."""
        return matched_by(self.match, self.memory)

    @property
    def intent(self) -> Intent:
        """What is about to be sent, for the memory of D19."""
        record_id = self.match.live.record_id if self.match.live else None
        return Intent(self.key, record_id, self.matched_by, self.wanted, self.base)

    @property
    def base(self) -> Mapping[str, Canonical]:
        """The merge base, corrected by the live read: values that proved to be ours are ours from now on."""
        ours = {f.name: f.live for f in self.fields if self._proved_ours(f)}
        return {**self.memory.written, **ours}

    def _proved_ours(self, field: FieldMerge) -> bool:
        return field.verdict is FieldVerdict.SAME or is_ours(field.name, field.live, self.memory)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One chunk, decided and merged."""

    facts: Mapping[str, tuple[CrmFact, ...]]  # what the decisions were made from, by account
    decisions: Mapping[str, tuple[Decision, str]]  # with the decide fingerprint
    outbox: Sequence[NewFact]
    merged: Mapping[str, Sequence[Merged]]  # by mapping name


def prepare(house: House, chunk: Sequence[Planned], now: datetime) -> Prepared:
    """Read the CRMs for the chunk's accounts, decide each, and merge what each mapping wants."""
    records = {one.record.key: one.record for one in chunk}
    memories = {m.name: house.ledger.memories(m.name, list(records)) for crm in house.crms for m in crm.mappings}
    matches = {
        m.name: read_live(
            crm.caller,
            m,
            list(records.values()),
            memories[m.name],
            crm.facts.account_fields(),
            house.definitions.personal_domains,
        )
        for crm in house.crms
        for m in crm.mappings
    }
    facts = _facts(house.crms, records, matches, house.definitions.personal_domains)
    decisions, outbox_rows = _decide(house, chunk, facts, matches, now)
    merged = {
        m.name: [
            _merge(m, one, decisions[one.record.key], matches[m.name], memories[m.name], crm.specs[m.name])
            for one in chunk
            if m.name in one.due
        ]
        for crm in house.crms
        for m in crm.mappings
    }
    fps = {one.record.key: one.decide_fp for one in chunk}
    return Prepared(facts, {key: (made, fps[key]) for key, made in decisions.items()}, outbox_rows, merged)


def matched_by(match: Match, memory: Memory) -> str | None:
    """How the account's record was first found."""
    if match.live is None:
        return None
    return memory.matched_by if match.method is MatchMethod.REMEMBERED else str(match.method)


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
        for some in batched(refs, crm.facts.capacity.facts):
            for key, told in crm.caller(partial(crm.facts.state, some)).items():
                facts[key] += told
    return facts


def _ref(record: Record, crm: Crm, matches: Mapping[str, Mapping[str, Match]], hosts: Mapping[str, str]) -> AccountRef:
    lives = (matches[m.name][record.key].live for m in crm.mappings)
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
    decisions: dict[str, Decision] = {}
    rows: list[NewFact] = []
    for one in chunk:
        key = one.record.key
        by_crm = {name: found[key] for name, found in matches.items()}
        fresh = decide(one.record, facts[key], by_crm, house.definitions, now, now)
        decisions[key] = in_force(previous.get(key), fresh)
        before = previous.get(key)
        rows += outbox(one.record, decisions[key], before, alerts.get(key), house.definitions, now, house.baseline)
    return decisions, rows


def _merge(
    mapping: ObjectMapping,
    one: Planned,
    decision: Decision,
    matches: Mapping[str, Match],
    memories: Mapping[str, Memory],
    specs: Mapping[str, FieldSpec],
) -> Merged:
    key = one.record.key
    match, memory = matches[key], memories.get(key, Memory(key))
    try:
        values = wanted(mapping, one.record, decision, matched_by(match, memory), specs)
    except InvalidValueError as error:
        outcome = Outcome(key, OutcomeKind.INVALID, None, "VALUE", str(error), "correct the value in the warehouse")
        return Merged(key, match, memory, one.wanted_fp[mapping.name], {}, (), outcome=outcome)
    live = match.live
    fields = tuple(
        merge(Meeting(f, specs[f.to], values[f.to], live, memory, one.record.values.get(f.as_of or "")))
        for f in mapping.fields
    )
    merged = Merged(key, match, memory, one.wanted_fp[mapping.name], values, fields)
    return _settle_or_write(mapping, merged, live)


def _settle_or_write(mapping: ObjectMapping, merged: Merged, live: Live | None) -> Merged:
    if live is None and (reason := _why_not_create(mapping, merged)):
        return replace(merged, outcome=reason)
    changes = {f.name: f.written for f in merged.fields if f.writes}
    if live is None or (merged.match.method is MatchMethod.DOMAIN and live.values.get(mapping.match_to) is None):
        changes[mapping.match_to] = merged.key
    if (changes and mapping.mode is not Mode.CREATE_ONLY) or live is None:
        return replace(merged, write=Write(merged.key, live.record_id if live else None, changes))
    return replace(merged, outcome=_nothing_to_write(merged, live))


def _why_not_create(mapping: ObjectMapping, merged: Merged) -> Outcome | None:
    """Why an account without a record stays without one; None when the mapping may create it."""
    if merged.match.method is MatchMethod.AMBIGUOUS:
        return Outcome(
            merged.key,
            OutcomeKind.HELD,
            None,
            "AMBIGUOUS",
            f"more than one record could be this account: {', '.join(merged.match.candidates)}",
            f"choose with: plsync link {merged.key} RECORD",
        )
    if merged.memory.record_id:
        text = f"the record {merged.memory.record_id} it was linked to is gone"
        return Outcome(merged.key, OutcomeKind.HELD, merged.memory.record_id, "RECORD_GONE", text, "link it again")
    if mapping.mode is Mode.UPDATE_ONLY:
        text = f"no {mapping.object} carries this key or domain, and mode is update_only"
        return Outcome(merged.key, OutcomeKind.HELD, None, "NO_RECORD", text, "create it in the CRM, or set mode")
    return None


def _nothing_to_write(merged: Merged, live: Live) -> Outcome:
    held = [f"{f.name}: {f.reason}" for f in merged.fields if f.verdict is FieldVerdict.HOLD]
    if held:
        text = "; ".join(held)
        return Outcome(merged.key, OutcomeKind.HELD, live.record_id, "EDITED", text)
    return Outcome(merged.key, OutcomeKind.UNCHANGED, live.record_id)
