"""Posting: each planned delivery becomes one message, once, also when we die in between (slack B9).

A delivery is claimed and committed before Slack is called. What Slack then says decides: sent, later, refused (the
next place is planned), or unknown, which `resolver` looks into. slack_sdk must not retry a post by itself: the client
has no retry handlers (slack B4).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from bot import mishaps
from bot.pace import Pace
from bot.people import People
from bot.places import Places
from bot.refusals import FAILURES, Ending, Refusal, Unreachable, access_error, understand
from bot.rendering import Content, content, is_reply, render
from bot.settings import BotSettings
from bot.sla.policy import Rung
from bot.targets import fallback
from bot.views.blocks import Message
from connector.errors import StoreError
from connector.store import Store, alerts
from connector.store.alerts import Alert, Delivery

EVENT_TYPE = "plsync_alert"
MOST = 50  # deliveries of one pass, so that updates get their turn
ACCESS_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=5)
PURPOSES = (alerts.THE_ALERT, alerts.DIGEST, alerts.NEWS, *map(str, Rung))

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """Everything a post needs; nothing was posted while it was put together."""

    channel: str
    told: Content
    message: Message
    thread: str | None = None  # the message it replies to


class Poster:
    """Posts what is due. Used by one thread per process; replicas share the work through the store."""

    def __init__(
        self,
        store: Store,
        client: WebClient,
        people: People,
        places: Places,
        settings: BotSettings,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._client = client
        self._people = people
        self._places = places
        self._settings = settings
        self._clock = clock
        self._pace = Pace()

    def post_due(self) -> int:
        """Post what is due and return how many deliveries were looked at. Raises StoreError, AccessError."""
        for count in range(MOST):
            delivery = self._claim()
            if delivery is None:
                return count
            self._carry(delivery)
        return MOST

    def _claim(self) -> Delivery | None:
        with self._store.write() as conn:
            return alerts.claim_delivery(conn, self._clock(), PURPOSES)

    def _carry(self, delivery: Delivery) -> None:
        told = self._content(delivery)
        if told.is_over:
            self._fail(delivery, f"{told.alert.state} before it was posted")
            return
        if told.news is not None and not self._is_shown(delivery):
            self._again(delivery, self._clock() + pause(delivery.attempt))  # it is said under the alert, or not at all
            return
        try:
            parcel = self._pack(delivery, told)
        except (*FAILURES, Unreachable) as error:
            self._not_posted(delivery, told.alert, understand(error))
            return
        now = self._clock()
        turn = self._pace.turn(parcel.channel, delivery.id, now)
        if turn > now:
            self._again(delivery, turn)
        else:
            self._post(delivery, parcel)

    def _content(self, delivery: Delivery) -> Content:
        with self._store.read() as conn:
            told = content(conn, delivery)
        if told is None:
            raise StoreError(f"delivery {delivery.id} tells of alert {delivery.alert_id} what is not in the store")
        return told

    def _is_shown(self, delivery: Delivery) -> bool:
        with self._store.read() as conn:
            return alerts.shown_at(conn, delivery.alert_id, delivery.target) is not None

    def _pack(self, delivery: Delivery, told: Content) -> _Parcel:
        now = self._clock()
        with self._store.read() as conn:
            shown = alerts.shown_at(conn, told.alert.id, delivery.target) if is_reply(delivery.purpose) else None
        channel = str(shown.channel) if shown else self._places.find(delivery.target, now)
        message = render(told, delivery, self._settings, self._people, now)
        return _Parcel(channel, told, message, shown.ts if shown else None)

    def _post(self, delivery: Delivery, parcel: _Parcel) -> None:
        try:
            answer = self._client.chat_postMessage(
                channel=parcel.channel,
                text=parcel.message.text,
                blocks=parcel.message.blocks,
                metadata=stamp(parcel.told, delivery.purpose),
                thread_ts=parcel.thread,
                unfurl_links=False,
                unfurl_media=False,
            )
        except FAILURES as error:
            self._maybe_posted(delivery, parcel, understand(error))
            return
        with self._store.write() as conn:
            alerts.mark_sent(conn, delivery.id, answer["channel"], answer["ts"], parcel.told.version)
            mishaps.takes_messages(conn, delivery.target, self._clock())

    def _maybe_posted(self, delivery: Delivery, parcel: _Parcel, refusal: Refusal) -> None:
        if refusal.ending is Ending.LATER:
            self._pace.hold(parcel.channel, self._clock() + timedelta(seconds=refusal.retry_after))
        if refusal.ending is not Ending.UNKNOWN:
            self._not_posted(delivery, parcel.told.alert, refusal)
            return
        _log.warning("delivery %d: nobody can say whether it was posted (%s)", delivery.id, refusal.code)
        with self._store.write() as conn:
            alerts.mark_unknown(conn, delivery)

    def _not_posted(self, delivery: Delivery, alert: Alert, refusal: Refusal) -> None:
        now = self._clock()
        match refusal.ending:
            case Ending.LATER:
                self._again(delivery, now + timedelta(seconds=refusal.retry_after))
            case Ending.REFUSED:
                self._elsewhere(delivery, alert, refusal)
            case Ending.ACCESS:
                self._again(delivery, now + ACCESS_PAUSE)
                raise access_error(refusal)
            case Ending.UNKNOWN:
                self._again(delivery, now + pause(delivery.attempt))

    def _again(self, delivery: Delivery, not_before: datetime) -> None:
        with self._store.write() as conn:
            alerts.mark_pending(conn, delivery, not_before)

    def _fail(self, delivery: Delivery, error: str) -> None:
        with self._store.write() as conn:
            alerts.mark_failed(conn, delivery, error)

    def _elsewhere(self, delivery: Delivery, alert: Alert, refusal: Refusal) -> None:
        """Give up on this place and plan the next one, together or not at all."""
        other = fallback(delivery.target, alert, self._settings)
        _log.warning("delivery %d: Slack refuses it (%s); next is %s", delivery.id, refusal.code, other or "nobody")
        with self._store.write() as conn:
            failed = alerts.mark_failed(conn, delivery, refusal.code)
            mishaps.refused(conn, delivery.target, refusal.code, other, self._settings.ops_channel, self._clock())
            if failed and other:
                alerts.plan_delivery(conn, alert.id, other, delivery.purpose)


def stamp(told: Content, purpose: str) -> dict[str, Any]:
    """What tells our messages apart in a conversation's history. Every app can read it: opaque, nothing personal."""
    alert = told.alert
    payload = {"alert": str(alert.id), "kind": alert.kind, "version": told.version, "purpose": purpose}
    return {"event_type": EVENT_TYPE, "event_payload": payload}


def pause(attempt: int) -> timedelta:
    """How long to wait after a failed attempt: 5 s, 10 s, 20 s … five minutes."""
    return min(timedelta(seconds=5 * 2 ** min(attempt - 1, 10)), LONGEST_PAUSE)
