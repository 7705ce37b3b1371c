"""One record of one mapping after the merge: a write to send, or an outcome already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from connector.authorship import EDITED, adopted
from connector.errors import InvalidValueError
from connector.mapping.fields import KEEPS_EDITS, FieldMapping, Mode, ObjectMapping, OnNull, wanted
from connector.model import (
    UNASKED,
    Authorship,
    Canonical,
    Decision,
    FieldMerge,
    FieldSpec,
    FieldVerdict,
    Intent,
    Live,
    Load,
    Match,
    MatchMethod,
    Memory,
    Outcome,
    OutcomeKind,
    Record,
    Sent,
    Write,
)
from connector.plan import Planned
from connector.rules.merge import Meeting, is_ours, merge
from connector.rules.stages import STAGE_ENDED


@dataclass(frozen=True)
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
    links: bool = False  # the write gives an existing record our key
    record: Record | None = None

    @property
    def matched_by(self) -> str | None:
        """How the record was first found; "remembered" says nothing about that. None where there is no record."""
        return None if self.match.live is None and self.write is None else matched_by(self.match, self.memory)

    @property
    def intent(self) -> Intent:
        """What is about to be sent, for the memory of D19."""
        record_id = self.match.live.record_id if self.match.live else None
        return Intent(self.key, record_id or None, self.matched_by, self.wanted, self.base)

    @property
    def loaded_intent(self) -> Intent:
        """The intent of a record that goes with a job, with what its outcome will mean."""
        return replace(self.intent, load=self.sent.load)

    @property
    def sent(self) -> Sent:
        """The record on its way, for remembering how it ended."""
        changes = {f.name: (f.live, f.written) for f in self.fields if f.writes}
        signals, scored_at = (self.record.signals, self.record.values.get("scored_at")) if self.record else ((), None)
        load = Load(
            self.wanted_fp,
            changes,
            self.links,
            self.held,
            signals[0].occurred_at if signals else None,
            scored_at if isinstance(scored_at, datetime) else None,
            self.restored,
        )
        return Sent(self.memory, self.wanted, self.base, self.matched_by, load)

    @cached_property  # asked for by the intent and by the outcome
    def base(self) -> Mapping[str, Canonical]:
        """The merge base, corrected by the live read: values that proved to be ours are ours from now on."""
        if self.match.live is None:
            return self.memory.written
        ours = {f.name: f.live for f in self.fields if self._proved_ours(f)}
        return {**self.memory.written, **ours}

    @property
    def held(self) -> str:
        """The fields that somebody else's value keeps from us, and why; "" when there are none."""
        return "; ".join(f"{f.name}: {f.reason}" for f in self.fields if f.verdict is FieldVerdict.HOLD)

    @property
    def restored(self) -> str:
        """The fields that are put right, and who had changed them; "" when there are none."""
        return "; ".join(f"restored {f.name}: {f.reason}" for f in self.fields if f.restores and self.record)

    @property
    def contested(self) -> tuple[str, ...]:
        """Fields where a value that none of our memories knows stands in the place of ours."""
        return tuple(f.name for f in self.fields if f.restores or _holds(f))

    def _proved_ours(self, field: FieldMerge) -> bool:
        return field.verdict is FieldVerdict.SAME or is_ours(field.name, field.live, self.memory)


def _holds(field: FieldMerge) -> bool:
    return field.verdict is FieldVerdict.HOLD and field.policy in KEEPS_EDITS


def merge_record(
    mapping: ObjectMapping,
    one: Planned,
    decision: Decision | None,
    matches: Mapping[str, Match],
    memories: Mapping[str, Memory],
    specs: Mapping[str, FieldSpec],
    found: Authorship = UNASKED,
) -> Merged:
    """What one mapping wants of one account, met with what the CRM holds and what we remember.

    `decision` is None for an account that vanished from the warehouse, `found` what was found out about contested
    values.
    """
    key = one.record.key
    match = matches[key]
    memory = adopted(memories.get(key, Memory(key)), match.live, found)
    if match.live is not None and match.live.became is not None:
        left = _converted(key, match.live.record_id, match.live.became)
        return Merged(key, match, memory, one.wanted_fp[mapping.name], _in_doubt(memory), (), outcome=left)
    if one.gone:
        return _merge_gone(mapping, one, match, memory, specs, found)
    try:
        _require_keepable(key)
        values = wanted(mapping, one.record, decision, matched_by(match, memory), specs)
    except InvalidValueError as error:
        outcome = Outcome(key, OutcomeKind.INVALID, None, "VALUE", str(error), "correct the value in the warehouse")
        return Merged(key, match, memory, one.wanted_fp[mapping.name], _in_doubt(memory), (), outcome=outcome)
    live, get = match.live, one.record.values.get
    anew = decision is not None and bool(decision.evidence.get(STAGE_ENDED))
    fields = tuple(
        merge(Meeting(f, specs[f.to], values[f.to], live, memory, get(f.as_of or ""), found.others.get(f.to), anew))
        for f in mapping.fields
    )
    merged = Merged(key, match, memory, one.wanted_fp[mapping.name], values, fields, record=one.record)
    return _settle_or_write(mapping, merged, live)


