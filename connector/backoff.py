"""When a deferred record is tried again: at once, then less and less often. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.model import Memory, Outcome, OutcomeKind

FIRST = timedelta(minutes=5)
LONGEST = timedelta(hours=6)

UNSENT = frozenset({"BREAKER", "PAUSED", "QUOTA"})  # deferred for the sake of others: nothing was tried


def next_try(memory: Memory, outcome: Outcome, now: datetime) -> datetime | None:
    """When to try a record again that was deferred for a reason of its own; None when the next run may.

    The second deferral in a row waits 5 minutes, the third 10, and so on to six hours.
    """
    if outcome.kind is not OutcomeKind.DEFERRED or outcome.code in UNSENT:
        return None
    if memory.outcome != OutcomeKind.DEFERRED or memory.code != outcome.code:
        return None
    return now + min(FIRST * (1 << min(memory.tries - 1, 10)), LONGEST)
