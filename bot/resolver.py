"""Resolving: posts nobody knows the end of are looked for in Slack before they are tried again (slack B9).

There is no idempotency key (slack B5): the stamp in a message's metadata is the only way to find it. Where the
history may not be read, a possible repeat is better than a Hot alert nobody sees.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk import WebClient

from bot.places import Places
from bot.poster import EVENT_TYPE, pause
from bot.refusals import FAILURES, Ending, Refusal, Unreachable, understand
from bot.rendering import is_reply
from connector.store import Store, alerts
from connector.store.deliveries import THE_ALERT, Delivery, shown_at

PATIENCE = timedelta(seconds=60)  # a post in the air for longer has lost its process
GRACE = timedelta(seconds=20)  # the client's time-out and ten seconds in which Slack may still accept
CLOCKS_DIFFER = timedelta(seconds=60)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    channel: str
    ts: str
    version: int


class Resolver:
    """Settles deliveries in doubt. Used by one thread per process."""

    def __init__(self, store: Store, client: WebClient, places: Places, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._client = client
        self._places = places
        self._clock = clock
        self._not_before: datetime | None = None

    def resolve_unknown(self) -> None:
        """Adopt the messages that are there; have those posted again that are not after a grace. Raises StoreError."""
        now = self._clock()
        if self._not_before and now < self._not_before:
            return
        with self._store.read() as conn:
            doubtful = alerts.unresolved(conn, now - PATIENCE)
        for delivery in doubtful:
            self._resolve(delivery, now)

    def _resolve(self, delivery: Delivery, now: datetime) -> None:
        started_at = delivery.started_at or now
        try:
            found = self._look(delivery, started_at, now)
        except (*FAILURES, Unreachable) as error:
            refusal = understand(error)
            if self._ask_again(refusal, now):
                return
            _log.warning("delivery %d: cannot look for it (%s); a repeat is possible", delivery.id, refusal.code)
            found = None
        if found:
            self._adopt(delivery, found)
        elif now - started_at >= GRACE:
            self._repost(delivery, now)

    def _ask_again(self, refusal: Refusal, now: datetime) -> bool:
        if refusal.ending is Ending.LATER:
            self._not_before = now + timedelta(seconds=refusal.retry_after)
        return refusal.ending in (Ending.LATER, Ending.UNKNOWN)

    def _look(self, delivery: Delivery, started_at: datetime, now: datetime) -> _Found | None:
        with self._store.read() as conn:
            shown = shown_at(conn, delivery.alert_id, delivery.target) if is_reply(delivery.purpose) else None
        channel = str(shown.channel) if shown else self._places.find(delivery.target, now)
        history = partial(self._client.conversations_history, channel=channel)
        # A reply is in no history of its channel.
        replies = partial(self._client.conversations_replies, channel=channel, ts=str(shown.ts)) if shown else None
        for posted in pages(replies or history, started_at - CLOCKS_DIFFER):
            stamped = posted.get("metadata") or {}
            told = stamped.get("event_payload") or {}
            named = (told.get("alert"), told.get("purpose", THE_ALERT))
            if stamped.get("event_type") == EVENT_TYPE and named == (str(delivery.alert_id), delivery.purpose):
                return _Found(channel, str(posted["ts"]), int(told.get("version", 0)))
        return None

    def _adopt(self, delivery: Delivery, found: _Found) -> None:
        with self._store.write() as conn:
            alerts.mark_sent(conn, delivery.id, found.channel, found.ts, found.version)

    def _repost(self, delivery: Delivery, now: datetime) -> None:
        again_at = now if delivery.attempt <= 1 else now + pause(delivery.attempt)
        with self._store.write() as conn:
            alerts.mark_pending(conn, delivery, again_at)


def pages(ask: Callable[..., Any], oldest: datetime) -> Iterator[dict[str, Any]]:
    """Messages of a conversation or a thread from a moment on, page by page. Raises what slack_sdk raises."""
    cursor = ""
    while True:
        page = ask(
            oldest=f"{oldest.timestamp():.6f}",
            include_all_metadata=True,
            limit=200,
            cursor=cursor or None,
        )
        yield from page["messages"]
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            return
