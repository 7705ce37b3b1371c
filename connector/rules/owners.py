"""Whose account it becomes: the first of a rule's targets that names somebody who is there (D3, D13, D14)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from connector.model import CrmState
from connector.rules.people import FALLBACK, Staff
from connector.rules.reading import Problems

SQL_OWNER, ACCOUNT_OWNER, TERRITORY, POOL = "sql_owner", "account_owner", "territory", "pool"
KINDS = (SQL_OWNER, ACCOUNT_OWNER, TERRITORY, POOL)


@dataclass(frozen=True, slots=True)
class Target:
    """One place to look: `account_owner:enterprise_ae` takes the owner only in that role, `pool:ae` names the pool."""

    kind: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """The account as far as its owner depends on it. `listed_owner` is the warehouse's word for the owner."""

    key: str
    segment: str
    country: str | None
    listed_owner: str | None
    state: CrmState


@dataclass(frozen=True, slots=True)
class Owner:
    """Who it goes to, which target named them, and what was odd on the way."""

    email: str | None
    via: str | None = None
    flags: tuple[str, ...] = ()


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
    """The first target with somebody active in it, else the fallback pool. Nobody when there are no targets."""
    if not targets:
        return Owner(None)
    flags = ("sql_owner_inactive",) if _left(targets, claim, staff) else ()
    for target in (*targets, Target(POOL, FALLBACK)):
        if email := _find(target, claim, staff, today):
            return Owner(email, f"{target.kind}:{target.name}" if target.name else target.kind, flags)
    return Owner(None, None, (*flags, "nobody_to_route_to"))


def _find(target: Target, claim: Claim, staff: Staff, today: date) -> str | None:
    state = claim.state
    if target.kind == SQL_OWNER:
        return _present(state.stage_owner_email, staff, today) if state.stage_owner_active else None
    if target.kind == ACCOUNT_OWNER:
        # The live owner beats the warehouse's copy, even where it stands for nobody (D14).
        owner = (state.owner_email or claim.listed_owner or "").lower()
        return _present(owner, staff, today) if not target.name or _role(owner, staff) == target.name else None
    if target.kind == TERRITORY:
        covering = (t.pool for t in staff.territories if t.covers(claim.segment, claim.country))
        return _pick(claim.key, staff.pools.get(next(covering, ""), ()), staff, today)
    return _pick(claim.key, staff.pools.get(target.name, ()), staff, today)


def _left(targets: Sequence[Target], claim: Claim, staff: Staff) -> bool:
    """Whether the owner of the SQL or opportunity was wanted and is no longer with us (D3)."""
    email = claim.state.stage_owner_email
    if email is None or all(target.kind != SQL_OWNER for target in targets):
        return False
    known = staff.by_email.get(email.lower())
    return claim.state.stage_owner_active is False or (known is not None and not known.active)


def _role(email: str, staff: Staff) -> str | None:
    colleague = staff.by_email.get(email)
    return colleague.role if colleague else None


def _present(email: str | None, staff: Staff, today: date) -> str | None:
    """A real, active person, or the delegate of one who is away. CRM owners need not be listed as people."""
    if not email or "@" not in email or email.lower() in staff.unassigned:
        return None
    colleague = staff.by_email.get(email.lower())
    if colleague is None:
        return email.lower()
    if not colleague.active:
        return None
    return colleague.delegate or colleague.email if colleague.away(today) else colleague.email


def _pick(key: str, members: Collection[str], staff: Staff, today: date) -> str | None:
    """One member, always the same for the same account: members who come or go move only their own accounts."""
    here = [m for m in members if (c := staff.by_email.get(m)) and c.active and not c.away(today)]
    return max(here, key=lambda email: hashlib.sha256(f"{key}\n{email}".encode()).digest(), default=None)
