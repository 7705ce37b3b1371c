"""What may be done with an alert: two buttons that are seen, everything else behind three dots (slack A4, 17)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from bot.lifecycle import Alert, Event, asks_for_somebody, is_timed, possible
from bot.views.blocks import Block, actions, button, option, overflow
from bot.views.links import Link

MORE = "more"  # the menu's action id; the value of an option names what is wanted and of which alert


class Act(StrEnum):
    """What somebody may press: the action id of a button, the first word of an option's value."""

    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    CONTACT = "contact"
    CLOSE = "close"
    WAKE = "wake"
    REINSTATE = "reinstate"
    NOT_A_FIT = "not_a_fit"
    SNOOZE = "snooze"
    REASSIGN = "reassign"
    WHY = "why"
    LINK = "link"


_NEXT = (
    (Act.ACKNOWLEDGE, Event.ACKNOWLEDGE, "I'm on it"),
    (Act.CONTACT, Event.CONTACT, "I reached out"),
    (Act.CLOSE, Event.CLOSE, "Done"),
)
"""The next step of an alert's life, of which only one is seen: the first that is possible."""


def call_to_act(alert: Alert, now: datetime, links: tuple[Link, ...] = ()) -> list[Block]:
    """The row of an alert: its next step, *Not a fit* or its undo, and the menu."""
    seen = list(_seen(alert, now)) if is_timed(alert.kind) else []
    options = [*(_steps(alert, now) if is_timed(alert.kind) else ()), _choice(Act.WHY, "Why this alert", alert)]
    linked = [option(f"Open in {link.label}", f"{Act.LINK}:{alert.id}", link.url) for link in links[:1]]
    return [actions(*seen, overflow(MORE, [*options, *linked]))]


def take_button(alert: Alert) -> list[Block]:
    """The button that takes it, alone, while somebody is wanted."""
    if not asks_for_somebody(alert):
        return []
    return [actions(button("I'm on it", Act.ACKNOWLEDGE, str(alert.id), "primary"))]


def _seen(alert: Alert, now: datetime) -> Iterator[Block]:
    value = str(alert.id)
    if following := _next(alert, now):
        yield button(following[1], following[0], value, "primary")
    if possible(Event.DISQUALIFY, alert, now):
        yield button("Not a fit", Act.NOT_A_FIT, value)
    if possible(Event.REINSTATE, alert, now):
        yield button("Undo", Act.REINSTATE, value)


def _next(alert: Alert, now: datetime) -> tuple[Act, str] | None:
    return next(((act, label) for act, event, label in _NEXT if possible(event, alert, now)), None)


def _steps(alert: Alert, now: datetime) -> Iterator[Block]:
    """At most three: a menu has room for five, and two are always wanted. What sleeps is woken before it is snoozed."""
    asleep = possible(Event.WAKE, alert, now) or possible(Event.RESUME, alert, now)
    following = _next(alert, now)
    if possible(Event.CONTACT, alert, now) and following and following[0] is not Act.CONTACT:
        yield _choice(Act.CONTACT, "I reached out", alert)
    if asleep:
        yield _choice(Act.WAKE, "Wake it up now", alert)
    elif possible(Event.SNOOZE, alert, now):
        yield _choice(Act.SNOOZE, "Snooze…", alert)
    if possible(Event.REASSIGN, alert, now):
        yield _choice(Act.REASSIGN, "Reassign…", alert)
    if possible(Event.UNACKNOWLEDGE, alert, now):
        yield _choice(Act.UNACKNOWLEDGE, "Give it back", alert)


def _choice(act: Act, label: str, alert: Alert) -> Block:
    return option(label, f"{act}:{alert.id}")
