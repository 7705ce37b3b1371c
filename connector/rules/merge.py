"""Three-way merge, field by field: what the CRM holds, what the warehouse wants, what we remember of our own.

A live value equal to any of our three memories is ours (D19); anything else that stands in the field was put
there by somebody else, and the field's policy says who wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.mapping.fields import PLG_STAGE, FieldMapping, OnNull
from connector.model import Canonical, FieldMerge, FieldSpec, FieldVerdict, Live, Memory, MergePolicy, WarehouseValue

Ruling = tuple[FieldVerdict, str]  # what to do, and why


@dataclass(slots=True)  # not frozen, which would double what it costs: one is made for every field
class Meeting:
    """One field of one record where all sides meet. `live` is None for a record about to be created.

    `dated` is the warehouse's date for the value, for `latest`; `editor` is whoever is known to have set what is there;
    `anew` says that the account's last stage in the CRM came to nothing.
    """

    field: FieldMapping
    spec: FieldSpec
    wanted: Canonical
    live: Live | None
    memory: Memory
    dated: WarehouseValue = None
    editor: str | None = None
    anew: bool = False

    @property
    def seen(self) -> bool:
        """Whether it is known what the CRM holds. Of a record written blind it may not be."""
        return self.live is None or self.field.to in self.live.values

    @property
    def held(self) -> Canonical:
        """The value the CRM holds."""
        return self.live.values.get(self.field.to) if self.live else None


def merge(meeting: Meeting) -> FieldMerge:
    """Decide one field, in the order a person would ask: is there anything to do, may we, do we win?"""
    verdict, reason = _ruling(meeting)
    written = meeting.wanted if verdict is FieldVerdict.WRITE else meeting.held
    field = meeting.field
    if verdict is FieldVerdict.WRITE and field.merge is MergePolicy.WAREHOUSE_WINS and _overwritten(meeting):
        reason = f"{meeting.editor or 'somebody'} had changed it, and the warehouse wins"
        return FieldMerge(field.to, meeting.held, meeting.wanted, written, verdict, field.merge, reason, restores=True)
    return FieldMerge(field.to, meeting.held, meeting.wanted, written, verdict, field.merge, reason)


def is_ours(name: str, live: Canonical, memory: Memory) -> bool:
    """Whether the CRM's value is one we asked for, sent or were sending (D19), however the CRM spells it (D20)."""
    for side in (memory.written, memory.wanted, memory.intended):
        if side and name in side and alike(live, side[name]):
            return True
    return False


def same(left: Canonical, right: Canonical) -> bool:
    """Equal as a CRM stores it: blanks are one, surrounding space and 87 against 87.0 do not count."""
    if isinstance(left, str) or isinstance(right, str):
        return left == right or _trimmed(left) == _trimmed(right)
    return left == right


def _trimmed(value: Canonical) -> str:
    return "" if value is None else str(value).strip()


def _ruling(meeting: Meeting) -> Ruling:
    if meeting.wanted is None and meeting.field.on_null is OnNull.SKIP:
        return FieldVerdict.KEEP, "the warehouse has no value; on_null = skip"
    if meeting.seen and same(meeting.held, meeting.wanted):
        return FieldVerdict.SAME, "already so"
    if not meeting.spec.writable:
        return FieldVerdict.HOLD, "the CRM does not let us write this field"
    if meeting.live is None:
        return FieldVerdict.WRITE, "new record"
    if _overruled(meeting):
        return FieldVerdict.KEEP, "a person set this value of the warehouse aside, and it has not changed since"
    return _POLICY[meeting.field.merge](meeting)


def _overwritten(meeting: Meeting) -> bool:
    """Whether we wrote the field, and it holds something that is none of ours since (D20)."""
    name, memory = meeting.field.to, meeting.memory
    known = meeting.live is not None and meeting.seen and name in memory.written
    return known and not is_ours(name, meeting.held, memory)


def _overruled(meeting: Meeting) -> bool:
    """Whether a person adopted or restored another value, and the warehouse still wants the same (D20, D31)."""
    name, overruled = meeting.field.to, meeting.memory.overruled
    return name in overruled and same(meeting.wanted, overruled[name])


def _warehouse_wins(_: Meeting) -> Ruling:
    return FieldVerdict.WRITE, "the warehouse wins"


