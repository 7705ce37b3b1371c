"""The office of RevOps: what their buttons amount to. Who may is what people.toml says of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.herald import Herald
from bot.holding import decide
from bot.people import Colleague
from bot.settings import BotSettings
from bot.sla.roster import REVOPS
from bot.views import operations as views
from connector.store import Store, notices, requests, storms

_DECISIONS = {views.RELEASE: storms.RELEASE, views.BASELINE: storms.BASELINE, views.DISCARD: storms.DISCARD}


@dataclass(frozen=True, slots=True)
class Office:
    """Safe to share between threads."""

    store: Store
    herald: Herald
    settings: BotSettings
    clock: Callable[[], datetime]

    def is_for(self, person: Colleague) -> bool:
        """Whether somebody may press these buttons."""
        member = None if person.outsider else self.settings.roster.member(person.email)
        return member is not None and member.role == REVOPS

    def press(self, action_id: str, value: str, person: Colleague) -> str | None:
        """Do what a button says, durable on return; what to tell who pressed it, where the message does not.

        Raises StoreError.
        """
        if not self.is_for(person):
            return views.NOT_YOURS
        return self._apply(value, person) if action_id == views.APPLY else self._decide(action_id, value, person)

    def _decide(self, action_id: str, value: str, person: Colleague) -> str | None:
        number = int(value) if value.isascii() and value.isdecimal() and len(value) < 19 else 0
        counts, storm = decide(self.store, number, _DECISIONS[action_id], person.id, self.clock())
        if storm is None:
            return views.GONE
        return None if counts else views.decided_before(storm.decided, storm.decided_by, storm.decided_at)

    def _apply(self, value: str, person: Colleague) -> str | None:
        """Only the plan that the message names now: who presses an older button has seen another plan (D26)."""
        now = self.clock()
        with self.store.write() as conn:
            waiting = next(iter(notices.ongoing(conn, (notices.PLAN,))), None)
            if waiting is None:
                return views.NO_PLAN
            if waiting.told.get("hash") != value:
                return views.MOVED
            if not requests.ask(conn, requests.APPLY_PLAN, value, person.id, now):
                return views.ASKED
            asked = {"asked_by": person.id, "asked_at": now.isoformat(), "answer": None}
            notices.tell(conn, notices.PLAN, waiting.about, {**waiting.told, **asked}, now)
        return None
