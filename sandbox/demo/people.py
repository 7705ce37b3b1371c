"""Who works at a demo account: up to four people, named by role (D39)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.demo.account import Account
from sandbox.demo.choice import between, share
from sandbox.demo.days import Days

ROLES = (
    ("admin", "Workspace", "admin", "Head of operations"),
    ("data", "Data", "lead", "Data lead"),
    ("operations", "Operations", "lead", "Operations manager"),
    ("procurement", "Procurement", "lead", "Procurement manager"),
)
ADMIN = ROLES[0][0]


@dataclass(frozen=True)
class Person:
    """Somebody at an account."""

    key: str
    email: str
    first_name: str
    last_name: str
    title: str
    is_admin: bool
    last_seen: datetime
    opt_out: bool

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


def people_of(account: Account, days: Days) -> tuple[Person, ...]:
    """The people of an account that is a PQL by the end of day two; the first is its admin."""
    if account.stages.pql is None:
        return ()
    count = between(1, len(ROLES), account.key, "people")
    return tuple(_person(account, role, days) for role in ROLES[:count])


def buyer_of(account: Account, days: Days) -> Person:
    """The contact behind the deal of an account nobody uses the product at."""
    return _person(account, ("buyer", "Lead", "buyer", "Procurement manager"), days)


def person_key(account_key: str, slug: str) -> str:
    """The warehouse's key of one person at an account."""
    return f"{account_key}:{slug}"


def _person(account: Account, role: tuple[str, str, str, str], days: Days) -> Person:
    slug, first_name, last_name, title = role
    is_admin = slug == ADMIN
    return Person(
        key=person_key(account.key, slug),
        email=f"{slug}@{account.domain}",
        first_name=first_name,
        last_name=last_name,
        title=title,
        is_admin=is_admin,
        last_seen=days.as_of - timedelta(minutes=between(30, 2_000, account.key, slug)),
        opt_out=not is_admin and share(account.key, slug, "opt out") < 0.1,
    )
