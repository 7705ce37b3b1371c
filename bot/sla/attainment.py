"""How promises were kept, counted per policy: met, breached, open. What fired is taken from the store. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from bot.lifecycle import ACTIVE, UNPROVEN, Alert
from bot.sla.policy import Rung, SlaPolicy, policy_for
from connector.model import PROOF

Fired = Mapping[int, Mapping[str, datetime]]  # by alert and rung: when it was due


@dataclass(frozen=True, slots=True)
class Kept:
    """How many promises of one kind. `ended`: the alert was over, for another reason, before the time was.

    `unproven`: no outreach is known, and a CRM's activities could not be read (D40). Of those that were met,
    `self_declared` were by somebody's word alone.
    """

    met: int
    breached: int
    open: int
    ended: int
    unproven: int = 0
    self_declared: int = 0

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


def attained(raised: Sequence[TimedAlert], fired: Fired, policies: Sequence[SlaPolicy]) -> tuple[list[Attained], int]:
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


def _attained(policy: SlaPolicy, mine: Sequence[TimedAlert], fired: Fired) -> Attained:
    def kept(rung: Rung, done_at: Callable[[TimedAlert], datetime | None], needs_proof: bool) -> Kept | None:
        if rung not in policy.ladder:
            return None
        ends = (_ended(one, fired.get(one.id, {}).get(rung), done_at(one), needs_proof) for one in mine)
        counted = Counter(ends)
        own_word = counted[_End.SELF_DECLARED]
        met = counted[_End.MET] + own_word
        breached, waiting, ended = counted[_End.BREACHED], counted[_End.OPEN], counted[_End.ENDED]
        return Kept(met, breached, waiting, ended, counted[_End.UNPROVEN], own_word)

    return Attained(
        policy,
        kept(Rung.ACKNOWLEDGE_BREACH, _taken_at, needs_proof=False),
        kept(Rung.BREACH, lambda one: one.contacted_at, needs_proof=True),
    )


def _taken_at(alert: TimedAlert) -> datetime | None:
    """Whoever reached out had it."""
    return min((at for at in (alert.acknowledged_at, alert.contacted_at) if at), default=None)


class _End(Enum):
    """How one promise ended, or that it did not."""

    MET = auto()
    SELF_DECLARED = auto()
    BREACHED = auto()
    UNPROVEN = auto()
    OPEN = auto()
    ENDED = auto()


def _ended(alert: TimedAlert, told_late: datetime | None, done_at: datetime | None, needs_proof: bool) -> _End:
    """From when the breach was due that was told, and when the thing was done. What was done later changes no breach.

    What a CRM shows afterwards to have been done in time was done in time, whatever was told meanwhile.
    """
    if done_at is not None and (told_late is None or done_at < told_late):
        return _End.SELF_DECLARED if needs_proof and PROOF not in alert.payload else _End.MET
    if told_late is not None:
        unknown = needs_proof and done_at is None and bool(alert.payload.get(UNPROVEN))
        return _End.UNPROVEN if unknown else _End.BREACHED
    return _End.OPEN if alert.state in ACTIVE else _End.ENDED
