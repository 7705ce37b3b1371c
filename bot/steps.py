"""A step that a person wants: whether it was done before, may be done, and by them; and then done, durably."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from bot.lifecycle import Event, possible
from bot.moves import REQUEST, SLACK, By
from bot.rights import Actor, is_guarded, may, parts
from bot.sla.roster import Roster
from connector.store import Store, alerts


class Ending(StrEnum):
    """How it ended. REPEATED: this very click was heard before; nothing is to be said of it."""

    DONE = "done"
    REPEATED = "repeated"
    FORBIDDEN = "forbidden"
    IMPOSSIBLE = "impossible"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done to which alert, and when they said so. `request` names their click or form."""

    event: Event
    alert_id: int
    actor: Actor
    at: datetime
    request: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a wish ended, and the alert as it is now."""

    ending: Ending
    event: Event
    alert: alerts.Alert | None = None


def fulfil(store: Store, wish: Wish, roster: Roster, do: Callable[[Connection, By], bool]) -> Outcome:
    """Do it, if it may be done, in one transaction with the look at the alert that allowed it. Raises StoreError."""
    with store.write() as conn:
        ending = _refused(conn, wish, roster)
        if ending is None:
            done = do(conn, By(wish.actor.user, SLACK, wish.at, wish.request))
            ending = Ending.DONE if done else Ending.IMPOSSIBLE
        return Outcome(ending, wish.event, alerts.get(conn, wish.alert_id))


def look(store: Store, wish: Wish, roster: Roster) -> Outcome:
    """Whether it could be done now: DONE if so. Nothing is. Raises StoreError."""
    with store.read() as conn:
        alert = alerts.get(conn, wish.alert_id)
    return Outcome(_judged(alert, wish, roster) or Ending.DONE, wish.event, alert)


def _refused(conn: Connection, wish: Wish, roster: Roster) -> Ending | None:
    alert = alerts.locked(conn, wish.alert_id)
    if alert and wish.request and _was_heard(conn, wish):
        return Ending.REPEATED
    return _judged(alert, wish, roster)


def _judged(alert: alerts.Alert | None, wish: Wish, roster: Roster) -> Ending | None:
    if alert is None:
        return Ending.GONE
    if not possible(wish.event, alert, wish.at):
        return Ending.IMPOSSIBLE
    mine = parts(wish.actor, alert, roster)
    return None if may(wish.event, mine, guarded=is_guarded(alert)) else Ending.FORBIDDEN


def _was_heard(conn: Connection, wish: Wish) -> bool:
    steps = alerts.transitions_of(conn, wish.alert_id)
    return any((step.told or {}).get(REQUEST) == wish.request for step in steps)
