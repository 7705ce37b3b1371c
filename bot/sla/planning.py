"""An alert's clock: which policy it runs by, what is due when, told by its own record alone.

The rows in the store are a copy of this, as a message is of its alert: made again when the alert has moved, and
compared now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.lifecycle import Alert, State, has_clock
from bot.sla.history import HANDED_FROM, History, Step, history_of
from bot.sla.hours import Hours
from bot.sla.policy import EXPANSION, Rung, SlaPolicy, policy_for
from bot.sla.roster import Roster
from bot.sla.rungs import Due, due_by, promised, rungs
from connector.model import AlertKind


@dataclass(frozen=True, slots=True)
class Clock:
    """An alert's policy, whose hours it began in, and what has happened to it."""

    policy: SlaPolicy
    raised_at: datetime
    hours: Hours
    history: History

    @property
    def rungs(self) -> list[Due]:
        """What is still before it."""
        return rungs(self.policy, self.raised_at, self.hours, self.history)

    @property
    def due_at(self) -> datetime | None:
        """Until when the next thing is to be done."""
        return promised(self.policy, self.raised_at, self.hours, self.history)

    @property
    def runs(self) -> bool:
        """Whether anything is still to be done."""
        return not self.history.is_over


def clock_of(alert: Alert, steps: Sequence[Step], policies: Sequence[SlaPolicy], roster: Roster) -> Clock | None:
    """The clock of an alert. None where none runs: for an FYI, in a baseline, or where no policy covers its tier."""
    promised_on = EXPANSION.tier if alert.kind == AlertKind.EXPANSION else str(alert.payload.get("tier"))
    policy = policy_for(policies, promised_on, alert.payload.get("segment"))
    if policy is None or not has_clock(alert):
        return None
    return Clock(
        policy, alert.raised_at, roster.hours_of(_first_owner(alert, steps)), history_of(steps, roster.hours_of)
    )


@dataclass(frozen=True, slots=True)
class Keeping:
    """Whether what was promised on an alert came in time. None: it has not come, or nobody promised it."""

    acknowledged: bool | None = None
    reached_out: bool | None = None


NOTHING_KEPT = Keeping()


def keeping(alert: Alert, steps: Sequence[Step], policies: Sequence[SlaPolicy], roster: Roster) -> Keeping:
    """How an alert's promises were kept, by the clock as it stood when somebody took it, and when they reached out.

    An outreach counts from when it took place, also where the CRM told of it later (D40).
    """

    def in_time(at: datetime | None, state: State, rung: Rung) -> bool | None:
        came = max((n for n, step in enumerate(steps) if step.to_state == state != step.from_state), default=0)
        clock = clock_of(alert, steps[:came], policies, roster) if at else None
        return at <= due_by(rung, clock.policy, clock.raised_at, clock.hours, clock.history) if at and clock else None

    return Keeping(
        in_time(alert.acknowledged_at, State.ACKNOWLEDGED, Rung.ACKNOWLEDGE_BREACH),
        in_time(alert.contacted_at, State.CONTACTED, Rung.BREACH),
    )


def _first_owner(alert: Alert, steps: Sequence[Step]) -> str | None:
    """Whom it was raised for, before anybody handed it on."""
    handed = (step.told for step in steps if step.told and HANDED_FROM in step.told)
    first = next(handed, None)
    return first[HANDED_FROM] if first else alert.owner_email
