"""What has happened to an alert so far, as its clocks see it: read from the steps of its record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from bot.lifecycle import OVER, State
from bot.sla.hours import FOREVER, Hours, Span

HANDED_FROM, HANDED_TO, UNTIL = "handed_from", "handed_to", "until"
"""What a step may tell: whose the alert was and is, until when it sleeps."""


class Step(Protocol):
    """A step of an alert's record; the store's own rows are such."""

    @property
    def from_state(self) -> str: ...
    @property
    def to_state(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def told(self) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True, slots=True)
class History:
    """Spans in which somebody had the alert, in which it slept, and in which nothing was to be done about it any more.

    The last one of each may last for ever. `hands` are later owners: since when, and their hours.
    """

    held: tuple[Span, ...] = ()
    asleep: tuple[Span, ...] = ()
    over: tuple[Span, ...] = ()
    hands: tuple[tuple[datetime, Hours], ...] = ()

    @property
    def is_held(self) -> bool:
        """Whether somebody has it."""
        return _lasts(self.held)

    @property
    def is_over(self) -> bool:
        """Whether all clocks have stopped."""
        return _lasts(self.over)


UNTOUCHED = History()


def history_of(steps: Iterable[Step], hours_of: Callable[[str | None], Hours]) -> History:
    """The history that an alert's steps tell, oldest first."""
    history = UNTOUCHED
    for step in steps:
        history = _after(history, step, hours_of)
    return history


def _after(history: History, step: Step, hours_of: Callable[[str | None], Hours]) -> History:
    told = step.told or {}
    if step.from_state == State.SNOOZED:
        history = replace(history, asleep=_ended(history.asleep, step.at))
    if step.from_state in OVER and step.to_state not in OVER:
        history = replace(history, over=_ended(history.over, step.at))
    if step.to_state == State.OPEN and history.is_held:
        history = replace(history, held=_ended(history.held, step.at))
    if step.to_state == State.ACKNOWLEDGED and not history.is_held:
        history = replace(history, held=(*history.held, (step.at, FOREVER)))
    if step.to_state == State.SNOOZED and UNTIL in told:
        history = replace(history, asleep=(*history.asleep, (step.at, datetime.fromisoformat(told[UNTIL]))))
    if step.to_state in OVER and not history.is_over:
        history = replace(history, over=(*history.over, (step.at, FOREVER)))
    if HANDED_TO in told:
        history = replace(history, hands=(*history.hands, (step.at, hours_of(told[HANDED_TO]))))
    return history


def _lasts(spans: tuple[Span, ...]) -> bool:
    return bool(spans) and spans[-1][1] == FOREVER


def _ended(spans: tuple[Span, ...], at: datetime) -> tuple[Span, ...]:
    """The spans, the last of which ended at a moment, or when it was to if that was only noticed then."""
    return (*spans[:-1], (spans[-1][0], min(at, spans[-1][1]))) if spans else ()
