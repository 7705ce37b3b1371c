"""Which rungs of the ladder an alert still has before it, and when each is due.

Due times count from when the alert was raised, not from when it was posted: neither a cap nor quiet hours hide that it
is late (D40).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.sla.amounts import Amount, Unit
from bot.sla.history import UNTOUCHED, History
from bot.sla.hours import FOREVER, Hours, Span, openings, spend, without
from bot.sla.policy import Reassign, Rung, SlaPolicy, Snooze


@dataclass(frozen=True, slots=True)
class Due:
    """A rung, and the moment from which on it fires."""

    rung: Rung
    at: datetime


def rungs(policy: SlaPolicy, raised_at: datetime, hours: Hours, history: History = UNTOUCHED) -> list[Due]:
    """The rungs that are due, or will be, unless something happens; the first one first.

    `hours` are those of whom the alert was raised for. Whoever has acknowledged it stops that clock and not the one of
    the outreach; an outreach stops all, and so does an end. Nobody snoozes or reassigns away how old the signal is.
    """
    if history.is_over:
        return []
    told = [
        *([] if history.is_held else _acknowledgement(policy, raised_at, hours, history)),
        *_outreach(policy, raised_at, hours, history),
        Due(Rung.EXPIRED, _falls(policy.expired.amount, [(raised_at, hours)], history.over)),
    ]
    return sorted((due for due in told if due.rung in policy.ladder), key=lambda due: due.at)


def promised(policy: SlaPolicy, raised_at: datetime, hours: Hours, history: History = UNTOUCHED) -> datetime | None:
    """Until when the next thing is to be done: acknowledge, or reach out once somebody has it. None: nothing is."""
    if history.is_over:
        return None
    return due_by(Rung.BREACH if history.is_held else Rung.ACKNOWLEDGE_BREACH, policy, raised_at, hours, history)


def due_by(rung: Rung, policy: SlaPolicy, raised_at: datetime, hours: Hours, history: History = UNTOUCHED) -> datetime:
    """When a rung of one of the two promises is due, on the ladder or not, as long as its clock runs."""
    clock = _acknowledgement if rung in _OF_THE_ACKNOWLEDGEMENT else _outreach
    return next(due.at for due in clock(policy, raised_at, hours, history) if due.rung is rung)


_OF_THE_ACKNOWLEDGEMENT = (Rung.ACKNOWLEDGE_AT_RISK, Rung.ACKNOWLEDGE_BREACH)


def _acknowledgement(policy: SlaPolicy, raised_at: datetime, hours: Hours, history: History) -> Iterator[Due]:
    """It does not run while somebody has the alert, and runs on when they give it back."""
    amount = policy.acknowledge.amount
    for rung, wanted in ((Rung.ACKNOWLEDGE_AT_RISK, amount.half), (Rung.ACKNOWLEDGE_BREACH, amount)):
        yield Due(rung, _runs_out(wanted, policy, raised_at, hours, history, history.held))


def _outreach(policy: SlaPolicy, raised_at: datetime, hours: Hours, history: History) -> Iterator[Due]:
    breach = policy.breach.amount
    for rung, wanted in (
        (Rung.AT_RISK, breach.half),
        (Rung.BREACH, breach),
        (Rung.MANAGER, policy.manager.amount),
    ):
        yield Due(rung, _runs_out(wanted, policy, raised_at, hours, history))


def _runs_out(
    amount: Amount,
    policy: SlaPolicy,
    raised_at: datetime,
    hours: Hours,
    history: History,
    stopped: tuple[Span, ...] = (),
) -> datetime:
    hands = [(raised_at, hours), *history.hands]
    if policy.reassign is Reassign.RESTARTS:
        hands = hands[-1:]
    asleep = history.asleep if policy.snooze is Snooze.PAUSES else ()
    return _falls(amount, hands, history.over, asleep, stopped)


def _falls(amount: Amount, hands: list[tuple[datetime, Hours]], *gaps: tuple[Span, ...]) -> datetime:
    """When an amount is over, counted in the hours of whoever's turn it was, and in no gap."""
    spans: Iterable[Span] = [(hands[0][0], FOREVER)] if amount.unit is Unit.HOURS else _turns(hands)
    for gap in gaps:
        spans = without(spans, gap)
    return spend(spans, amount.length)


def _turns(hands: list[tuple[datetime, Hours]]) -> Iterator[Span]:
    """The working hours of one after the other."""
    for (since, hours), until in zip(hands, [*(since for since, _ in hands[1:]), FOREVER], strict=True):
        for opens, closes in openings(hours, since):
            if opens >= until:
                break
            yield opens, min(closes, until)
