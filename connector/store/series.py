"""How long a record has been in the same trouble, and how often it was tried: counted while it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from connector.model import Outcome, OutcomeKind

REFUSED = frozenset({OutcomeKind.REJECTED, OutcomeKind.INVALID})


class Before(NamedTuple):
    """How a record ended before, by the columns of `memory`, as stored."""

    account_key: str
    outcome: str | None
    code: str | None
    since: int | None
    tries: int | None
    written: bytes


@dataclass(frozen=True, slots=True)
class Series:
    """Since when, and how often in a row. Both None where there is no trouble."""

    since: datetime | None = None
    tries: int | None = None


NO_TROUBLE = Series()


def lasting(before: Before | None, outcome: Outcome, at: datetime) -> Series:
    """The series an outcome belongs to: that of the ending before it when it is the same trouble."""
    if not outcome.code:
        return NO_TROUBLE
    if before is None or before.since is None or not _same(before, outcome):
        return Series(at, 1)
    return Series(datetime.fromtimestamp(before.since, UTC), (before.tries or 0) + 1)


def _same(before: Before, outcome: Outcome) -> bool:
    """Refused twice is one trouble whatever the words; an edit is one whether or not its neighbours were written."""
    return bool(before.code == outcome.code or (before.outcome in REFUSED and outcome.kind in REFUSED))
