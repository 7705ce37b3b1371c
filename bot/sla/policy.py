"""What is promised, per tier and segment: until when an alert is acknowledged, answered, escalated, too old.

Every number is a default with the source it comes from (rules K1, E14); `mappings/sla.toml` has them to edit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.sla.amounts import Amount, parse


class Rung(StrEnum):
    """A step of the ladder. The first two belong to the acknowledgement's clock, the others to that of outreach."""

    ACKNOWLEDGE_AT_RISK = "acknowledge_at_risk"
    ACKNOWLEDGE_BREACH = "acknowledge_breach"
    AT_RISK = "at_risk"
    BREACH = "breach"
    MANAGER = "manager"
    EXPIRED = "expired"


class Snooze(StrEnum):
    """What the clocks of somebody who snoozes do."""

    PAUSES = "pauses"
    RUNS = "runs"


class Reassign(StrEnum):
    """What the clocks do when an alert becomes somebody else's."""

    RESTARTS = "restarts"
    CONTINUES = "continues"


@dataclass(frozen=True, slots=True)
class Term:
    """An amount of time, and where the number comes from."""

    amount: Amount
    source: str


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """The promises of one tier, or of one segment of it. An acknowledgement is no outreach: each has its clock (D40).

    `outreach` is the target and `breach` the promise. `expired`, `late` and `cold` say how old a signal is (E5).
    Only rungs in `ladder` are told.

    While somebody snoozes the clocks pause: they said when they will look again, and a reminder before that is noise;
    how long a signal really waited is in the intervals all the same. Reassigning starts the clocks anew: the new owner
    gets the time that was promised to anyone, and what had passed before stays in the record of the step.
    """

    tier: str
    acknowledge: Term
    outreach: Term
    breach: Term
    manager: Term
    expired: Term
    late: Term
    cold: Term
    segment: str | None = None
    snooze: Snooze = Snooze.PAUSES
    reassign: Reassign = Reassign.RESTARTS
    ladder: tuple[Rung, ...] = tuple(Rung)


def policy_for(policies: Sequence[SlaPolicy], tier: str, segment: str | None) -> SlaPolicy | None:
    """The most specific policy: that of the segment before that of the whole tier. None where no clock runs."""
    of_tier = {policy.segment: policy for policy in policies if policy.tier == tier}
    return of_tier.get(segment) or of_tier.get(None)


def _term(amount: str, source: str) -> Term:
    return Term(parse(amount), source)


_EXPIRED, _LATE, _COLD = _term("48h", "003"), _term("72h", "003"), _term("96h", "003")

HOT = SlaPolicy(
    "hot",
    acknowledge=_term("1bh", "001"),
    outreach=_term("1bh", "001"),
    breach=_term("4bh", "000"),
    manager=_term("8bh", "000"),
    expired=_EXPIRED,
    late=_LATE,
    cold=_COLD,
)
WARM = SlaPolicy(
    "warm",
    acknowledge=_term("4bh", "000"),
    outreach=_term("24h", "003"),
    breach=_term("24h", "003"),
    manager=_term("48h", "003"),
    expired=_EXPIRED,
    late=_LATE,
    cold=_COLD,
)
EXPANSION = SlaPolicy(
    "expansion",  # of customers, whatever their tier (D15)
    acknowledge=_term("8bh", "D15"),
    outreach=_term("16bh", "D15: twice the acknowledgement"),
    breach=_term("16bh", "D15: twice the acknowledgement"),
    manager=_term("24bh", "D15: three times the acknowledgement"),
    expired=_term("168h", "a week: the signals look back seven days"),
    late=_term("336h", "two weeks"),
    cold=_term("672h", "four weeks"),
)
DEFAULTS = (HOT, WARM, EXPANSION)
