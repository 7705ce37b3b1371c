"""How every account's score moved: a row when it is decided by another score or tier than before (D35).

The row says what it was until then; what it is stands in the decision in force. So an account whose score never moved
takes no room here (P14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connector.model import Canonical, Decision
from connector.store import tables
from connector.store.statements import insert_new

SCORE = "score"  # in a decision's evidence

_SCORES = tables.scores

Weighed = tuple[Canonical, str]  # score and tier
Moved = tuple[Decision, Weighed | None]  # a decision, and by what the account was decided before


@dataclass(frozen=True, slots=True)
class Score:
    """What an account was decided by from a moment on; None where nobody noted since when. `score` may be none."""

    since: datetime | None
    score: str | None
    tier: str


def of(conn: Connection, key: str, in_force: Decision | None) -> list[Score]:
    """An account's scores, oldest first, up to that of the decision in force."""
    query = select(_SCORES.c.at, _SCORES.c.score, _SCORES.c.tier).where(_SCORES.c.account_key == key)
    past = conn.execute(query.order_by(_SCORES.c.at)).all()
    since = [None, *(row.at for row in past)]
    told = [(row.score, row.tier) for row in past]
    if in_force and SCORE in in_force.evidence and (past or in_force.evidence[SCORE] is not None):
        told.append((_text(in_force.evidence[SCORE]), in_force.tier.value))
    return [Score(at, score, tier) for at, (score, tier) in zip(since, told, strict=False)]


def weighed(document: Mapping[str, Any]) -> Weighed | None:
    """By what a stored decision was made; None where the account could not be weighed."""
    evidence = document["evidence"]
    return (evidence[SCORE], document["tier"]) if SCORE in evidence else None


def note(conn: Connection, moved: Iterable[Moved]) -> None:
    """Note what accounts were decided by before, where that is another. In one moment the first one counts."""
    rows = [
        {
            "account_key": made.account_key,
            "at": made.crm_read_at or made.routed_at,
            "score": _text(before[0]),
            "tier": before[1],
        }
        for made, before in moved
        if before and before != (made.evidence.get(SCORE, ...), made.tier.value) and before[0] is not None
    ]
    insert_new(conn, _SCORES, rows)


def _text(score: Canonical) -> str | None:
    return None if score is None else str(score)
