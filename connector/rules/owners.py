"""Whose account it becomes: the first of a rule's targets that names somebody who is there (D3, D14, D43).

A pool shares its accounts evenly among the members who are there and have room. Who has an account keeps it while they
are active and in the pool, so that people who come, go or get less room move only their own; while they are away
somebody stands in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from connector.model import CrmState, Decision
from connector.rules.people import FALLBACK, Colleague, Staff
from connector.rules.reading import Problems

SQL_OWNER, ACCOUNT_OWNER, TERRITORY, POOL = "sql_owner", "account_owner", "territory", "pool"
KINDS = (SQL_OWNER, ACCOUNT_OWNER, TERRITORY, POOL)
SHARED = (TERRITORY, POOL)
STANDS_IN_FOR = "stands_in_for"  # evidence of a decision: who is away
POOL_FULL, OWNER_AWAY = "pool_full", "owner_away"


@dataclass(frozen=True, slots=True)
class Target:
    """One place to look: `account_owner:enterprise_ae` takes the owner only in that role, `pool:ae` names the pool."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What was before a decision: who had the account, most rightful first, and how many others people have.

    `loads` counts for everybody with a capacity, the account itself left out.
    """

    holders: tuple[str, ...] = ()
    loads: Mapping[str, int] = field(default_factory=dict)


UNASSIGNED = Standing()


@dataclass(frozen=True, slots=True)
class Claim:
    """The account as far as its owner depends on it. `listed_owner` is the warehouse's word for the owner."""

    key: str
    segment: str
    country: str | None
    listed_owner: str | None
    state: CrmState
    standing: Standing = UNASSIGNED


@dataclass(frozen=True, slots=True)
class Owner:
    """Who it goes to, which target named them, and what was odd on the way. `stands_in_for` is somebody away."""

    email: str | None
    via: str | None = None
    flags: tuple[str, ...] = ()
    stands_in_for: str | None = None


def read_targets(where: str, texts: Iterable[str], staff: Staff, problems: Problems) -> tuple[Target, ...]:
    """A rule's `to`. Notes unknown kinds, pools and roles."""
    targets = []
    for text in texts:
        kind, _, name = text.partition(":")
        problems.choice(where, "target", kind, KINDS)
        if kind == POOL:
            problems.choice(where, "pool", name or "(none)", staff.pools)
        elif kind == ACCOUNT_OWNER and name:
            problems.choice(where, "role", name, {colleague.role for colleague in staff.by_email.values()})
        elif name:
            problems.add(where, f'"{kind}" takes nothing after a colon')
        targets.append(Target(kind, name))
    return tuple(targets)


def owner_of(targets: Sequence[Target], claim: Claim, staff: Staff, today: date) -> Owner:
    """The first target with somebody in it who is there, else the fallback pool. Nobody when there are no targets."""
    if not targets:
        return Owner(None)
    flags = ("sql_owner_inactive",) if _left(targets, claim, staff) else ()
    holder, full = _holder(targets, claim, staff, today), False
    for target in (*targets, Target(POOL, FALLBACK)):
        if target.kind in SHARED:
            found = _shared(target, holder, claim, staff, today)
        else:
            found = _named(target, claim, staff, today)
        full = full or POOL_FULL in found.flags
        if found.email:
            last_resort = (POOL_FULL,) if full and target.name == FALLBACK else ()
            via = f"{target.kind}:{target.name}" if target.name else target.kind
            return replace(found, via=via, flags=(*flags, *found.flags, *last_resort))
    return Owner(None, None, (*flags, "nobody_to_route_to"))


def holders(before: Decision | None) -> tuple[str, ...]:
    """Who had the account by the decision before, most rightful first.

    Beside an SQL that is who would have had it otherwise, during somebody's leave whoever is away.
    """
    if before is None:
        return ()
    otherwise = before.counterfactual.routed_to if before.counterfactual else None
    away = before.evidence.get(STANDS_IN_FOR)
    named = (otherwise, away if isinstance(away, str) else None, before.routed_to)
    return tuple(email for email in named if email)


