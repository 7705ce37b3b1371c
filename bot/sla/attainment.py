"""How promises were kept, counted per policy: met, breached, open. What fired is taken from the store. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.lifecycle import ACTIVE, Alert
from bot.sla.policy import Rung, SlaPolicy, policy_for


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises of one kind. `ended`: the alert was over, for another reason, before the time was."""

    met: int
    breached: int
    open: int
    ended: int

    @property
    def share(self) -> float | None:
        """The part that was met of those that are settled."""
        settled = self.met + self.breached
        return self.met / settled if settled else None


@dataclass(frozen=True, slots=True)
class Attained:
    """The promises of one policy. None: its ladder does not tell that breach, so nobody knows (D45)."""

    policy: SlaPolicy
    acknowledged: Kept | None
    reached_out: Kept | None


class TimedAlert(Alert, Protocol):
    """An alert whose outreach is known too."""

    @property
    def contacted_at(self) -> datetime | None: ...


def attained(
    raised: Sequence[TimedAlert], fired: Mapping[int, Collection[str]], policies: Sequence[SlaPolicy]
) -> tuple[list[Attained], int]:
    """Each policy with its promises, and how many alerts no policy covers."""
    covered: dict[int, list[TimedAlert]] = {number: [] for number, _ in enumerate(policies)}
    uncovered = 0
    for alert in raised:
        policy = policy_for(policies, str(alert.payload.get("tier")), alert.payload.get("segment"))
        if policy is None:
            uncovered += 1
        else:
            covered[policies.index(policy)].append(alert)
    return [_attained(policy, covered[number], fired) for number, policy in enumerate(policies)], uncovered


def _attained(policy: SlaPolicy, mine: Sequence[TimedAlert], fired: Mapping[int, Collection[str]]) -> Attained:
    def kept(rung: Rung, is_done: Callable[[TimedAlert], bool]) -> Kept | None:
        if rung not in policy.ladder:
            return None
        return _kept((rung in fired.get(one.id, ()), is_done(one), one.state in ACTIVE) for one in mine)

    return Attained(
        policy,
        kept(Rung.ACKNOWLEDGE_BREACH, lambda one: bool(one.acknowledged_at or one.contacted_at)),
        kept(Rung.BREACH, lambda one: one.contacted_at is not None),
    )


def _kept(told: Iterable[tuple[bool, bool, bool]]) -> Kept:
    """From (breached, done, still active) of each: a breach stays one, whatever happened afterwards."""
    rows = list(told)
    met = sum(done and not late for late, done, _ in rows)
    late = sum(late for late, _, _ in rows)
    waiting = sum(active and not done and not late for late, done, active in rows)
    return Kept(met, late, waiting, len(rows) - met - late - waiting)
