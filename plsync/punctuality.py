"""Whether the bot's clocks keep time: rungs that did not fire when they were due, people whose zone nobody said."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.auditor import LATE
from connector.store import Store, rungs
from connector.store.rungs import RungRow
from plsync.clocks import Clocks
from plsync.terminal import moment

REMEMBERED = timedelta(days=1)  # for so long a rung that fired too late is still told of


def late_rungs(store: Store, now: datetime) -> Sequence[RungRow]:
    """Rungs that are overdue, and those of the last day that fired too late. Raises StoreError."""
    with store.read() as conn:
        return [*rungs.overdue(conn, now - LATE), *rungs.fired_late(conn, now - REMEMBERED, LATE)]


def words(row: RungRow) -> str:
    """What was late, and where to look."""
    fired = f"fired {moment(row.fired_at)}" if row.fired_at else "has not fired"
    return (
        f"alert {row.alert_id}: {row.rung} was due {moment(row.due_at)} and {fired}: "
        "is `plsync serve` running with the bot? Its log says what kept it"
    )


def unzoned(clocks: Clocks) -> list[str]:
    """Whose zone people.toml does not say: that of their Slack profile counts, else the company's."""
    return [
        f'mappings/people.toml [people."{email}"]: no zone, so the one in Slack counts, else [company]\'s '
        f"({clocks.roster.company.zone.key}); write theirs"
        for email in clocks.roster.unzoned
    ]
