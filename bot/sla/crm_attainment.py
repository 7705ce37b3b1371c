"""How the promises over dates of the CRM were kept, clock by clock, and which rejects say no reason (D41, E10). Pure.

Dates of a CRM are what people and automations left there, so each odd one has its place:

    the starting date is missing, or in the future      nothing was promised yet: not counted
    what ends it is missing, or in the future           not done: running, or overdue (a call may be planned for then)
    what ends it lies before the start                  contradictory: neither kept nor broken, and nobody is told

What was accepted, rejected, or became an SQL was reviewed, also where nobody noted that; an SQL was accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.sla.crm_dates import DISCOVERY, MQL_REVIEW, MQL_VERDICT, CrmClock, CrmDue, Standing, judge
from bot.sla.hours import Hours

MQL_AT, REVIEWED_AT, ACCEPTED_AT, REJECTED_AT = "mql_at", "mql_reviewed_at", "mql_accepted_at", "mql_rejected_at"
SQL_AT, DISCOVERY_AT = "sql_at", "discovery_at"
REJECT_REASON = "mql_reject_reason"
DATES = (MQL_AT, REVIEWED_AT, ACCEPTED_AT, REJECTED_AT, SQL_AT, DISCOVERY_AT)
STARTS = (MQL_AT, SQL_AT, REJECTED_AT)
"""What puts an account into a period."""
REJECTS = (REJECTED_AT, REJECT_REASON)
"""The columns without which nobody knows about rejects."""
MOST_LISTED = 10

HoursOf = Callable[[str | None], Hours]


@dataclass(frozen=True, slots=True)
class Milestones:
    """What the CRM says of one account: dates by column, as far as there are any."""

    key: str
    name: str
    owner: str | None
    dates: Mapping[str, datetime]
    reject_reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Ends:
    """By which columns a clock begins and ends. `besides` are those that imply its end."""

    start: str
    done: tuple[str, ...]
    besides: tuple[str, ...] = ()


_ENDS: Mapping[str, _Ends] = {
    MQL_REVIEW: _Ends(MQL_AT, (REVIEWED_AT,), (ACCEPTED_AT, REJECTED_AT, SQL_AT)),
    MQL_VERDICT: _Ends(MQL_AT, (ACCEPTED_AT, REJECTED_AT), (SQL_AT,)),
    DISCOVERY: _Ends(SQL_AT, (DISCOVERY_AT,)),
}


@dataclass(frozen=True, slots=True)
class Open:
    """An account of whom something is still to be done: since when, and by when it should have been."""

    key: str
    name: str
    owner: str | None
    since: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class CrmKept:
    """The promises of one clock: `late` ones were done, `overdue` ones are not. The oldest of those are `listed`."""

    clock: CrmClock
    kept: int
    late: int
    overdue: int
    running: int
    contradictory: int
    listed: tuple[Open, ...]

    @property
    def settled(self) -> int:
        """How many were kept or broken."""
        return self.kept + self.late + self.overdue

    @property
    def share(self) -> float | None:
        """The part that was kept of those."""
        return self.kept / self.settled if self.settled else None


@dataclass(frozen=True, slots=True)
class Rejects:
    """How many MQLs were rejected, how many of them without a reason, and the newest of these."""

    rejected: int
    uncoded: int
    listed: tuple[Open, ...]

    @property
    def share(self) -> float | None:
        """The part that has a reason."""
        return (self.rejected - self.uncoded) / self.rejected if self.rejected else None


@dataclass(frozen=True, slots=True)
class CrmAttained:
    """Each clock that is declared, and the others with the columns they lack: not 0 but unknown (D45).

    So are rejects that are None.
    """

    kept: tuple[CrmKept, ...]
    undeclared: tuple[tuple[CrmClock, tuple[str, ...]], ...]
    rejects: Rejects | None


def missing(clock: CrmClock, columns: Collection[str]) -> tuple[str, ...]:
    """What a clock needs and the warehouse does not declare."""
    ends = _ENDS[clock.name]
    return tuple(name for name in (ends.start, *ends.done) if name not in columns)


def standing(clock: CrmClock, account: Milestones, hours: Hours, now: datetime) -> CrmDue | None:
    """How a promise to one account stands; None where none was made yet, or its dates contradict each other."""
    ends = _ENDS[clock.name]
    started = account.dates.get(ends.start)
    if started is None or started > now:
        return None
    said = [at for name in ends.done if (at := account.dates.get(name)) and at <= now]
    implied = [at for name in ends.besides if (at := account.dates.get(name)) and at <= now]
    done = min((at for at in (*said, *implied) if at >= started), default=None)
    if done is None and said:
        return None
    return judge(clock, started, done, hours, now)


def crm_attained(
    accounts: Iterable[Milestones],
    clocks: Sequence[CrmClock],
    columns: Collection[str],
    since: datetime,
    until: datetime,
    hours_of: HoursOf,
    now: datetime,
) -> CrmAttained:
    """Promises that began, and rejects that were made, in since <= date < until. Goes over the accounts once."""
    tallies = [_Tally(clock) for clock in clocks if not missing(clock, columns)]
    rejects = _RejectTally() if set(REJECTS) <= set(columns) else None
    for account in accounts:
        for tally in tallies:
            if _began(account, _ENDS[tally.clock.name].start, since, until, now):
                tally.add(account, hours_of(account.owner), now)
        if rejects and _began(account, REJECTED_AT, since, until, now):
            rejects.add(account)
    undeclared = tuple((clock, lacks) for clock in clocks if (lacks := missing(clock, columns)))
    return CrmAttained(tuple(tally.told() for tally in tallies), undeclared, rejects.told() if rejects else None)


def unreviewed(clock: CrmClock, accounts: Iterable[Milestones], hours_of: HoursOf, now: datetime) -> Iterator[Open]:
    """Those of whom the manager is to hear: nobody has done it, and the term until they hear is over (E7)."""
    for account in accounts:
        due = standing(clock, account, hours_of(account.owner), now)
        if due is None or due.manager_at is None or due.standing in (Standing.KEPT, Standing.LATE):
            continue
        if due.manager_at <= now:
            yield _open(account, _ENDS[clock.name].start, due.due_at)


@dataclass(slots=True)
class _Tally:
    clock: CrmClock
    counts: Counter[Standing] = field(default_factory=Counter)
    contradictory: int = 0
    listed: list[Open] = field(default_factory=list)

    def add(self, account: Milestones, hours: Hours, now: datetime) -> None:
        due = standing(self.clock, account, hours, now)
        if due is None:
            self.contradictory += 1
            return
        self.counts[due.standing] += 1
        if due.standing is Standing.OVERDUE:
            found = _open(account, _ENDS[self.clock.name].start, due.due_at)
            self.listed = sorted((*self.listed, found), key=lambda one: (one.due_at, one.key))[:MOST_LISTED]

    def told(self) -> CrmKept:
        kept, late, overdue, running = (
            self.counts[each] for each in (Standing.KEPT, Standing.LATE, Standing.OVERDUE, Standing.RUNNING)
        )
        return CrmKept(self.clock, kept, late, overdue, running, self.contradictory, tuple(self.listed))


@dataclass(slots=True)
class _RejectTally:
    rejected: int = 0
    uncoded: int = 0
    listed: list[Open] = field(default_factory=list)

    def add(self, account: Milestones) -> None:
        self.rejected += 1
        if (account.reject_reason or "").strip():
            return
        self.uncoded += 1
        found = _open(account, REJECTED_AT, account.dates[REJECTED_AT])
        self.listed = sorted((*self.listed, found), key=lambda one: (one.since, one.key), reverse=True)[:MOST_LISTED]

    def told(self) -> Rejects:
        return Rejects(self.rejected, self.uncoded, tuple(self.listed))


def _began(account: Milestones, column: str, since: datetime, until: datetime, now: datetime) -> bool:
    at = account.dates.get(column)
    return at is not None and since <= at < until and at <= now


def _open(account: Milestones, start: str, due_at: datetime) -> Open:
    return Open(account.key, account.name, account.owner, account.dates[start], due_at)
