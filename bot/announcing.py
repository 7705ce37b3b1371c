"""How a new alert is told: with messages of its own, or as a line of a digest, so that nobody is flooded (D18, D37).

It is an alert in the queue from the start in any case, and its clock runs from when it was raised (D40).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from bot.settings import BotSettings
from bot.sla.flood import next_digest
from bot.sla.hours import Hours, waits_until
from bot.targets import home, is_shared, personal, targets
from connector.model import BASELINE, AlertKind, Tier, waits_in_queue
from connector.store import alerts, digests
from connector.store.alerts import Alert

CAPPED, WARM = "capped", "warm"  # kinds of digests beside that of the baseline
SETTLES = timedelta(seconds=60)  # so long a digest waits for more lines before it is posted

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a digest: of which one, which of its kind, and from when on that is posted."""

    kind: str
    turn: str
    not_before: datetime


def announce(conn: Connection, alert: Alert, settings: BotSettings, now: datetime) -> None:
    """Plan the messages of a new alert."""
    hours = settings.roster.hours_of(alert.owner_email)
    if line := _line(conn, alert, settings, hours, now):
        _list(conn, alert, line, settings, hours)
        return
    for target in targets(alert, settings):
        alerts.plan_delivery(conn, alert.id, target, not_before=None if is_shared(target) else waits_until(now, hours))


def announce_to_owner(conn: Connection, alert: Alert, settings: BotSettings, now: datetime) -> None:
    """Plan the message for whoever owns the alert by now; in their hours (D37)."""
    if target := personal(alert.owner_email):
        quiet = waits_until(now, settings.roster.hours_of(alert.owner_email))
        alerts.plan_delivery(conn, alert.id, target, not_before=quiet)


def _line(conn: Connection, alert: Alert, settings: BotSettings, hours: Hours, now: datetime) -> _Line | None:
    """Which digest tells of the alert; None where it has messages of its own."""
    if alert.kind != AlertKind.HOT_PQL:
        return None
    if waits_in_queue(alert.episode):
        definitions = alert.episode.rpartition(":")[0]  # those they are Hot by; the first run names none
        return _Line(BASELINE, definitions, _settled(now, hours))
    if alert.payload.get("tier") != Tier.HOT:
        due = next_digest(now, hours, timedelta(hours=settings.flood.warm_digest_hours))
        return _Line(WARM, due.isoformat(), due)
    if _is_capped(conn, alert, settings, hours, now):
        told_at = waits_until(now, hours) or now
        return _Line(CAPPED, _date(told_at, hours), _settled(now, hours))
    return None


def _is_capped(conn: Connection, alert: Alert, settings: BotSettings, hours: Hours, now: datetime) -> bool:
    """Whether its owner was told of enough Hot accounts on the day on which they would hear of it."""
    target = personal(alert.owner_email)
    if target is None:
        return False
    told_at = (waits_until(now, hours) or now).astimezone(hours.zone)
    begins = datetime.combine(told_at.date(), time(), hours.zone)
    return alerts.count_told(conn, target, begins, begins + _DAY) >= settings.flood.hot_per_day


def _list(conn: Connection, alert: Alert, line: _Line, settings: BotSettings, hours: Hours) -> None:
    target = personal(alert.owner_email) or home(alert, settings)
    name = f"{line.kind}:{line.turn}:{target}"
    digest = digests.join(conn, name, line.kind, _date(line.not_before, hours), alert.id)
    alerts.plan_delivery(conn, digest.alert_id, target, digest.purpose, line.not_before)


def _settled(now: datetime, hours: Hours) -> datetime:
    soon = now + SETTLES
    return waits_until(soon, hours) or soon


def _date(at: datetime, hours: Hours) -> str:
    return at.astimezone(hours.zone).date().isoformat()