def _require_keepable(key: str) -> None:
    """CRMs trim what they store: a key with space around it would be written over the account that has none."""
    if key != key.strip():
        raise InvalidValueError(f"the account key {key!r} has space around it, which no CRM keeps")


def _merge_gone(
    mapping: ObjectMapping,
    one: Planned,
    match: Match,
    memory: Memory,
    specs: Mapping[str, FieldSpec],
    found: Authorship,
) -> Merged:
    """The warehouse no longer has the account: fields that say so are cleared, and nothing else is touched (D22)."""
    blanks = {f.to: specs[f.to].blank if _as_missing(f).clears else None for f in mapping.fields}
    fields = tuple(
        merge(Meeting(_as_missing(f), specs[f.to], blanks[f.to], match.live, memory, editor=found.others.get(f.to)))
        for f in mapping.fields
    )
    cleared = {f.to: blanks[f.to] for f in mapping.fields if f.on_missing is OnNull.CLEAR}
    wants = {**_in_doubt(memory), **cleared}
    merged = Merged(one.record.key, match, memory, one.wanted_fp[mapping.name], wants, fields)
    if match.live is None:
        return replace(merged, wanted=_in_doubt(memory), outcome=Outcome(merged.key, OutcomeKind.UNCHANGED))
    if changes := {f.name: f.written for f in fields if f.writes}:
        return replace(merged, write=Write(merged.key, match.live.record_id or None, changes))
    return replace(merged, outcome=_nothing_to_write(merged, match.live))


def _as_missing(field: FieldMapping) -> FieldMapping:
    return replace(field, on_null=field.on_missing)


def _settle_or_write(mapping: ObjectMapping, merged: Merged, live: Live | None) -> Merged:
    if live is None and (reason := _why_not_create(mapping, merged)):
        return replace(merged, wanted=_in_doubt(merged.memory), outcome=reason)
    changes = {f.name: f.written for f in merged.fields if f.writes}
    unkeyed = live is None or live.values.get(mapping.match_to) is None
    if unkeyed:  # a link that was lost on its way is made again
        changes[mapping.match_to] = merged.key
    if (changes and mapping.mode is not Mode.CREATE_ONLY) or live is None:
        write = Write(merged.key, (live and live.record_id) or None, changes)
        # Not by `replace`, which takes as long as all of the merge: this is how most records end.
        so_far = (merged.key, merged.match, merged.memory, merged.wanted_fp, merged.wanted, merged.fields)
        return Merged(*so_far, write, None, unkeyed and live is not None, merged.record)
    return replace(merged, outcome=_nothing_to_write(merged, live))


def _in_doubt(memory: Memory) -> Mapping[str, Canonical]:
    """What the CRM may hold of ours beside `written`. A run that met no record has not found out: it goes on (D19)."""
    return memory.wanted if memory.intended is None else memory.intended


def _why_not_create(mapping: ObjectMapping, merged: Merged) -> Outcome | None:
    """Why an account without a record stays without one; None when the mapping may create it."""
    if merged.match.method is MatchMethod.AMBIGUOUS:
        return Outcome(
            merged.key,
            OutcomeKind.HELD,
            None,
            "AMBIGUOUS",
            f"more than one record could be this account: {', '.join(merged.match.candidates)}",
            f"choose with: plsync link {merged.key} RECORD --mapping {mapping.name}",
            merged.match.candidates,
        )
    if merged.memory.record_id:
        text = f"the record {merged.memory.record_id} it was linked to is gone"
        advice = f"link it again: plsync link {merged.key} RECORD --mapping {mapping.name}"
        return Outcome(merged.key, OutcomeKind.HELD, merged.memory.record_id, "RECORD_GONE", text, advice)
    if mapping.mode is Mode.UPDATE_ONLY:
        text = f"no {mapping.object} carries this key or domain, and mode is update_only"
        return Outcome(merged.key, OutcomeKind.HELD, None, "NO_RECORD", text, "create it in the CRM, or set mode")
    return None


def _converted(key: str, record_id: str, became: str) -> Outcome:
    text, advice = (
        f"the lead was converted: it is {became} now",
        f"nothing writes it again; map what it became: {became}",
    )
    return Outcome(key, OutcomeKind.HELD, record_id, "CONVERTED", text, advice)


def _nothing_to_write(merged: Merged, live: Live) -> Outcome:
    if merged.held:
        return Outcome(merged.key, OutcomeKind.HELD, live.record_id, EDITED, merged.held)
    return Outcome(merged.key, OutcomeKind.UNCHANGED, live.record_id or None)


def matched_by(match: Match, memory: Memory) -> str | None:
    """How the account's record was first found; one we create is found by the key it carries."""
    if match.live is None:
        return str(MatchMethod.KEY) if match.method is MatchMethod.NONE else None
    return memory.matched_by if match.method is MatchMethod.REMEMBERED else str(match.method)
