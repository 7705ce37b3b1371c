"""Guards: plans too absurd to be carried out without a person's word (D25).

They look at what the plan wants and what is remembered, never at a CRM, so that a plan is judged whole before the
first call. Updates are unguarded: scores move daily.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.errors import RefusedPlanError
from connector.mapping.fields import CAN_CLEAR, FieldMapping, Mode, ObjectMapping, OnNull
from connector.model import Memory
from connector.plan import Planned

OWNER_FIELDS = frozenset({"OwnerId", "hubspot_owner_id"})
BLANK = (None, "", ())


@dataclass(frozen=True, slots=True)
class Guards:
    """How much of each kind one mapping may do in one run (D25).

    `clears` is a share of the planned records, judged from `population` records on: one of three says nothing.
    """

    creates: int = 50
    clears: float = 0.05
    owner_changes: int = 25
    population: int = 20


@dataclass(slots=True)
class Guarded:
    """What one mapping of a plan may do to records at most. `clears` counts records, not fields."""

    records: int = 0
    creates: int = 0
    clears: int = 0
    owner_changes: int = 0


@dataclass(slots=True)
class Watch:
    """Counts a plan as it is made, batch by batch. Memories are needed only of the accounts `doubtful` names."""

    counts: dict[str, Guarded] = field(default_factory=dict)

    def doubtful(self, mapping: ObjectMapping, planned: Sequence[Planned]) -> list[Planned]:
        """Those that may be created, cleared or given another owner, as far as the plan alone can tell."""
        guarded = self.counts.setdefault(mapping.name, Guarded())
        guarded.records += len(planned)
        return [one for one in planned if _is_doubtful(mapping, one)]

    def add(self, mapping: ObjectMapping, doubtful: Sequence[Planned], memories: Mapping[str, Memory]) -> None:
        """Count them against what is remembered of them."""
        guarded = self.counts[mapping.name]
        for one in doubtful:
            memory = memories.get(one.record.key, Memory(one.record.key))
            guarded.creates += _may_create(mapping, one) and not memory.record_id
            guarded.clears += any(_holds(memory, f) for f in _cleared(mapping, one))
            guarded.owner_changes += any(_moves(f, one, memory) for f in _owners(mapping, one))


def problems(counts: Mapping[str, Guarded], guards: Guards) -> list[str]:
    """A sentence for every guard the plan breaks: the count, the threshold, the mapping."""
    return [problem for name, counted in counts.items() for problem in _broken(name, counted, guards)]


def require_approved(hash_: str, counts: Mapping[str, Guarded], guards: Guards, approved: str | None) -> None:
    """Raise RefusedPlanError when a guard is broken, unless a person approved exactly this plan (D26)."""
    broken = problems(counts, guards)
    if approved == hash_ or (approved is None and not broken):
        return
    moved = [f"the plan has moved: it is {hash_} now, not {approved}"] if approved else []
    way_out = f"nothing was sent. Look at it with `plsync plan`; to apply it: plsync sync --plan {hash_}"
    raise RefusedPlanError("\n".join([*moved, *broken, way_out]))


def _broken(name: str, counted: Guarded, guards: Guards) -> list[str]:
    found = []
    if counted.creates > guards.creates:
        found.append(
            f"{name}: up to {counted.creates:,} records would be created, more than {guards.creates:,} (guards.creates)"
        )
    if counted.records >= guards.population and counted.clears > guards.clears * counted.records:
        share = f"{counted.clears / counted.records:.0%} of the {counted.records:,} planned"
        found.append(
            f"{name}: {counted.clears:,} records would lose a value, {share}, more than {guards.clears:.0%} "
            "(guards.clears): is the warehouse loaded?"
        )
    if counted.owner_changes > guards.owner_changes:
        found.append(
            f"{name}: up to {counted.owner_changes:,} records would change their owner, more than "
            f"{guards.owner_changes:,} (guards.owner_changes)"
        )
    return found


def _is_doubtful(mapping: ObjectMapping, one: Planned) -> bool:
    return bool(_may_create(mapping, one) or _cleared(mapping, one) or _owners(mapping, one))


def _may_create(mapping: ObjectMapping, one: Planned) -> bool:
    return mapping.mode is not Mode.UPDATE_ONLY and not one.gone


def _cleared(mapping: ObjectMapping, one: Planned) -> list[FieldMapping]:
    """The fields that would carry a blank column, or a vanished account, to the CRM."""
    clearing = (f for f in mapping.fields if f.merge in CAN_CLEAR)
    if one.gone:
        return [f for f in clearing if f.on_missing is OnNull.CLEAR]
    return [f for f in clearing if f.on_null is OnNull.CLEAR and f.column and one.record.values[f.column] in BLANK]


def _holds(memory: Memory, field: FieldMapping) -> bool:
    """Whether we wrote something there that could be lost: an unticked box is as good as blank."""
    written = memory.written.get(field.to)
    return written is not None and written is not False


def _owners(mapping: ObjectMapping, one: Planned) -> list[FieldMapping]:
    return [] if one.gone else [f for f in mapping.fields if f.to in OWNER_FIELDS]


def _moves(owner: FieldMapping, one: Planned, memory: Memory) -> bool:
    """Whether the owner may be another than the one we put there; who a decision will name is not known yet."""
    if owner.column is None:
        return True
    wanted = one.record.values[owner.column]
    return wanted not in BLANK and str(wanted) != str(memory.written.get(owner.to))
