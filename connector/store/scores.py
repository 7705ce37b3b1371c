"""How every account's score moved: a row when it is decided by another score or tier than before (D35)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from connector.model import Decision
from connector.store import tables
from connector.store.columns import as_seconds
from connector.store.statements import rows_raw, upsert_raw

SCORE = "score"  # in a decision's evidence

_SCORES, _DECISIONS = tables.scores, tables.decisions
_COLUMNS = ("account_key", "at", "score", "tier")
_LATER = _SCORES.alias()
# By way of the decisions, which there is one of: so the database finds each account's newest row without its others.
_NEWEST = select(_DECISIONS.c.account_key, _SCORES.c.score, _SCORES.c.tier).join_from(
    _DECISIONS,
    _SCORES,
    and_(
        _SCORES.c.account_key == _DECISIONS.c.account_key,
        _SCORES.c.at
        == select(func.max(_LATER.c.at)).where(_LATER.c.account_key == _DECISIONS.c.account_key).scalar_subquery(),
    ),
)


@dataclass(frozen=True, slots=True)
class Score:
    """What an account was decided by from a moment on. `score` is None where it had none."""

    at: datetime
    score: str | None
    tier: str


def of(conn: Connection, key: str) -> list[Score]:
    """An account's scores, oldest first."""
    query = select(_SCORES.c.at, _SCORES.c.score, _SCORES.c.tier).where(_SCORES.c.account_key == key)
    return [Score(*row) for row in conn.execute(query.order_by(_SCORES.c.at))]


def append(conn: Connection, decided: Iterable[Decision]) -> None:
    """Remember the scores of decisions, which are stored already, where they are news.

    An account that never had a score has none to remember, and of one that could not be weighed nobody knows it.
    """
    scored = (one for one in decided if SCORE in one.evidence)
    told = {one.account_key: (one.crm_read_at or one.routed_at, _score(one), one.tier.value) for one in scored}
    newest = map(tuple, rows_raw(conn, _NEWEST, _DECISIONS.c.account_key, told))
    known = {key: (score, tier) for key, score, tier in newest}
    news = (
        (key, as_seconds(at), score, tier)
        for key, (at, score, tier) in told.items()
        if (score, tier) != known.get(key, (None, tier))
    )
    upsert_raw(conn, _SCORES, _COLUMNS, news, replaced=_COLUMNS[2:])


def _score(decision: Decision) -> str | None:
    score = decision.evidence[SCORE]
    return None if score is None else str(score)
