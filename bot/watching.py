"""Watching: what is wrong with the syncs, told to RevOps at its first violation and at its recovery, never between."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from connector.errors import PlsyncError
from connector.store import Store, notices, requests
from connector.store.notices import Notice

LOOKING = timedelta(seconds=15)
WATCHED = (notices.SYNC, notices.PLAN)

_NEVER = datetime.min.replace(tzinfo=UTC)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now. `about` tells those of a kind apart; `alarm`: it has been for too long (D25)."""

    kind: str
    about: str
    told: Mapping[str, Any]
    alarm: bool = False


Findings = Callable[[], Sequence[Finding]]


class Watch:
    """Used by one thread per process; any number of replicas may look."""

    def __init__(self, store: Store, findings: Findings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._findings = findings
        self._clock = clock
        self._looked_at = _NEVER

    def tick(self) -> None:
        """Look, if it is time again. What cannot be found out keeps no alert from being posted."""
        now = self._clock()
        if now - self._looked_at < LOOKING:
            return
        self._looked_at = now
        try:
            self.look(now)
        except PlsyncError as error:
            _log.error("nobody can say how the syncs stand: %s", error)

    def look(self, now: datetime) -> None:
        """Have RevOps told what is new, and what is over. Raises PlsyncError."""
        found = self._findings()
        with self._store.read() as conn:
            known = notices.ongoing(conn, WATCHED)
        if not found and not known:
            return
        still = {(one.kind, one.about) for one in found}
        with self._store.write() as conn:
            for finding in found:
                _tell(conn, finding, now)
            for notice in known:
                if (notice.kind, notice.about) not in still:
                    _end(conn, notice, now)


def _tell(conn: Connection, finding: Finding, now: datetime) -> None:
    here = _ongoing(conn, finding)
    notices.tell(conn, finding.kind, finding.about, {**finding.told, **_asked(conn, here)}, now)
    if finding.alarm and (notice := here or _ongoing(conn, finding)):
        notices.reply(conn, notice, notices.ALARM, now)


def _end(conn: Connection, notice: Notice, now: datetime) -> None:
    told = {**notice.told, **_asked(conn, notice)}
    if notices.end(conn, notice.id, told, now):
        notices.reply(conn, notice, notices.OVER, now, told)


def _ongoing(conn: Connection, finding: Finding) -> Notice | None:
    about = (finding.kind, finding.about)
    return next((one for one in notices.ongoing(conn, (finding.kind,)) if (one.kind, one.about) == about), None)


def _asked(conn: Connection, notice: Notice | None) -> dict[str, Any]:
    """Who had the plan applied since it waits, and what came of it."""
    if notice is None or notice.kind != notices.PLAN:
        return {}
    asked = requests.newest(conn, requests.APPLY_PLAN, notice.opened_at)
    if asked is None:
        return {}
    return {"asked_by": asked.asked_by, "asked_at": asked.asked_at.isoformat(), "answer": asked.answer}
