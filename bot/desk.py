"""The desk behind the listeners: who somebody is, what is done, and what is seen afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.errands import Errands
from bot.people import Colleague, People
from bot.planner import plan
from bot.refresher import Refresher
from bot.refusals import FAILURES
from bot.replies import Replies
from bot.settings import BotSettings
from bot.windows import Windows
from connector.errors import PlsyncError
from connector.store import Store

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """Safe to share between threads."""

    store: Store
    people: People
    refresher: Refresher
    replies: Replies
    settings: BotSettings
    clock: Callable[[], datetime]
    errands: Errands
    windows: Windows

    def colleague(self, user: str, called: str) -> Colleague:
        """Who that is. Where Slack does not say in time, by what is known."""
        try:
            return self.people.colleague(user, self.clock())
        except FAILURES as error:
            _log.warning("Slack did not say who somebody is (%s)", type(error).__name__)
            return Colleague(user, called, email=self.people.email_of(user))

    def show(self, alert_id: int) -> None:
        """Bring the alert's messages up to date, its clock first, so that they are rewritten once.

        While other messages are being updated it is the ticker's, within a second: nobody who clicks next waits until
        Slack has taken them. So is what fails: Slack's answer to a click that was answered must not fail with it.
        """
        if self.refresher.is_busy:
            return
        try:
            with self.store.write() as conn:
                plan(conn, alert_id, self.settings)
            self.refresher.refresh(alert_id)
        except PlsyncError as error:
            _log.error("alert %d is not shown as it is now: %s", alert_id, error)
