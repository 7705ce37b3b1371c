"""Laws of the merge: idempotent, never over a person's edit, never more than the policy allows."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.mapping.fields import FieldMapping, OnNull
from connector.model import Canonical, FieldKind, FieldSpec, FieldVerdict, Live, Memory, MergePolicy
from connector.rules.merge import Meeting, alike, is_ours, merge, same
from tests.unit.rules.shipped import NOW

law = settings(max_examples=300, deadline=None)
STAGES = ("MQL", "SQL", "Opportunity", "Closed won")

# Few values, so that sides often meet: stages in several spellings, and numbers.
words: st.SearchStrategy[Canonical] = st.sampled_from([None, *STAGES, " SQL ", "sql", "Nurturing"])
numbers: st.SearchStrategy[Canonical] = st.sampled_from([None, 0, 1, 1.5, 2, 87])
sources = st.sampled_from(["stage", "decision.crm_stage", "decision.plg_stage"])
moments = st.sampled_from([None, NOW - timedelta(days=1), NOW + timedelta(days=1)])


@st.composite
def meetings(draw: st.DrawFn, policy: MergePolicy | None = None) -> Meeting:
    """One field of an existing record, with anything in the CRM, the warehouse and each memory."""
    policy = policy or draw(st.sampled_from(MergePolicy))
    values = words if policy is MergePolicy.FURTHEST else draw(st.sampled_from([words, numbers]))
    sides = st.dictionaries(st.just("F"), values, max_size=1)
    memory = Memory("acme", wanted=draw(sides), written=draw(sides), intended=draw(st.none() | sides))
    field = FieldMapping("F", draw(sources), policy, draw(st.sampled_from(OnNull)), STAGES, "scored_at")
    spec = FieldSpec("F", FieldKind.TEXT, writable=draw(st.booleans()))
    live = Live("001", {"F": draw(values)}, draw(moments), "AE 1")
    return Meeting(field, spec, draw(values), live, memory, draw(moments), anew=draw(st.booleans()))


def after(meeting: Meeting) -> Meeting:
    """The same meeting once its merge was delivered and remembered, text trimmed as a CRM stores it."""
    merged = merge(meeting)
    if not merged.writes:
        return replace(meeting, memory=replace(meeting.memory, wanted={"F": meeting.wanted}, intended=None))
    held = merged.written.strip() if isinstance(merged.written, str) else merged.written
    memory = Memory("acme", wanted={"F": meeting.wanted}, written={"F": merged.written})
    return replace(meeting, memory=memory, live=Live("001", {"F": held}, NOW, "integration"))


def persons(meeting: Meeting) -> bool:
    """Whether a person's value stands in the field: a value, and none that any memory holds."""
    return meeting.held is not None and not is_ours("F", meeting.held, meeting.memory)


@law
@given(meetings())
def test_merging_twice_writes_nothing_the_second_time(meeting: Meeting) -> None:
    """What was delivered is not delivered again (style law; invariant 2)."""
    assert not merge(after(meeting)).writes


@law
@given(meetings(MergePolicy.CRM_WINS_IF_EDITED))
def test_a_persons_edit_is_never_overwritten(meeting: Meeting) -> None:
    """Under crm_wins_if_edited a person's value stays (invariant 7)."""
    if persons(meeting):
        assert merge(meeting).written == meeting.held


@law
@given(meetings(MergePolicy.CRM_WINS_IF_EDITED))
def test_three_memories_are_ours(meeting: Meeting) -> None:
    """A value equal to any of the three memories is never taken for an edit (D19)."""
    sides = (meeting.memory.wanted, meeting.memory.written, meeting.memory.intended or {})
    if meeting.spec.writable and any("F" in side and same(side["F"], meeting.held) for side in sides):
        assert merge(meeting).verdict is not FieldVerdict.HOLD


@law
@given(meetings(MergePolicy.FILL_BLANK))
def test_fill_blank_fills_blanks_only(meeting: Meeting) -> None:
    """fill_blank never overwrites a value."""
    if meeting.held is not None:
        assert merge(meeting).written == meeting.held


@law
@given(meetings())
def test_equal_is_never_written(meeting: Meeting) -> None:
    """A value equal to the one in the CRM is never sent."""
    if same(meeting.held, meeting.wanted):
        assert not merge(meeting).writes


@law
@given(meetings())
def test_a_write_writes_what_is_wanted(meeting: Meeting) -> None:
    """After a merge the field holds what is wanted or what it held: never a third value."""
    merged = merge(meeting)

    assert merged.written == (meeting.wanted if merged.writes else meeting.held)
    assert merged.reason


@law
@given(meetings())
def test_nothing_is_cleared_unless_asked(meeting: Meeting) -> None:
    """A null is written only under on_null = clear, and never under never_clear (D22)."""
    merged = merge(meeting)

    if merged.writes and meeting.wanted is None:
        assert meeting.field.on_null is OnNull.CLEAR
        assert meeting.field.merge is not MergePolicy.NEVER_CLEAR


@law
@given(meetings())
def test_what_may_not_be_written_is_not(meeting: Meeting) -> None:
    """A field the CRM does not let us write is never sent."""
    if not meeting.spec.writable:
        assert not merge(meeting).writes


def rank(stage: Canonical) -> float:
    """How far a stage is: none at all is before the first, one that nobody ordered cannot be told."""
    ladder = ["none", *(known.casefold() for known in STAGES)]
    spelled = str(stage).strip().casefold()
    return ladder.index(spelled) if spelled in ladder else math.nan


@law
@given(meetings(MergePolicy.FURTHEST))
def test_a_stage_goes_back_only_when_the_one_before_came_to_nothing(meeting: Meeting) -> None:
    """And never in the product's own ladder, whatever the CRM lost (D23)."""
    merged = merge(meeting)

    if merged.writes and rank(merged.written) < rank(merged.live):
        assert meeting.anew
        assert meeting.field.source != "decision.plg_stage"


@law
@given(meetings(MergePolicy.FURTHEST))
def test_a_ladder_that_starts_anew_follows_the_warehouse(meeting: Meeting) -> None:
    """Once the last stage came to nothing, the field ends where the warehouse is, but for stages nobody ordered."""
    merged = merge(meeting)
    ordered = all(value != "Nurturing" for value in (meeting.held, meeting.wanted))

    if meeting.anew and meeting.field.source != "decision.plg_stage" and meeting.spec.writable and ordered:
        kept = meeting.wanted is None and meeting.field.on_null is OnNull.SKIP
        assert kept or alike(merged.written, meeting.wanted)


@law
@given(meetings())
def test_only_somebodys_value_is_restored_over(meeting: Meeting) -> None:
    """What a merge says it restores was ours, holds something none of the memories knows, and is written."""
    merged = merge(meeting)

    if merged.restores:
        assert merged.writes
        assert merged.policy is MergePolicy.WAREHOUSE_WINS
        assert "F" in meeting.memory.written
        assert not is_ours("F", meeting.held, meeting.memory)
