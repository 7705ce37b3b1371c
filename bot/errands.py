"""What people want done to alerts, taken from their clicks and forms to the store; and what they are told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot import handling
from bot.lifecycle import Alert, Event, verdict
from bot.moves import By, take
from bot.people import Colleague, People
from bot.refusals import FAILURES
from bot.rights import Actor
from bot.settings import BotSettings
from bot.sla.hours import Hours, waits_until
from bot.steps import Ending, Outcome, Wish, fulfil, look
from bot.targets import personal
from bot.views.denials import GONE, forbidden, impossible
from bot.views.forms import View
from bot.views.menu import Act
from bot.views.replies import click_reply
from bot.views.scene import Scene
from bot.views.why import why_window
from bot.views.windows import no_fit_window, reassign_window, snooze_window
from connector.store import Store, alerts

Do = Callable[[Connection, By], bool]

PRESSED = {
    Act.ACKNOWLEDGE: Event.ACKNOWLEDGE,
    Act.UNACKNOWLEDGE: Event.UNACKNOWLEDGE,
    Act.CONTACT: Event.CONTACT,
    Act.CLOSE: Event.CLOSE,
    Act.WAKE: Event.WAKE,
    Act.REINSTATE: Event.REINSTATE,
}
"""What is done at once."""
ASKED = {Act.NOT_A_FIT: Event.DISQUALIFY, Act.SNOOZE: Event.SNOOZE, Act.REASSIGN: Event.REASSIGN}
"""What a window asks more about first."""
DONE = "done"  # why an alert is closed that somebody closes


@dataclass(frozen=True, slots=True)
class Errands:
    """Safe to share between threads. All of it raises StoreError; what is done is durable on return."""

    store: Store
    people: People
    settings: BotSettings
    clock: Callable[[], datetime]

    def press(self, act: Act, alert_id: int, person: Colleague, request: str | None) -> Outcome:
        """Do what a button says."""

        def do(conn: Connection, by: By) -> bool:
            match act:
                case Act.ACKNOWLEDGE:
                    return take(conn, alert_id, person.name, by, person.email)
                case Act.UNACKNOWLEDGE:
                    return handling.unacknowledge(conn, alert_id, by)
                case Act.CONTACT:
                    return handling.contact(conn, alert_id, person.id, by)
                case Act.CLOSE:
                    return handling.close(conn, alert_id, DONE, by)
                case Act.WAKE:
                    return handling.wake(conn, alert_id, by)
                case _:
                    return handling.reinstate(conn, alert_id, by)

        return self._fulfil(self._event(act, alert_id), alert_id, person, request, do)

    def dismiss(self, alert_id: int, person: Colleague, request: str | None, reason: str, note: str | None) -> Outcome:
        """Call it no fit (E10)."""
        return self._fulfil(
            Event.DISQUALIFY,
            alert_id,
            person,
            request,
            lambda conn, by: handling.disqualify(conn, alert_id, reason, by, note),
        )

    def snooze(self, alert_id: int, person: Colleague, request: str | None, until: datetime) -> Outcome:
        """Let it sleep."""
        return self._fulfil(
            Event.SNOOZE, alert_id, person, request, lambda conn, by: handling.snooze(conn, alert_id, until, by)
        )

    def reassign(self, alert_id: int, person: Colleague, request: str | None, owner: str) -> Outcome:
        """Make it somebody else's, and have them told in their hours (D37)."""
        roster, because = self.settings.roster, f"reassigned by {person.name}"

        def do(conn: Connection, by: By) -> bool:
            done = handling.reassign(conn, alert_id, owner, roster, by, because)
            if done and (target := personal(owner)):
                later = waits_until(by.at, roster.hours_of(owner))
                alerts.plan_delivery(conn, alert_id, target, not_before=later)
            return done

        return self._fulfil(Event.REASSIGN, alert_id, person, request, do)

    def window(self, act: Act, alert_id: int, person: Colleague) -> View | str:
        """The window that a button opens, or why it does not."""
        if act is Act.WHY:
            alert = self.alert(alert_id)
            return GONE if alert is None else why_window(alert)
        outcome = look(self.store, self._wish(ASKED[act], alert_id, person), self.settings.roster)
        if outcome.ending is not Ending.DONE or outcome.alert is None:
            return self.words(outcome, person) or GONE
        if act is Act.SNOOZE:
            return snooze_window(outcome.alert, self.hours(outcome.alert), self.clock())
        return no_fit_window(outcome.alert) if act is Act.NOT_A_FIT else reassign_window(outcome.alert)

    def words(self, outcome: Outcome, person: Colleague) -> str | None:
        """What the person is told; None where the alert's message tells it, or nothing new happened."""
        alert, event = outcome.alert, outcome.event
        if alert is None:
            return GONE
        match outcome.ending:
            case Ending.FORBIDDEN:
                return forbidden(event, alert, _actor(person), self.settings.roster, self._scene(alert))
            case Ending.IMPOSSIBLE if event is Event.ACKNOWLEDGE:
                return click_reply(verdict(False, alert, person.id), alert)
            case Ending.IMPOSSIBLE:
                return impossible(event, alert)
            case _:
                return None

    def alert(self, alert_id: int) -> alerts.Alert | None:
        """An alert as it is now."""
        with self.store.read() as conn:
            return alerts.get(conn, alert_id)

    def is_waiting_for(self, alert_id: int, owner: str) -> bool:
        """Whether it is this owner's already: handing it to them again would only start the clocks anew."""
        alert = self.alert(alert_id)
        return alert is not None and alert.acknowledged_by is None and alert.owner_email == owner

    def hours(self, alert: Alert | None) -> Hours:
        """The working hours of whoever owns it."""
        return self.settings.roster.hours_of(alert.owner_email if alert else None)

    def _fulfil(self, event: Event, alert_id: int, person: Colleague, request: str | None, do: Do) -> Outcome:
        return fulfil(self.store, self._wish(event, alert_id, person, request), self.settings.roster, do)

    def _wish(self, event: Event, alert_id: int, person: Colleague, request: str | None = None) -> Wish:
        return Wish(event, alert_id, _actor(person), self.clock(), request)

    def _event(self, act: Act, alert_id: int) -> Event:
        """Waking is one button for two steps: to whoever had the alert, or to everybody."""
        alert = self.alert(alert_id) if act is Act.WAKE else None
        return Event.RESUME if alert and alert.acknowledged_by else PRESSED[act]

    def _scene(self, alert: Alert) -> Scene:
        """Who is who, as far as Slack says so now."""
        named = {alert.owner_email, self.settings.roster.manager_of(alert.owner_email)}
        try:
            mentions = self.people.mentions((email for email in named if email and "@" in email), self.clock())
        except FAILURES:
            return Scene()
        return Scene(mentions=mentions)


def _actor(person: Colleague) -> Actor:
    return Actor(person.id, person.email)
