"""The desk behind the listeners: what a click or a command amounts to, apart from Slack's way of delivering it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.moves import Click, Ruling, acknowledge
from bot.people import Colleague, People
from bot.planner import plan
from bot.refresher import Refresher
from bot.refusals import FAILURES
from bot.replies import Replies
from bot.settings import BotSettings
from bot.views import replies
from bot.views.blocks import Message
from bot.views.funnel import funnel_message
from connector.errors import PlsyncError
from connector.funnel.metrics import FunnelReport
from connector.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Safe to share between threads. `measure` gives the funnel of a name in `settings.funnels`."""

    store: Store
    people: People
    refresher: Refresher
    replies: Replies
    settings: BotSettings
    measure: Callable[[str], FunnelReport]
    clock: Callable[[], datetime]

    def colleague(self, user: str, called: str) -> Colleague:
        """Who acts. Where Slack does not say in time, the name that came along: a click must not wait."""
        try:
            return self.people.colleague(user, self.clock())
        except FAILURES as error:
            _log.warning("Slack did not say who acted (%s)", type(error).__name__)
            return Colleague(user, called)

    def acknowledge(self, alert_id: int, person: Colleague) -> Ruling:
        """Durable on return. Raises StoreError."""
        return acknowledge(self.store, Click(alert_id, person.id, person.name, self.clock()))

    def show(self, alert_id: int) -> None:
        """Bring the alert's messages up to date, its clock first, so that they are rewritten once.

        While other messages are being updated it is the ticker's, within a second: nobody who clicks next waits until
        Slack has taken them. Raises StoreError, AccessError.
        """
        if self.refresher.is_busy:
            return
        with self.store.write() as conn:
            plan(conn, alert_id, self.settings)
        self.refresher.refresh(alert_id)

    def funnel(self, command: str, text: str) -> Message:
        """The answer to `/funnel TEXT`."""
        name, known = text.strip().casefold(), self.settings.funnels
        if name in ("", replies.HELP):
            return replies.said(replies.help_text(command, known))
        if name not in known:
            return replies.said(replies.unknown_funnel(command, text.strip(), known))
        try:
            return funnel_message(self.measure(name), self.settings.environment)
        except PlsyncError as error:
            _log.error("/funnel %s: %s", name, error)
            return replies.said(replies.NO_NUMBERS)
