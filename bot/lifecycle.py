"""The states of an alert and what may happen to it. Pure: it says what is allowed, `moves` writes it down.

                 ┌──────────── snooze ⇄ wake, resume ────────────┐
    open ──acknowledge──▶ acknowledged ──contact──▶ contacted ──close──▶ closed
      │  ◀─unacknowledge──┘   (escalate, expire: the ladder fired, and it still wants somebody)
      └──▶ superseded · disqualified (◀ reinstate) · converted · closed

An alert that nobody has taken may be handed over with its account. An acknowledgement says that somebody has it, not
that anybody called (D40). Whether somebody has it is the alert's `acknowledged_by`, which an escalation leaves alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from connector.model import AlertKind, waits_in_queue


class State(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    ESCALATED = "escalated"
    EXPIRED = "expired"
    CONTACTED = "contacted"
    CLOSED = "closed"
    SUPERSEDED = "superseded"
    DISQUALIFIED = "disqualified"
    CONVERTED = "converted"


ACTIVE = (State.OPEN, State.ACKNOWLEDGED, State.SNOOZED, State.ESCALATED, State.EXPIRED)
"""Somebody is still to reach out. Also after the ladder's end: a late outreach is better than none."""
OVER = tuple(state for state in State if state not in ACTIVE)
"""All clocks stand."""
_ENDED = (State.CLOSED, State.DISQUALIFIED, State.CONVERTED)


class Event(StrEnum):
    """What can happen to an alert."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    SNOOZE = "snooze"
    WAKE = "wake"
    RESUME = "resume"
    REASSIGN = "reassign"
    CONTACT = "contact"
    PROVE = "prove"
    PROVE_CLOSED = "prove_closed"
    CLOSE = "close"
    DISQUALIFY = "disqualify"
    REINSTATE = "reinstate"
    ESCALATE = "escalate"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    HAND_OVER = "hand_over"
    CONVERT = "convert"


@dataclass(frozen=True, slots=True)
class Move:
    """One kind of step: the states it may leave, and where it leads.

    `held`: whether somebody must have the alert (True), or nobody (False), or it does not matter.
    """

    allowed_from: tuple[State, ...]
    to: State
    held: bool | None = None


MOVES: Mapping[Event, Move] = {
    # The first click wins; whoever comes later is told who has it.
    Event.ACKNOWLEDGE: Move((State.OPEN, State.SNOOZED, State.ESCALATED, State.EXPIRED), State.ACKNOWLEDGED, False),
    Event.UNACKNOWLEDGE: Move((State.ACKNOWLEDGED, State.ESCALATED, State.EXPIRED), State.OPEN, True),
    Event.SNOOZE: Move(ACTIVE, State.SNOOZED),
    # It comes back to whoever had it before.
    Event.WAKE: Move((State.SNOOZED,), State.OPEN, False),
    Event.RESUME: Move((State.SNOOZED,), State.ACKNOWLEDGED, True),
    # Its new owner has not acknowledged it.
    Event.REASSIGN: Move(ACTIVE, State.OPEN),
    Event.CONTACT: Move(ACTIVE, State.CONTACTED),
    # What somebody said to have done is in the CRM as well (D40).
    Event.PROVE: Move((State.CONTACTED,), State.CONTACTED),
    Event.PROVE_CLOSED: Move((State.CLOSED,), State.CLOSED),  # the same, where they were done with it before
    Event.CLOSE: Move((*ACTIVE, State.CONTACTED), State.CLOSED),
    Event.DISQUALIFY: Move((*ACTIVE, State.CONTACTED), State.DISQUALIFIED),
    Event.REINSTATE: Move((State.DISQUALIFIED,), State.OPEN),
    # The ladder fired; who has the alert still has it, and anybody else can still take it.
    Event.ESCALATE: Move((State.OPEN, State.ACKNOWLEDGED, State.SNOOZED, State.EXPIRED), State.ESCALATED),
    Event.EXPIRE: Move((State.OPEN, State.ACKNOWLEDGED, State.SNOOZED, State.ESCALATED), State.EXPIRED),
    # The CRM shows an SQL: its owner has the account now, also when somebody had taken the alert (D3).
    Event.SUPERSEDE: Move(ACTIVE, State.SUPERSEDED),
    Event.CONVERT: Move((*ACTIVE, State.CONTACTED), State.CONVERTED),
    # The account is somebody else's now (D43). Whoever has taken the alert has it, whoever owns the account.
    Event.HAND_OVER: Move((State.OPEN, State.SNOOZED, State.ESCALATED, State.EXPIRED), State.OPEN, False),
}

UNPROVEN = "unproven"
"""In an alert's payload: the CRMs whose activities could not be read when the promise of outreach ran out (D40)."""
REINSTATED_WITHIN = timedelta(days=7)  # "not a fit" can be taken back so long (D42)


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
    def raised_at(self) -> datetime: ...
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
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def snoozed_until(self) -> datetime | None: ...
    @property
    def contacted_by(self) -> str | None: ...
    @property
    def contacted_at(self) -> datetime | None: ...
    @property
    def close_reason(self) -> str | None: ...
    @property
    def disqualified_reason(self) -> str | None: ...


class Verdict(StrEnum):
    """How somebody's *I'm on it* ended."""

    WON = "won"
    YOURS = "yours"
    TAKEN = "taken"
    SUPERSEDED = "superseded"
    OVER = "over"
    GONE = "gone"


def allowed(event: Event, state: str) -> bool:
    """Whether this may happen to an alert in this state."""
    return state in MOVES[event].allowed_from


def possible(event: Event, alert: Alert, now: datetime) -> bool:
    """Whether this may happen to this alert, whoever wants it: its state, who has it, and for an undo how long ago."""
    move = MOVES[event]
    if not allowed(event, alert.state) or move.held not in (None, alert.acknowledged_by is not None):
        return False
    if event is Event.REINSTATE:
        return alert.closed_at is not None and now - alert.closed_at <= REINSTATED_WITHIN
    return True


def is_timed(kind: str) -> bool:
    """Whether a clock runs for alerts of this kind. An FYI goes to somebody who has the account already (K22)."""
    return kind in (AlertKind.HOT_PQL, AlertKind.EXPANSION)


def has_clock(alert: Alert) -> bool:
    """Whether anything is promised on this alert: nothing is on accounts that are Hot by no news of theirs (D18)."""
    return is_timed(alert.kind) and not waits_in_queue(alert.payload.get("episode"))


def asks_for_somebody(alert: Alert) -> bool:
    """Whether the alert wants a person to take it. An FYI goes to somebody who has the account already (D3)."""
    return is_timed(alert.kind) and allowed(Event.ACKNOWLEDGE, alert.state) and alert.acknowledged_by is None


def verdict(moved: bool, alert: Alert | None, user: str) -> Verdict:
    """What became of the click of `user`, from whether it moved the alert and from the alert as it is now."""
    if alert is None:
        return Verdict.GONE
    if moved:
        return Verdict.WON
    if alert.state == State.SUPERSEDED:
        return Verdict.SUPERSEDED
    if alert.state in _ENDED or alert.acknowledged_by is None:
        return Verdict.OVER
    return Verdict.YOURS if alert.acknowledged_by == user else Verdict.TAKEN
