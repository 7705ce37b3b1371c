"""`people.toml` and `territories.toml` read: who sells, in which pool, to whom (D14)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from connector.rules.reading import Problems, Table

WHERE = "mappings/people.toml"
TERRITORIES = "mappings/territories.toml"
FALLBACK = "fallback"
# zone, slack, hours, days, country, subdivision and team are the bot's to read
_PERSON = {"name", "role", "manager", "active", "away_until", "delegate", "zone", "slack", "hours", "capacity", "team"}
_PERSON |= {"days", "country", "subdivision"}  # as [company] has them


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of ours, by e-mail. Away means: until the end of that day the delegate takes over (D43).

    `capacity` is how many accounts a pool or territory may have given them at once; None is any number.
    """

    email: str
    name: str
    role: str
    manager: str | None = None
    active: bool = True
    away_until: date | None = None
    delegate: str | None = None
    capacity: int | None = None

    def away(self, today: date) -> bool:
        """Whether new work should go to somebody else today."""
        return self.away_until is not None and today <= self.away_until

    def here(self, today: date) -> bool:
        """Whether new work may go to them today."""
        return self.active and not self.away(today)


@dataclass(frozen=True, slots=True)
class Territory:
    """A pool for accounts of these segments and countries; an empty list means all."""

    segments: tuple[str, ...]
    countries: tuple[str, ...]
    pool: str

    def covers(self, segment: str, country: str | None) -> bool:
        """Whether an account falls into it."""
        fits = not self.segments or segment in self.segments
        return fits and (not self.countries or (country or "").upper() in self.countries)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody, the pools they share, and the territories in order; the first that covers an account counts.

    `unassigned` are owners that stand for nobody: an integration user, a house account.
    """

    by_email: Mapping[str, Colleague]
    pools: Mapping[str, tuple[str, ...]]
    territories: tuple[Territory, ...]
    unassigned: frozenset[str]

    @property
    def limited(self) -> frozenset[str]:
        """Who has a capacity."""
        return frozenset(email for email, one in self.by_email.items() if one.capacity is not None)

    def substitute(self, person: Colleague, today: date) -> str | None:
        """Who works in somebody's place today: themselves, or the first of their delegates' line who is there."""
        seen = set[str]()
        one: Colleague | None = person
        while one and one.email not in seen:
            if one.here(today):
                return one.email
            seen.add(one.email)
            one = self.by_email.get(one.delegate or "")
        return None


def read(people: Table, territories: Table, segments: Collection[str], problems: Problems) -> Staff:
    """Staff from the two files. Notes people nobody knows, pools nobody fills, segments nobody declares."""
    problems.only(WHERE, people, {"people", "pools", "routing", "company"})
    by_email = {
        email.lower(): _colleague(email.lower(), row, problems)
        for email, row in problems.table(f"{WHERE} [people]", people.get("people")).items()
    }
    routing = problems.table(f"{WHERE} [routing]", people.get("routing"))
    problems.only(f"{WHERE} [routing]", routing, {"unassigned_owners"})
    pools = _pools(problems.table(f"{WHERE} [pools]", people.get("pools")), by_email, problems)
    _check_references(by_email, problems)
    return Staff(
        by_email=by_email,
        pools=pools,
        territories=_territories(territories, pools, segments, problems),
        unassigned=frozenset(
            email.lower() for email in problems.texts(f"{WHERE} [routing]", routing, "unassigned_owners")
        ),
    )


def _colleague(email: str, row: object, problems: Problems) -> Colleague:
    where = f'{WHERE} [people."{email}"]'
    table = problems.table(where, row)
    problems.only(where, table, _PERSON)
    until = table.get("away_until")
    if until is not None and (not isinstance(until, date) or hasattr(until, "hour")):
        problems.add(where, f'"away_until" must be a date such as 2030-01-31, not {until!r}')
        until = None
    return Colleague(
        email=email,
        name=problems.text(where, table, "name", email),
        role=problems.text(where, table, "role"),
        manager=_email(where, table, "manager", problems),
        active=problems.truth(where, table, "active", default=True),
        away_until=until,
        delegate=_email(where, table, "delegate", problems),
        capacity=_capacity(where, table, problems),
    )


def _capacity(where: str, table: Table, problems: Problems) -> int | None:
    value = table.get("capacity")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    problems.add(where, f'"capacity" must be a whole number of accounts from 0, not {value!r}')
    return None


def _email(where: str, table: Table, key: str, problems: Problems) -> str | None:
    return problems.text(where, table, key).lower() if key in table else None


def _pools(table: Table, known: Collection[str], problems: Problems) -> dict[str, tuple[str, ...]]:
    pools: dict[str, tuple[str, ...]] = {}
    for name in table:
        where = f"{WHERE} [pools] {name}"
        members = tuple(email.lower() for email in problems.texts(f"{WHERE} [pools]", table, name))
        for email in members:
            problems.choice(where, "person", email, known)
        if not members:
            problems.add(where, "has no members; name at least one person")
        pools[name] = members
    if FALLBACK not in pools:
        problems.add(f"{WHERE} [pools]", f'the pool "{FALLBACK}" is missing; it takes what nobody else can')
    return pools


def _check_references(by_email: Mapping[str, Colleague], problems: Problems) -> None:
    for colleague in by_email.values():
        for key in ("manager", "delegate"):
            email = getattr(colleague, key)
            if email is not None:
                problems.choice(f'{WHERE} [people."{colleague.email}"]', key, email, by_email)


def _territories(
    document: Table, pools: Collection[str], segments: Collection[str], problems: Problems
) -> tuple[Territory, ...]:
    problems.only(TERRITORIES, document, {"territory"})
    found = []
    for where, row in problems.rows(f"{TERRITORIES} territory", document.get("territory")):
        problems.only(where, row, {"segment", "country", "pool"})
        for segment in (named := problems.texts(where, row, "segment")):
            problems.choice(where, "segment", segment, segments)
        pool = problems.choice(where, "pool", problems.text(where, row, "pool"), pools)
        countries = tuple(country.upper() for country in problems.texts(where, row, "country"))
        found.append(Territory(named, countries, pool))
    return tuple(found)
