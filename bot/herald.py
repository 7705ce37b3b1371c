"""The herald: each notice to RevOps becomes one message, once, and follows what becomes of it (slack B6, B9).

As `poster` does with alerts. What is for somebody else, and Slack refuses there, goes to RevOps. What RevOps' channel
refuses is tried again now and then and said in the log alone: what Slack fails at is never posted to Slack.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_sdk import WebClient

from bot.places import Places
from bot.poster import ACCESS_PAUSE, pause
from bot.refusals import FAILURES, Ending, Refusal, Unreachable, access_error, understand
from bot.resolver import CLOCKS_DIFFER, GRACE, PATIENCE, pages
from bot.settings import BotSettings
from bot.targets import CHANNEL
from bot.views.operations import notice_message
from connector.store import Store, notices
from connector.store.deliveries import SENT
from connector.store.notices import Notice

EVENT_TYPE = "plsync_notice"
MOST = 20  # notices of one pass
REFUSED_PAUSE = timedelta(minutes=10)
PARENT_PAUSE = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class Herald:
    """`tick` is for one thread per process, `refresh` for any; replicas share the work through the store."""

    def __init__(
        self, store: Store, client: WebClient, places: Places, settings: BotSettings, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._client = client
        self._places = places
        self._target = f"{CHANNEL}:{settings.ops_channel}"
        self._environment = settings.environment
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._not_before: datetime | None = None  # of updates and looks, which nobody waits for

    def tick(self) -> None:
        """Settle doubts, post what is due, bring messages up to date. Raises StoreError, AccessError."""
        now = self._clock()
        if self._not_before is None or now >= self._not_before:
            self._resolve(now)
        for _ in range(MOST):
            with self._store.write() as conn:
                notice = notices.claim(conn, now)
            if notice is None:
                break
            self._carry(notice, now)
        if self._not_before is None or now >= self._not_before:
            self.refresh()

    def refresh(self) -> None:
        """Rewrite messages that show less than there is to tell. Raises StoreError, AccessError."""
        with self._one_at_a_time:
            with self._store.read() as conn:
                stale = notices.stale(conn)
            for notice in stale:
                self._update(notice)

    def _carry(self, notice: Notice, now: datetime) -> None:
        try:
            parent = self._parent(notice)
            if parent is not None and parent.state != SENT:
                self._again(notice, now + PARENT_PAUSE)
                return
            channel = str(parent.channel) if parent else self._places.find(self._target_of(notice), now)
        except (*FAILURES, Unreachable) as error:
            self._not_posted(notice, understand(error), now)
            return
        self._post(notice, channel, parent.ts if parent else None, now)

    def _target_of(self, notice: Notice) -> str:
        return str(notice.told.get(notices.READER) or self._target)

    def _parent(self, notice: Notice) -> Notice | None:
        if notice.reply_to is None:
            return None
        with self._store.read() as conn:
            return notices.get(conn, notice.reply_to)

    def _post(self, notice: Notice, channel: str, thread: str | None, now: datetime) -> None:
        message = notice_message(notice, self._environment)
        try:
            answer = self._client.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=message.blocks,
                metadata=_stamp(notice),
                thread_ts=thread,
                unfurl_links=False,
                unfurl_media=False,
            )
        except FAILURES as error:
            refusal = understand(error)
            if refusal.ending is not Ending.UNKNOWN:
                self._not_posted(notice, refusal, now)
                return
            _log.warning("notice %d: nobody can say whether it was posted (%s)", notice.id, refusal.code)
            with self._store.write() as conn:
                notices.mark_unknown(conn, notice)
            return
        with self._store.write() as conn:
            notices.mark_sent(conn, notice.id, answer["channel"], answer["ts"], notice.version)

    def _not_posted(self, notice: Notice, refusal: Refusal, now: datetime) -> None:
        match refusal.ending:
            case Ending.LATER:
                self._again(notice, now + timedelta(seconds=refusal.retry_after))
            case Ending.REFUSED if self._target_of(notice) != self._target:
                _log.warning("notice %d: Slack refuses its reader (%s); RevOps is told", notice.id, refusal.code)
                with self._store.write() as conn:
                    notices.redirect(conn, notice, now)
            case Ending.REFUSED:
                _log.error("RevOps cannot be told of %s: %s refuses (%s)", notice.kind, self._target, refusal.code)
                self._again(notice, now + REFUSED_PAUSE)
            case Ending.ACCESS:
                self._again(notice, now + ACCESS_PAUSE)
                raise access_error(refusal)
            case Ending.UNKNOWN:
                self._again(notice, now + pause(notice.attempt))

    def _again(self, notice: Notice, not_before: datetime) -> None:
        with self._store.write() as conn:
            notices.mark_pending(conn, notice, not_before)

    def _update(self, notice: Notice) -> None:
        message = notice_message(notice, self._environment)
        try:
            self._client.chat_update(
                channel=str(notice.channel), ts=str(notice.ts), text=message.text, blocks=message.blocks
            )
        except FAILURES as error:
            refusal = understand(error)
            if refusal.ending is not Ending.REFUSED:
                self._wait(refusal)
                return
            _log.warning("notice %d: its message cannot be changed any more (%s)", notice.id, refusal.code)
        with self._store.write() as conn:
            notices.mark_shown(conn, notice.id, notice.version)

    def _wait(self, refusal: Refusal) -> None:
        if refusal.ending is Ending.ACCESS:
            raise access_error(refusal)
        self._not_before = self._clock() + timedelta(seconds=refusal.retry_after)

    def _resolve(self, now: datetime) -> None:
        with self._store.read() as conn:
            doubtful = notices.unresolved(conn, now - PATIENCE)
        for notice in doubtful:
            self._look(notice, now)

    def _look(self, notice: Notice, now: datetime) -> None:
        """Adopt the message that is there; post again what is not there after a grace, or may not be looked for."""
        started_at = notice.started_at or now
        try:
            found = self._found(notice, started_at, now)
        except (*FAILURES, Unreachable) as error:
            refusal = understand(error)
            if refusal.ending in (Ending.LATER, Ending.UNKNOWN):
                self._not_before = now + timedelta(seconds=refusal.retry_after)
                return
            _log.warning("notice %d: cannot look for it (%s); a repeat is possible", notice.id, refusal.code)
            found = None
        if found is None and now - started_at < GRACE:
            return
        with self._store.write() as conn:
            if found:
                notices.mark_sent(conn, notice.id, *found)
            else:
                notices.mark_pending(conn, notice, now)

    def _found(self, notice: Notice, started_at: datetime, now: datetime) -> tuple[str, str, int] | None:
        parent = self._parent(notice)
        channel = str(parent.channel) if parent else self._places.find(self._target_of(notice), now)
        history = partial(self._client.conversations_history, channel=channel)
        replies = partial(self._client.conversations_replies, channel=channel, ts=str(parent.ts)) if parent else None
        for posted in pages(replies or history, started_at - CLOCKS_DIFFER):
            stamped = posted.get("metadata") or {}
            told = stamped.get("event_payload") or {}
            if stamped.get("event_type") == EVENT_TYPE and told.get("notice") == str(notice.id):
                return channel, str(posted["ts"]), int(told.get("version", 0))
        return None


def _stamp(notice: Notice) -> dict[str, Any]:
    """What tells our messages apart in a conversation's history: opaque."""
    return {"event_type": EVENT_TYPE, "event_payload": {"notice": str(notice.id), "version": notice.version}}