def moved(loads: Mapping[str, int], left: str | None, to: str | None) -> Mapping[str, int]:
    """The loads once an account went from one to the other; who has no capacity is not counted."""
    steps = ((email, step) for email, step in ((left, -1), (to, 1)) if email is not None and email in loads)
    return {**loads, **{email: loads[email] + step for email, step in steps}} if left != to else loads


def _named(target: Target, claim: Claim, staff: Staff, today: date) -> Owner:
    """The owner of the SQL or of the account, or whoever stands in. CRM owners need not be listed as people."""
    state = claim.state
    if target.kind == SQL_OWNER:
        email = state.stage_owner_email if state.stage_owner_active else None
    else:
        # The live owner beats the warehouse's copy, even where it stands for nobody (D14).
        email = state.owner_email or claim.listed_owner
    email = (email or "").lower()
    if "@" not in email or email in staff.unassigned:
        return Owner(None)
    person = staff.by_email.get(email)
    if target.name and (person is None or person.role != target.name):
        return Owner(None)
    return Owner(email) if person is None else _present(person, staff, today)


def _present(person: Colleague, staff: Staff, today: date) -> Owner:
    """A colleague, or the delegate of one who is away or has left (D43). Without one, who is away keeps their own."""
    substitute = staff.substitute(person, today)
    if substitute is None:
        return Owner(person.email, flags=(OWNER_AWAY,)) if person.active else Owner(None)
    away = person.active and substitute != person.email
    return Owner(substitute, stands_in_for=person.email if away else None)


def _left(targets: Sequence[Target], claim: Claim, staff: Staff) -> bool:
    """Whether the owner of the SQL or opportunity was wanted and is no longer with us (D3)."""
    email = claim.state.stage_owner_email
    if email is None or all(target.kind != SQL_OWNER for target in targets):
        return False
    known = staff.by_email.get(email.lower())
    return claim.state.stage_owner_active is False or (known is not None and not known.active)


def _members(target: Target, claim: Claim, staff: Staff) -> Collection[str]:
    if target.kind == POOL:
        return staff.pools.get(target.name, ())
    covering = (t.pool for t in staff.territories if t.covers(claim.segment, claim.country))
    return staff.pools.get(next(covering, ""), ())


def _holder(targets: Iterable[Target], claim: Claim, staff: Staff, today: date) -> Colleague | None:
    """Whoever has the account, is in one of the pools it may go to, and has not left without a delegate."""
    pools = {member for target in targets if target.kind in SHARED for member in _members(target, claim, staff)}
    had = (staff.by_email[email] for email in claim.standing.holders if email in pools and email in staff.by_email)
    return next((one for one in had if one.active or staff.substitute(one, today)), None)


def _shared(target: Target, holder: Colleague | None, claim: Claim, staff: Staff, today: date) -> Owner:
    """Who has the account, or their delegate; else whoever of the pool is its turn, for who is away only meanwhile."""
    substitute = staff.substitute(holder, today) if holder else None
    found = Owner(substitute) if substitute else _picked(target, claim, staff, today)
    if holder is None or not holder.active or found.email in (None, holder.email):
        return found
    return replace(found, stands_in_for=holder.email)


def _picked(target: Target, claim: Claim, staff: Staff, today: date) -> Owner:
    """A member who is there and has room, the same one for the same account whoever else comes or goes.

    The fallback pool takes what nobody else can, however much it has.
    """
    present = [m for m in _members(target, claim, staff) if (c := staff.by_email.get(m)) and c.here(today)]
    free = [m for m in present if target.name == FALLBACK or _has_room(staff.by_email[m], claim)]
    chosen = max(free, key=lambda email: hashlib.sha256(f"{claim.key}\n{email}".encode()).digest(), default=None)
    return Owner(chosen, flags=(POOL_FULL,) if present and not free else ())


def _has_room(person: Colleague, claim: Claim) -> bool:
    return person.capacity is None or claim.standing.loads.get(person.email, 0) < person.capacity
