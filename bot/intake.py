"""Intake: facts of the connector become alerts and the deliveries that carry them, one transaction per fact (D34)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from bot import moves
from bot.announcing import announce, announce_to_owner
from bot.hearing import hear
from bot.holding import braked
from bot.proving import prove
from bot.settings import BotSettings
from connector.model import ALERT_WANTED, CONVERTED, OUTREACH_SEEN, OWNER_CHANGED, SIGNAL_SEEN, SQL_SEEN
from connector.store import Store, alerts, facts
from connector.store.facts import FactRow

MOST = 500  # facts of one pass
PLACES = 100  # of them in queues, which make nobody's news wait


def take_facts(store: Store, settings: BotSettings, now: datetime) -> int:
    """Act on every waiting fact and return how many were ours to act on.

    Safe to repeat and to run in several replicas: taking a fact and acting on it are one transaction. Kinds this
    version does not know stay where they are. Raises StoreError.
    """
    with store.read() as conn:
        waiting = facts.pressing(conn, MOST, PLACES)
    waiting = braked(store, waiting, settings.storm, now)
    return sum(_act(store, fact, settings, now) for fact in waiting if fact.kind in _ACTS)


def _act(store: Store, fact: FactRow, settings: BotSettings, now: datetime) -> bool:
    with store.write() as conn:
        mine = facts.take(conn, fact.id, now)
        if mine:
            _ACTS[fact.kind](conn, fact, settings, now)
    return mine


def _alert_wanted(conn: Connection, fact: FactRow, settings: BotSettings, now: datetime) -> None:
    opened = moves.raise_alert(conn, fact)
    alert = alerts.get(conn, opened) if opened is not None else None
    if alert is None:
        return
    moves.replace_queued(conn, alert, now)
    announce(conn, alert, settings, now)


def _sql_seen(conn: Connection, fact: FactRow, _settings: BotSettings, _now: datetime) -> None:
    moves.supersede(conn, fact)


def _converted(conn: Connection, fact: FactRow, _settings: BotSettings, _now: datetime) -> None:
    moves.convert(conn, fact)


def _outreach_seen(conn: Connection, fact: FactRow, settings: BotSettings, _now: datetime) -> None:
    prove(conn, fact, settings.roster)


def _owner_changed(conn: Connection, fact: FactRow, settings: BotSettings, now: datetime) -> None:
    moved = moves.hand_over(conn, fact)
    alert = alerts.get(conn, moved) if moved is not None else None
    if alert is not None:
        announce_to_owner(conn, alert, settings, now)


_ACTS: Mapping[str, Callable[[Connection, FactRow, BotSettings, datetime], None]] = {
    ALERT_WANTED: _alert_wanted,
    SQL_SEEN: _sql_seen,
    CONVERTED: _converted,
    OWNER_CHANGED: _owner_changed,
    OUTREACH_SEEN: _outreach_seen,
    SIGNAL_SEEN: hear,
}
