"""The desk behind the listeners: who acts, what they see afterwards, and what a command amounts to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.errands import Errands
from bot.people import Colleague, People
from bot.planner import plan
from bot.refresher import Refresher
from bot.refusals import FAILURES
from bot.replies import Replies
from bot.settings import SYSTEM, BotSettings
from bot.windows import Windows
from connector.errors import PlsyncError
from connector.store import Store, bindings

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
        """Who acts. Where Slack does not say in time, the name that came along: a click must not wait."""
        try:
            return self.people.colleague(user, self.clock())
        except FAILURES as error:
            _log.warning("Slack did not say who acted (%s)", type(error).__name__)
            return Colleague(user, called, email=self.people.email_of(user))

    def acting(self, user: Mapping[str, Any]) -> Colleague:
        """Who clicked, from the click's own word; somebody of another workspace is an outsider (D42).

        Raises StoreError.
        """
        person = self.colleague(user["id"], user.get("username") or user.get("name") or user["id"])
        return replace(person, outsider=True) if self.is_foreign(user) else person

    def is_foreign(self, user: Mapping[str, Any]) -> bool:
        """Whether a click came from another workspace than ours. Raises StoreError."""
        with self.store.read() as conn:
            ours = bindings.bound(conn, SYSTEM)
        return user.get("team_id") not in (None, ours)

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
