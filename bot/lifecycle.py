"""The states of an alert and what may happen to it. Pure: it says what is allowed, `moves` writes it down.

    open ──acknowledge──▶ acknowledged
      └──────supersede──────┴──────────▶ superseded

An open alert may be handed over, and stays open. An acknowledgement says that somebody has it, not that anybody
called (D40).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class State(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SUPERSEDED = "superseded"


class Event(StrEnum):
    """What can happen to an alert."""

    ACKNOWLEDGE = "acknowledge"
    SUPERSEDE = "supersede"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True)
class Move:
    """One kind of step: the states it may leave, and where it leads."""

    allowed_from: tuple[State, ...]
    to: State


MOVES: Mapping[Event, Move] = {
    # The first click wins; whoever comes later is told who has it.
    Event.ACKNOWLEDGE: Move((State.OPEN,), State.ACKNOWLEDGED),
    # The CRM shows an SQL: its owner has the account now, also when somebody had taken the alert (D3).
    Event.SUPERSEDE: Move((State.OPEN, State.ACKNOWLEDGED), State.SUPERSEDED),
    # The account is somebody else's now (D43). Whoever has taken the alert has it, whoever owns the account.
    Event.HAND_OVER: Move((State.OPEN,), State.OPEN),
}


class Alert(Protocol):
    """An alert as lifecycle and views read it; the store's own rows are such."""

    @property
    def id(self) -> int: ...
    @property
    def account_key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def owner_email(self) -> str | None: ...
    @property
    def payload(self) -> Mapping[str, Any]: ...
    @property
    def acknowledged_by(self) -> str | None: ...
    @property
    def acknowledged_at(self) -> datetime | None: ...
    @property
    def superseded_at(self) -> datetime | None: ...


class Verdict(StrEnum):
    """How somebody's *I'm on it* ended."""

    WON = "won"
    YOURS = "yours"
    TAKEN = "taken"
    SUPERSEDED = "superseded"
    GONE = "gone"


def allowed(event: Event, state: str) -> bool:
    """Whether this may happen to an alert in this state."""
    return state in MOVES[event].allowed_from


def asks_for_somebody(alert: Alert) -> bool:
    """Whether the alert wants a person to take it. An FYI goes to somebody who has the account already (D3)."""
    return alert.kind == "hot_pql" and allowed(Event.ACKNOWLEDGE, alert.state)


def verdict(moved: bool, alert: Alert | None, user: str) -> Verdict:
    """What became of the click of `user`, from whether it moved the alert and from the alert as it is now."""
    if alert is None:
        return Verdict.GONE
    if moved:
        return Verdict.WON
    if alert.state == State.SUPERSEDED:
        return Verdict.SUPERSEDED
    return Verdict.YOURS if alert.acknowledged_by == user else Verdict.TAKEN
