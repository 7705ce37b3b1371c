"""Notices: what RevOps is told, one message for as long as it lasts, posted once even across crashes (slack B9).

What a manager is told of MQLs has a `reader` of its own. It lasts for ever, so that it is never told again; several
MQLs are one message, of which the first carries the words and the others are mute.

pending → sending (committed before the post) → sent | pending again. A process that died while sending leaves
`sending` or `unknown`: look for the message before posting again. A `mute` one is told by `plsync runs` alone: Slack
is what fails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from connector.store import tables
from connector.store.deliveries import PENDING, SENDING, SENT, UNKNOWN
from connector.store.statements import insert_into, insert_new, rows_in

STORM, SYNC, PLAN, SLACK = "storm", "sync", "plan", "slack"
ALARM, OVER = "alarm", "over"  # replies to one of the others
MQL = "mql"  # told once each, to the manager of whoever has it
MUTE = "mute"
READER = "reader"  # in what is told: the target it goes to, where that is not RevOps

_NOTICES = tables.notices


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing RevOps is told. `about` tells those of a kind apart; `version` counts what the message shows."""

    id: int
    kind: str
    about: str
    told: Mapping[str, Any]
    opened_at: datetime
    over_at: datetime | None
    reply_to: int | None
    version: int
    state: str
    channel: str | None
    ts: str | None
    attempt: int
    started_at: datetime | None
    not_before: datetime | None
    shown_version: int | None


def tell(
    conn: Connection, kind: str, about: str, told: Mapping[str, Any], now: datetime, *, mute: bool = False
) -> bool:
    """Have RevOps told; what they were told already says what is news of it. Whether it is a new message."""
    state = MUTE if mute else PENDING
    row = {"kind": kind, "about": about, "told": dict(told), "opened_at": now, "version": 1, "state": state}
    if insert_new(conn, _NOTICES, [{**row, "attempt": 0}]) == 1:
        return True
    here = (_NOTICES.c.kind == kind, _NOTICES.c.about == about, tables.IS_OPEN)
    known = conn.execute(select(_NOTICES.c.told).where(*here).with_for_update()).scalar_one_or_none()
    if known is not None and known != dict(told):
        conn.execute(update(_NOTICES).where(*here).values(told=dict(told), version=_NOTICES.c.version + 1))
    return False


def end(conn: Connection, notice_id: int, told: Mapping[str, Any], now: datetime) -> bool:
    """It is over, and its message says so. False when it was before."""
    lasts = update(_NOTICES).where(_NOTICES.c.id == notice_id, tables.IS_OPEN)
    over = lasts.values(over_at=now, told=dict(told), version=_NOTICES.c.version + 1)
    return conn.execute(over).rowcount == 1


def reply(conn: Connection, notice: Notice, kind: str, now: datetime, told: Mapping[str, Any] | None = None) -> None:
    """Say one thing more below a notice, each kind once; what is told of it is what the notice says, or `told`."""
    shown = dict(notice.told if told is None else told)
    row = {"kind": kind, "about": str(notice.id), "told": shown, "opened_at": now, "reply_to": notice.id}
    said = select(_NOTICES.c.id).where(_NOTICES.c.kind == kind, _NOTICES.c.about == str(notice.id))
    if conn.execute(said.limit(1)).first() is None:
        state = MUTE if notice.state == MUTE else PENDING
        new = {**row, "version": 1, "state": state, "attempt": 0}
        conn.execute(insert_into(conn, _NOTICES).values(new).on_conflict_do_nothing())


def untold(conn: Connection, kind: str, abouts: Collection[str]) -> set[str]:
    """Those of which nobody was told yet."""
    query = select(_NOTICES.c.about).where(_NOTICES.c.kind == kind)
    return set(abouts) - {row.about for row in rows_in(conn, query, _NOTICES.c.about, sorted(abouts))}


def take_note(conn: Connection, kind: str, abouts: Collection[str], now: datetime) -> set[str]:
    """Those of which nobody was told yet; now each has a notice, mute as long as `say` does not give it words.

    In one order, so that two writers on PostgreSQL wait for each other instead of deadlocking.
    """
    row = {"kind": kind, "told": {}, "opened_at": now, "version": 1, "state": MUTE, "attempt": 0}
    return {about for about in sorted(abouts) if insert_new(conn, _NOTICES, [{**row, "about": about}]) == 1}


