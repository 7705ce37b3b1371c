"""Whether Slack lets us in. When it refuses the token nothing is tried for a while; when a scope is missing, only that.

It is said once: in the log, by /readyz and by `plsync runs`; Slack, which fails, is not where to say it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.refusals import TokenError
from connector.errors import AccessError
from connector.store import Store, notices

PAUSE = timedelta(minutes=1)
TRUSTED = timedelta(minutes=5)  # without a refusal for so long, with a try every minute, the token is good again
ACCESS = "access"

_log = logging.getLogger(__name__)


class Admission:
    """Used by one thread per process."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._refused_at: datetime | None = None
        self._closed_until: datetime | None = None
        self.refusal: str | None = None

    def is_open(self) -> bool:
        """Whether to try at all."""
        return self._closed_until is None or self._clock() >= self._closed_until

    def refused(self, error: AccessError) -> None:
        """Slack refused us. Raises StoreError."""
        now = self._clock()
        if self.refusal != str(error):
            _log.error("Slack does not let the bot in, alerts wait: %s", error)
        self._refused_at, self.refusal = now, str(error)
        self._closed_until = now + PAUSE if isinstance(error, TokenError) else None
        told = {"target": ACCESS, "code": ACCESS, "advice": str(error), "instead": None}
        with self._store.write() as conn:
            notices.tell(conn, notices.SLACK, ACCESS, told, now, mute=True)

    def answered(self) -> None:
        """Slack let us do what was due. Raises StoreError."""
        now = self._clock()
        if self._refused_at is None or now - self._refused_at < TRUSTED:
            return
        self._refused_at = self._closed_until = self.refusal = None
        _log.info("Slack lets the bot in again")
        with self._store.write() as conn:
            for notice in notices.ongoing(conn, (notices.SLACK,)):
                if notice.about == ACCESS:
                    notices.end(conn, notice.id, notice.told, now)
