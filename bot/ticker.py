"""The bot's own clockwork: what it does every second, with nobody pressing anything (D34)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.admission import Admission
from bot.clockwork import Clockwork
from bot.herald import Herald
from bot.holding import carry_out
from bot.intake import take_facts
from bot.poster import Poster
from bot.refresher import Refresher
from bot.refusals import FAILURES
from bot.resolver import Resolver
from bot.settings import BotSettings
from bot.watching import Watch
from connector.errors import AccessError, PlsyncError
from connector.store import Store, pauses

SECONDS = 1.0
SLACK = "slack"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ticker:
    """One tick: facts in, clocks looked at, messages out, doubts settled, messages brought up to date."""

    store: Store
    settings: BotSettings
    poster: Poster
    resolver: Resolver
    refresher: Refresher
    clockwork: Clockwork
    watch: Watch
    herald: Herald
    admission: Admission
    clock: Callable[[], datetime]

    def tick(self) -> None:
        """Do what is due and return. Any number of replicas may tick at once. Raises StoreError, AccessError.

        While Slack is paused, or refuses us, facts still become alerts, whose clocks run; what they say waits (D31).
        """
        take_facts(self.store, self.settings, self.clock())
        carry_out(self.store, self.clock())
        self.clockwork.tick()
        self.watch.tick()
        if not self.admission.is_open():
            return
        try:
            self._talk()
        except AccessError as error:
            self.admission.refused(error)
            raise
        self.admission.answered()

    def _talk(self) -> None:
        self.resolver.resolve_unknown()
        if not self._is_paused():
            self.herald.tick()
            self.poster.post_due()
            self.refresher.refresh()

    def _is_paused(self) -> bool:
        with self.store.read() as conn:
            return pauses.pause_of(conn, SLACK) is not None

    def run(self, wait: Callable[[float], bool]) -> None:
        """Tick until `wait` answers True. A tick that fails is told to the operator, and the next one tries again."""
        while not wait(SECONDS):
            try:
                self.tick()
            except AccessError:
                continue  # it is said there
            except (PlsyncError, *FAILURES) as error:
                _log.error("the bot could not do what is due: %s", error)