def _crm_wins_if_edited(meeting: Meeting) -> Ruling:
    name = meeting.field.to
    if alike(meeting.held, meeting.wanted):
        return FieldVerdict.SAME, "already so, in the CRM's spelling"
    if is_ours(name, meeting.held, meeting.memory):
        return FieldVerdict.WRITE, "the value there is ours"
    if meeting.held is None and name not in meeting.memory.written:
        return FieldVerdict.WRITE, "was blank"
    what = "cleared" if meeting.held is None else "edited"
    by = f" by {meeting.editor}" if meeting.editor else ""
    return FieldVerdict.HOLD, f"{what} in the CRM{by}, and the CRM wins if edited"


def _fill_blank(meeting: Meeting) -> Ruling:
    if meeting.held is None:
        return FieldVerdict.WRITE, "was blank"
    return FieldVerdict.KEEP, "the CRM has a value, and we only fill blanks"


def _furthest(meeting: Meeting) -> Ruling:
    if meeting.wanted is None and _starts_anew(meeting):  # where a null does not clear, nobody asks
        return FieldVerdict.WRITE, "its last stage came to nothing: the ladder starts anew"
    if meeting.wanted is None:
        return FieldVerdict.KEEP, "the warehouse has no stage, and a stage never goes back"
    return (FieldVerdict.WRITE, "was blank") if meeting.held is None else _further(meeting)


def _further(meeting: Meeting) -> Ruling:
    held, wanted = meeting.held, meeting.wanted
    rank = {_spelling(stage): place for place, stage in enumerate(meeting.field.order)}
    unknown = next((stage for stage in (held, wanted) if _spelling(stage) not in rank), None)
    if unknown is not None:
        return FieldVerdict.HOLD, f"{unknown!r} is not one of the ordered stages"
    if rank[_spelling(wanted)] > rank[_spelling(held)]:
        return FieldVerdict.WRITE, f"{wanted} is further than {held}"
    if rank[_spelling(wanted)] < rank[_spelling(held)] and _starts_anew(meeting):
        return FieldVerdict.WRITE, f"{held} came to nothing: the ladder starts anew at {wanted}"
    return FieldVerdict.KEEP, f"{wanted} is not further than {held}"


def _starts_anew(meeting: Meeting) -> bool:
    """Whether a stage may go back: it was lost in the CRM (D23), which takes nothing back that the product has seen."""
    return meeting.anew and meeting.field.source != PLG_STAGE


def _highest(meeting: Meeting) -> Ruling:
    held, wanted = meeting.held, meeting.wanted
    if wanted is None:
        return FieldVerdict.KEEP, "the warehouse has no number, and a number never falls"
    if held is None:
        return FieldVerdict.WRITE, "was blank"
    if not isinstance(held, int | float) or not isinstance(wanted, int | float):
        return FieldVerdict.HOLD, "not numbers that can be compared"
    if wanted > held:
        return FieldVerdict.WRITE, f"{wanted} is higher"
    return FieldVerdict.KEEP, f"{held} is higher"


def _latest(meeting: Meeting) -> Ruling:
    if meeting.held is None:
        return FieldVerdict.WRITE, "was blank"
    if alike(meeting.held, meeting.wanted):
        return FieldVerdict.SAME, "already so, in the CRM's spelling"
    if is_ours(meeting.field.to, meeting.held, meeting.memory):
        return FieldVerdict.WRITE, "the value there is ours"
    changed = meeting.live.modified_at if meeting.live else None
    if not isinstance(meeting.dated, datetime) or changed is None:
        return FieldVerdict.HOLD, f"{meeting.field.as_of} does not date the value"
    if meeting.dated > changed:
        return FieldVerdict.WRITE, f"{meeting.field.as_of} is later than the CRM's last change"
    return FieldVerdict.HOLD, f"the CRM was changed after {meeting.field.as_of}"


def _never_clear(meeting: Meeting) -> Ruling:
    if meeting.wanted is None:
        return FieldVerdict.KEEP, "the warehouse has no value, and this field is never cleared"
    return FieldVerdict.WRITE, "the warehouse wins"


_POLICY: Mapping[MergePolicy, Callable[[Meeting], Ruling]] = {
    MergePolicy.WAREHOUSE_WINS: _warehouse_wins,
    MergePolicy.CRM_WINS_IF_EDITED: _crm_wins_if_edited,
    MergePolicy.FILL_BLANK: _fill_blank,
    MergePolicy.FURTHEST: _furthest,
    MergePolicy.HIGHEST: _highest,
    MergePolicy.LATEST: _latest,
    MergePolicy.NEVER_CLEAR: _never_clear,
}


def alike(left: Canonical, right: Canonical) -> bool:
    """Equal apart from what a CRM normalises: space, case."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right or _spelling(left) == _spelling(right)
    return same(left, right)


def _spelling(value: Canonical) -> str:
    """A text without what a CRM normalises."""
    return str(value).strip().casefold()
