"""Outreach: what people logged in the CRMs on accounts whose alert still waits for it (D40).

Only the recheck lane asks, and only where an alert waits. Whether an activity counts is the bot's to say, who knows
the alert's owner, its acknowledger and their team: here it is an activity of somebody's, told once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from connector.model import UNREADABLE, Activities, Awaited, NewFact, Outreach, OutreachKind, Purpose
from connector.ports import Ledger
from connector.prepare import Crm, House
from connector.rules.outbox import outreach_seen
from connector.spool import batched

Waiting = Mapping[str, Sequence[Awaited]]  # by account


@dataclass(frozen=True, slots=True)
class Seen:
    """The facts that follow, oldest activity first; and by CRM what it let nobody read, in its own words."""

    facts: Sequence[NewFact] = ()
    unreadable: Mapping[str, Mapping[OutreachKind, str]] = field(default_factory=dict)


def look_for_outreach(ledger: Ledger, open_house: Callable[[], House], now: datetime) -> Seen | None:
    """What the CRMs show of the outreach that is waited for. None where none is: then nobody is asked."""
    waiting: dict[str, list[Awaited]] = defaultdict(list)
    for one in ledger.awaiting_outreach(now):
        waiting[one.account_key].append(one)
    if not waiting:
        return None
    facts: list[tuple[datetime, NewFact]] = []
    unreadable: dict[str, dict[OutreachKind, str]] = {}
    for crm in open_house().crms:
        owners = _records(ledger, crm, waiting)
        for told in _asked(crm, waiting, owners, now):
            facts += _facts(told.found, waiting, owners, now)
            if told.unreadable:
                unreadable.setdefault(crm.facts.name, {}).update(told.unreadable)
    return Seen([fact for _, fact in sorted(facts, key=lambda pair: pair[0])], unreadable)


def note_outreach(ledger: Ledger, run_id: str, seen: Seen) -> bool:
    """Remember what was seen. True where another set of CRMs than before cannot be read in full.

    Killed before or after, the next look finds the same activities, and a fact that is there is not told again.
    """
    ledger.commit_decisions(run_id, [], seen.facts)
    hidden = " ".join(sorted(seen.unreadable))
    if hidden == (ledger.mark(UNREADABLE) or ""):
        return False
    ledger.set_mark(UNREADABLE, hidden)
    return True


def _records(ledger: Ledger, crm: Crm, waiting: Waiting) -> dict[str, list[str]]:
    """The accounts that wait, by their record in one CRM; those without one are absent."""
    keys: dict[str, list[str]] = defaultdict(list)
    for mapping in crm.mappings:
        if crm.holds_accounts(mapping):
            for key, memory in ledger.memories(mapping.name, sorted(waiting)).items():
                if memory.record_id:
                    keys[memory.record_id].append(key)
    return keys


def _asked(crm: Crm, waiting: Waiting, owners: Mapping[str, Sequence[str]], now: datetime) -> Sequence[Activities]:
    """One question for as many accounts as the CRM takes, since the oldest of their alerts."""

    def job(some: Sequence[str]) -> Activities:
        since = min(one.raised_at for record in some for key in owners[record] for one in waiting[key])
        return crm.caller(partial(crm.facts.outreach, some, since, now), purpose=Purpose.FACTS)

    return crm.caller.all(partial(job, some) for some in batched(sorted(owners), crm.facts.capacity.facts))


def _facts(
    found: Sequence[Outreach], waiting: Waiting, owners: Mapping[str, Sequence[str]], now: datetime
) -> Iterator[tuple[datetime, NewFact]]:
    """A fact for each alert that waited when an activity took place; what was done before it was raised is none."""
    for each in found:
        for key in dict.fromkeys(owners.get(each.record_id, ())):
            yield from ((each.at, outreach_seen(one, each, now)) for one in waiting[key] if each.at >= one.raised_at)
