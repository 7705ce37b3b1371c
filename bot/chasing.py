"""Chasing: managers are told of MQLs that nobody reviewed, once each, whatever restarts and however many bots (D41).

What is due at one look is one message per reader, so that a backlog is a list and no flood.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.crm_source import CrmSource
from bot.settings import BotSettings
from bot.sla.crm_attainment import MOST_LISTED, Open, missing, unreviewed
from bot.sla.crm_dates import CrmClock
from bot.sla.hours import waits_until
from bot.targets import personal
from connector.errors import PlsyncError
from connector.funnel.metrics import EVERYBODY
from connector.store import Store, notices

LOOKING = timedelta(minutes=5)
BACK = timedelta(days=30)
"""How old an MQL may be for its manager to hear of it: older ones are history, which `/funnel sla` tells."""
MOST = 1_000  # MQLs of one look, which are rows of one transaction (D32)

_log = logging.getLogger(__name__)


class Chase:
    """Used by one thread per process, apart from the ticker's: a slow warehouse keeps no alert from being posted."""

    def __init__(self, store: Store, crm: CrmSource, settings: BotSettings, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._crm = crm
        self._settings = settings
        self._clock = clock

    def tick(self) -> None:
        """Look. What cannot be found out now is looked for again the next time."""
        try:
            for clock in self._settings.crm_clocks:
                if clock.manager and not missing(clock, self._crm.columns):
                    self._look(clock, self._clock())
        except PlsyncError as error:
            _log.error("nobody can say which MQLs are not reviewed: %s", error)

    def _look(self, clock: CrmClock, now: datetime) -> None:
        with self._crm.read(now - BACK, now, EVERYBODY) as rows:
            late = {_about(one): one for one in unreviewed(clock, rows or (), self._settings.roster.hours_of, now)}
        if not late:
            return
        with self._store.read() as conn:
            untold = sorted(notices.untold(conn, notices.MQL, late))[:MOST]
        if not untold:
            return
        with self._store.write() as conn:
            mine = notices.take_note(conn, notices.MQL, untold, now)
            self._say(conn, clock, {about: one for about, one in late.items() if about in mine}, now)

    def _say(self, conn: Connection, clock: CrmClock, late: Mapping[str, Open], now: datetime) -> None:
        """One message per reader; the notice of the MQL that has waited longest carries it."""
        by_manager: dict[str | None, list[str]] = {}
        for about in sorted(late, key=lambda about: (late[about].due_at, about)):
            by_manager.setdefault(self._settings.roster.manager_of(late[about].owner), []).append(about)
        for manager, abouts in by_manager.items():
            told = _told(clock, [late[about] for about in abouts])
            reader = personal(manager)
            if reader is None:
                notices.say(conn, notices.MQL, abouts[0], told)
                continue
            opens = waits_until(now, self._settings.roster.hours_of(manager))
            notices.say(conn, notices.MQL, abouts[0], {**told, notices.READER: reader}, opens)
        if late:
            _log.info("%d MQLs are not reviewed; %d messages say so", len(late), len(by_manager))


def _about(one: Open) -> str:
    """The MQL: an account that becomes one again is another."""
    return f"{one.since.isoformat()} {one.key}"


def _told(clock: CrmClock, late: list[Open]) -> dict[str, Any]:
    listed = [
        {"name": one.name, "owner": one.owner, "since": one.since.isoformat(), "due": one.due_at.isoformat()}
        for one in late[:MOST_LISTED]
    ]
    return {"within": str(clock.within.amount), "count": len(late), "listed": listed}
