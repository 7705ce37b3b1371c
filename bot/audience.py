"""Who is told of a rung, and when: replies where the alert is, direct messages to those who have to act. Pure.

Direct messages wait for their reader's hours (D37); a reply in a channel rings nobody and goes at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.lifecycle import Alert
from bot.sla.hours import waits_until
from bot.sla.policy import Rung
from bot.sla.roster import Roster
from bot.targets import CHANNEL, PERSON, USER

_NUDGES = (Rung.ACKNOWLEDGE_AT_RISK, Rung.AT_RISK)  # for the one who has to act, and no news for all


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that is wanted: to which target, and not before when."""

    target: str
    not_before: datetime | None = None


def audience(
    rung: Rung, alert: Alert, shown: Iterable[str], roster: Roster, ops_channel: str, now: datetime
) -> list[Telling]:
    """The messages of a rung. `shown` are the targets that show the alert itself.

    Whoever acknowledged it is reminded, else its owner; the manager is told of both. RevOps is where there is neither.
    """
    channels = [target for target in shown if target.startswith(f"{CHANNEL}:")]
    directly = list(_directly(rung, alert, roster, ops_channel, now))
    replies = [] if rung in _NUDGES and directly else [Telling(target) for target in channels]
    told = [*replies, *directly] or [Telling(f"{CHANNEL}:{ops_channel}")]
    return list({telling.target: telling for telling in told}.values())


def _directly(rung: Rung, alert: Alert, roster: Roster, ops_channel: str, now: datetime) -> Iterator[Telling]:
    owner = alert.owner_email
    if rung is Rung.MANAGER:
        manager = roster.manager_of(owner)
        yield _person(manager, roster, now) if manager else Telling(f"{CHANNEL}:{ops_channel}")
    elif rung is not Rung.EXPIRED and alert.acknowledged_by:
        yield Telling(f"{USER}:{alert.acknowledged_by}", waits_until(now, roster.hours_of(owner)))
    elif rung is not Rung.EXPIRED and owner and "@" in owner:
        yield _person(owner, roster, now)


def _person(email: str, roster: Roster, now: datetime) -> Telling:
    return Telling(f"{PERSON}:{email}", waits_until(now, roster.hours_of(email)))
