"""Refreshing: messages that show an older version of their alert are rewritten in place (slack B6)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk import WebClient

from bot.lifecycle import ACTIVE
from bot.mishaps import lost
from bot.people import People
from bot.refusals import FAILURES, Ending, Refusal, access_error, understand
from bot.rendering import Content, content, render
from bot.settings import BotSettings
from connector.store import Store, alerts
from connector.store.alerts import DIGEST, Delivery

ACCESS_PAUSE = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class Refresher:
    """Brings messages up to date, one at a time, so that an older version never lands on a newer one."""

    def __init__(
        self, store: Store, client: WebClient, people: People, settings: BotSettings, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._client = client
        self._people = people
        self._settings = settings
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._not_before: datetime | None = None

    def refresh(self, alert_id: int | None = None) -> None:
        """Update what is stale, of one alert or of all. What fails for now is tried again by the next call.

        One alert does not wait for the others: while somebody is at them it is left to the next call for all, or those
        who click would hold every worker until Slack has taken all updates. Raises StoreError, AccessError.
        """
        if not self._one_at_a_time.acquire(blocking=alert_id is None):
            return
        try:
            if self._not_before and self._clock() < self._not_before:
                return
            for delivery, told in self._stale(alert_id):
                self._update(delivery, told)
        finally:
            self._one_at_a_time.release()

    @property
    def is_busy(self) -> bool:
        """Whether somebody is updating messages just now."""
        return self._one_at_a_time.locked()

    def _stale(self, alert_id: int | None) -> list[tuple[Delivery, Content]]:
        with self._store.read() as conn:
            stale = [each for each in alerts.stale_renderings(conn) if alert_id is None or _may_show(each, alert_id)]
            paired = [(delivery, content(conn, delivery)) for delivery in stale]
        return [(delivery, told) for delivery, told in paired if told is not None]

    def _update(self, delivery: Delivery, told: Content) -> None:
        try:
            message = render(told, delivery, self._settings, self._people, self._clock())
            self._client.chat_update(
                channel=str(delivery.channel), ts=str(delivery.ts), text=message.text, blocks=message.blocks
            )
        except FAILURES as error:
            refusal = understand(error)
            if not self._give_up(delivery, refusal):
                return
            if told.page is None and told.alert.state in ACTIVE:
                with self._store.write() as conn:
                    lost(conn, delivery, told.alert, refusal.code, self._settings, self._clock())
        with self._store.write() as conn:
            alerts.mark_rendered(conn, delivery.id, told.version)

    def _give_up(self, delivery: Delivery, refusal: Refusal) -> bool:
        """Whether the message will never change again: it was deleted, or Slack lets nobody edit it any more."""
        if refusal.ending is Ending.ACCESS:
            self._not_before = self._clock() + ACCESS_PAUSE
            raise access_error(refusal)
        if refusal.ending is Ending.LATER:
            self._not_before = self._clock() + timedelta(seconds=refusal.retry_after)
        if refusal.ending is not Ending.REFUSED:
            return False
        _log.warning("delivery %d: its message cannot be changed any more (%s)", delivery.id, refusal.code)
        return True


def _may_show(delivery: Delivery, alert_id: int) -> bool:
    """Whether a message shows an alert: its own, or perhaps a digest."""
    return delivery.alert_id == alert_id or delivery.purpose.startswith(DIGEST)
