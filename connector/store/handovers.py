"""Handing over what one person has to another (D43): the decisions in force, and by facts the open alerts (D34).

The accounts are due afterwards, so that the next sync decides them again and brings their fields up to date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from connector.model import CAN_CHANGE_HANDS, OWNER_CHANGED, AlertKind, NewFact
from connector.store import Store, decisions, facts, holdings, tables, touching
from connector.store.statements import IN_LIST

REASON = "away or has left"
DUE = ""  # a fingerprint no account has

_ALERTS, _MEMORY = tables.alerts, tables.memory


@dataclass(frozen=True, slots=True)
class Belongings:
    """What somebody has: accounts by key, and open Hot alerts by account and episode."""

    accounts: Sequence[str]
    alerts: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Handover:
    """By which run, from whom to whom, when."""

    run_id: str
    leaver: str
    heir: str
    at: datetime


def belongings(store: Store, email: str) -> Belongings:
    """What somebody has now. Looks through all decisions."""
    waits = (_ALERTS.c.state.in_(CAN_CHANGE_HANDS), _ALERTS.c.acknowledged_by.is_(None))
    mine = (_ALERTS.c.owner_email == email, _ALERTS.c.kind == AlertKind.HOT_PQL, *waits)
    query = select(_ALERTS.c.account_key, _ALERTS.c.episode).where(*mine).order_by(_ALERTS.c.id)
    with store.read() as conn:
        return Belongings(list(holdings.routed_to(conn, email)), [(row[0], row[1]) for row in conn.execute(query)])


def hand_over(store: Store, what: Belongings, handover: Handover) -> None:
    """Hand it over, some at a time (D32). Broken off, it can be done again. Raises StoreError."""
    for start in range(0, len(what.accounts), IN_LIST):
        with store.write() as conn:
            _give_accounts(conn, what.accounts[start : start + IN_LIST], handover)
    for start in range(0, len(what.alerts), IN_LIST):
        with store.write() as conn:
            _tell_of(conn, what.alerts[start : start + IN_LIST], handover)


def _give_accounts(conn: Connection, keys: Sequence[str], handover: Handover) -> None:
    theirs = (one for one in decisions.latest(conn, keys).values() if one.routed_to == handover.leaver)
    given = [replace(one, routed_to=handover.heir, routed_at=handover.at) for one in theirs]
    decisions.append(conn, handover.run_id, [(one, DUE) for one in given])
    mine = _MEMORY.c.account_key.in_([one.account_key for one in given])
    conn.execute(update(_MEMORY).where(mine).values(wanted_fp=DUE))
    touching.look_back(conn)


def _tell_of(conn: Connection, alerts: Sequence[tuple[str, str]], handover: Handover) -> None:
    facts.append(conn, handover.run_id, [_moves(key, episode, handover) for key, episode in alerts])


def _moves(key: str, episode: str, handover: Handover) -> NewFact:
    told = {"episode": episode, "kind": AlertKind.HOT_PQL.value, "owner": handover.heir, "reason": REASON}
    dedupe = f"{OWNER_CHANGED}:{key}:{episode}:{handover.at.isoformat()}"
    return NewFact(OWNER_CHANGED, key, dedupe, handover.at, told)
