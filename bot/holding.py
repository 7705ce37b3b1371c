"""Holding back a storm of alerts, and doing with them what somebody of RevOps decides (D37).

What is held stays in the outbox. Every step is one transaction that may be repeated, by any replica.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot import handling, moves
from bot.brake import StormPolicy, daily, most, why
from bot.moves import SLACK, By
from connector.model import ALERT_WANTED, waits_in_queue
from connector.store import Store, definitions, facts, notices, rungs, storms
from connector.store.facts import FactRow
from connector.store.storms import Storm

MOST = 500  # facts of one pass
DISCARDED = "discarded with a storm of alerts"

_log = logging.getLogger(__name__)


def braked(store: Store, waiting: Sequence[FactRow], policy: StormPolicy, now: datetime) -> list[FactRow]:
    """The facts to act on; alerts of a storm are held, and what there is to tell of their accounts waits with them.

    Raises StoreError.
    """
    wanted = [fact for fact in waiting if _is_news(fact)]
    runs = sorted({fact.run for fact in wanted})
    held = {run: storm for run in runs if (storm := _storm_of(store, run, policy, now))}
    into = {fact.id: held[fact.run] for fact in wanted if fact.run in held}
    into |= _followers(store, [fact for fact in waiting if fact.id not in into], into, waiting)
    for storm in sorted(set(into.values())):
        _hold(store, storm, [fact for fact, place in into.items() if place == storm], now)
    return [fact for fact in waiting if fact.id not in into]


def carry_out(store: Store, now: datetime) -> None:
    """Do with the alerts of storms what was decided, some at a time. Raises StoreError."""
    with store.read() as conn:
        decided = storms.to_carry_out(conn)
    for storm in decided:
        _carry_out(store, storm, now)


def decide(store: Store, storm_id: int, decision: str, by: str, now: datetime) -> tuple[bool, Storm | None]:
    """Take somebody's word on a storm: whether it counts, and the storm. The first one's does. Raises StoreError."""
    with store.write() as conn:
        storm = storms.decide(conn, storm_id, decision, by, now)
        if storm is None:
            return False, storms.get(conn, storm_id)
        for notice in notices.ongoing(conn, (notices.STORM,)):
            if notice.about == str(storm_id):
                notices.end(conn, notice.id, _told(storm), now)
    _log.info("storm %d: %s", storm_id, decision)
    return True, storm


def _is_news(fact: FactRow) -> bool:
    """Whether it rings: what the first run found is a line of a digest, however much that is (D18)."""
    return fact.kind == ALERT_WANTED and not waits_in_queue(fact.payload.get("episode"))


def _storm_of(store: Store, run: str, policy: StormPolicy, now: datetime) -> int | None:
    """The storm a run's alerts are held in, if they are."""
    with store.read() as conn:
        storm = storms.of_run(conn, run)
        allowed = _allowed(conn, run, policy, now)
        reason = None if storm else why(storms.wanted_by(conn, run), allowed, definitions.redefined_before(conn, run))
    if storm is None and reason:
        with store.write() as conn:
            storm = storms.join(conn, run, reason, allowed, now)
        _log.warning("run %s: its alerts are held in storm %d (%s)", run, storm.id, reason)
    return storm.id if storm and storm.decided != storms.RELEASE else None


def _allowed(conn: Connection, run: str, policy: StormPolicy, now: datetime) -> int:
    if storms.wanted_by(conn, run) <= policy.floor:
        return policy.floor  # whatever the days before were like
    since = now - timedelta(days=policy.days + 1)
    return most(policy, daily(storms.raised_since(conn, since), now.date(), policy.days))


def _followers(
    store: Store, others: Sequence[FactRow], into: dict[int, int], waiting: Sequence[FactRow]
) -> dict[int, int]:
    """Facts of accounts whose alert is held: what ends an alert must not come before it."""
    with store.read() as conn:
        before = storms.held_accounts(conn, [fact.account_key for fact in others]) if storms.any_held(conn) else {}
    places = {**before, **{fact.account_key: into[fact.id] for fact in waiting if fact.id in into}}
    return {fact.id: places[fact.account_key] for fact in others if fact.account_key in places}


def _hold(store: Store, storm_id: int, fact_ids: Sequence[int], now: datetime) -> None:
    with store.write() as conn:
        storm = storms.hold(conn, storm_id, fact_ids)
        if storm.decided is None:
            notices.tell(conn, notices.STORM, str(storm_id), _told(storm), now)


def _carry_out(store: Store, storm: Storm, now: datetime) -> None:
    with store.read() as conn:
        waiting = [] if storm.decided == storms.RELEASE else storms.held(conn, storm.id, MOST)
    for fact in waiting:
        with store.write() as conn:
            if facts.take(conn, fact.id, now, storm.id):
                _enter(conn, fact, storm, now)
    if not waiting:
        with store.write() as conn:
            storms.let_go(conn, storm.id, MOST)


def _enter(conn: Connection, fact: FactRow, storm: Storm, now: datetime) -> None:
    """The alert without message and clock; closed at once where it was discarded."""
    alert_id = moves.raise_alert(conn, fact)
    if alert_id is None:
        return
    rungs.stop(conn, alert_id)
    if storm.decided == storms.DISCARD:
        handling.close(conn, alert_id, DISCARDED, By(storm.decided_by or SLACK, SLACK, now))


def _told(storm: Storm) -> dict[str, Any]:
    told = {"storm": storm.id, "why": storm.why, "held": storm.held, "most": storm.most}
    word = {"decided": storm.decided, "by": storm.decided_by, "at": storm.decided_at and storm.decided_at.isoformat()}
    return {**told, **word} if storm.decided else told
