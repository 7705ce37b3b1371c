"""An account as alerts are judged by: what is decided of it now, what was before, and its newest alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connector.model import AlertKind, Decision, LastAlert, Record, Route
from connector.rules.definitions import Definitions
from connector.rules.handoff_policy import AlertPolicy
from connector.rules.names import moment

KINDS = {
    Route.ASSIGN_AE: AlertKind.HOT_PQL,
    Route.ASSIGN_SDR: AlertKind.HOT_PQL,
    Route.FYI_OWNER: AlertKind.FYI,
}
"""The alert that a route opens; that of expansion goes by signals of its own."""


@dataclass(frozen=True, slots=True)
class Case:
    """`previous` is the decision before this one, `last` the account's newest alert of any kind. `now` is UTC."""

    record: Record
    decision: Decision
    previous: Decision | None
    last: LastAlert | None
    definitions: Definitions
    now: datetime

    @property
    def policy(self) -> AlertPolicy:
        """When alerts open."""
        return self.definitions.alerts

    @property
    def cooldown(self) -> timedelta:
        """How long an episode goes on at most."""
        return timedelta(days=self.policy.cooldown_days)

    def goes_on(self, last: LastAlert) -> bool:
        """Whether the episode of an alert goes on."""
        return last.goes_on and self.now - last.raised_at < self.cooldown

    @property
    def scored_at(self) -> datetime | None:
        """When the account was scored."""
        return moment(self.record.values.get("scored_at"))

    @property
    def showed_at(self) -> datetime:
        """When what has no date of its own showed: with the score."""
        return self.scored_at or self.now
