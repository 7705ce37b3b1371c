"""How long a record has been in the same trouble, and how often it was tried: counted while it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from connector.model import Outcome, OutcomeKind
from connector.store import tables

REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.INVALID})

BEFORE = tuple(tables.memory.c[name] for name in ("account_key", "outcome", "code", "since", "tries"))
"""What `lasting` needs to know of the ending before."""


@dataclass(frozen=True, slots=True)
class Series:
    """Since when, and how often in a row. Both None where there is no trouble."""

    since: datetime | None = None
    tries: int | None = None


NO_TROUBLE = Series()


def lasting(before: Row[Any] | None, outcome: Outcome, at: datetime) -> Series:
    """The series an outcome belongs to: that of the ending before it when it is the same trouble."""
    if not outcome.code:
        return NO_TROUBLE
    if before is None or before.since is None or not _same(before, outcome):
        return Series(at, 1)
    return Series(before.since, before.tries + 1)


def _same(before: Row[Any], outcome: Outcome) -> bool:
    """Refused twice is one trouble whatever the words; an edit is one whether or not its neighbours were written."""
    return bool(before.code == outcome.code or (before.outcome in REFUSED and outcome.kind in REFUSED))