def say(conn: Connection, kind: str, about: str, told: Mapping[str, Any], not_before: datetime | None = None) -> None:
    """Give a mute notice its words, to be posted from `not_before`."""
    mute = (_NOTICES.c.kind == kind, _NOTICES.c.about == about, _NOTICES.c.state == MUTE)
    conn.execute(update(_NOTICES).where(*mute).values(told=dict(told), state=PENDING, not_before=not_before))


def ongoing(conn: Connection, kinds: tuple[str, ...] = (STORM, SYNC, PLAN, SLACK)) -> list[Notice]:
    """What of these kinds is not over, oldest first."""
    return _listed(conn, tables.IS_OPEN & _NOTICES.c.kind.in_(kinds))


def get(conn: Connection, notice_id: int) -> Notice | None:
    """One notice, or None."""
    return next(iter(_listed(conn, _NOTICES.c.id == notice_id)), None)


def claim(conn: Connection, now: datetime) -> Notice | None:
    """The oldest notice that may be posted now, marked as sending, or None. Commit before posting."""
    due = (_NOTICES.c.state == PENDING) & or_(_NOTICES.c.not_before.is_(None), _NOTICES.c.not_before <= now)
    query = select(_NOTICES.c.id).where(due).order_by(_NOTICES.c.id).limit(1).with_for_update(skip_locked=True)
    found = conn.execute(query).scalar_one_or_none()
    if found is None:
        return None
    mine = update(_NOTICES).where(_NOTICES.c.id == found, _NOTICES.c.state == PENDING)
    claimed = mine.values(state=SENDING, attempt=_NOTICES.c.attempt + 1, started_at=now, not_before=None)
    row = conn.execute(claimed.returning(*_NOTICES.c)).one_or_none()
    return None if row is None else _notice(row)


def mark_sent(conn: Connection, notice_id: int, channel: str, ts: str, version: int) -> None:
    """The message was posted, showing this version; true whatever the row said before."""
    sent = {"state": SENT, "channel": channel, "ts": ts, "shown_version": version}
    conn.execute(update(_NOTICES).where(_NOTICES.c.id == notice_id).values(sent))


def mark_pending(conn: Connection, notice: Notice, not_before: datetime) -> None:
    """The message was certainly not posted: try again from `not_before`."""
    _settle(conn, notice, state=PENDING, not_before=not_before)


def redirect(conn: Connection, notice: Notice, now: datetime) -> None:
    """The message was certainly not posted, and never will be where it was to go: RevOps is told instead."""
    told = {name: value for name, value in notice.told.items() if name != READER}
    _settle(conn, notice, state=PENDING, told=told, not_before=now)


def mark_unknown(conn: Connection, notice: Notice) -> None:
    """Nobody can say whether the message was posted."""
    _settle(conn, notice, state=UNKNOWN)


def mark_shown(conn: Connection, notice_id: int, version: int) -> None:
    """The message now shows this version. Never goes back to an older one."""
    older = update(_NOTICES).where(_NOTICES.c.id == notice_id, _NOTICES.c.shown_version < version)
    conn.execute(older.values(shown_version=version))


def unresolved(conn: Connection, before: datetime) -> list[Notice]:
    """Notices nobody knows the end of: unknown, or sending since before `before`."""
    stuck = (_NOTICES.c.state == SENDING) & (_NOTICES.c.started_at < before)
    return _listed(conn, or_(_NOTICES.c.state == UNKNOWN, stuck))


def stale(conn: Connection) -> list[Notice]:
    """Posted messages that show less than there is to tell."""
    return _listed(conn, (_NOTICES.c.state == SENT) & (_NOTICES.c.shown_version < _NOTICES.c.version))


def any_waiting(conn: Connection) -> bool:
    """Whether a message is still to go, now or later."""
    return conn.execute(select(_NOTICES.c.id).where(_NOTICES.c.state == PENDING).limit(1)).first() is not None


def _settle(conn: Connection, notice: Notice, **values: Any) -> None:
    """Only the attempt in the air may end: another replica may have found the message, or be posting it anew."""
    mine = (_NOTICES.c.id == notice.id, _NOTICES.c.attempt == notice.attempt)
    in_the_air = update(_NOTICES).where(*mine, _NOTICES.c.state.in_((SENDING, UNKNOWN)))
    conn.execute(in_the_air.values(**values))


def _listed(conn: Connection, condition: ColumnElement[bool]) -> list[Notice]:
    return [_notice(row) for row in conn.execute(select(_NOTICES).where(condition).order_by(_NOTICES.c.id))]


def _notice(row: Row[Any]) -> Notice:
    return Notice(**row._mapping)
