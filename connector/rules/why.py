"""Why an account is worth a call now: one sentence (F3) and the lines behind it (F4), built from its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from connector.model import Person, Record
from connector.rules.names import COLUMNS, typed
from connector.rules.phrases import BY_PERSON, Told, grouped, phrase
from connector.rules.signals import strength, within
from connector.rules.wording import LONGEST

STRONGEST = 3
NOTHING = "This account has no recent product activity."


@dataclass(frozen=True, slots=True)
class Line:
    """One reason, with when it last held."""

    kind: str
    text: str
    occurred_at: datetime


def why_now(record: Record, as_of: datetime) -> str:
    """The sentence of an alert: active users, then the three strongest reasons of the last thirty days."""
    reasons = _strongest(record, as_of)[:STRONGEST]
    while len(sentence := _sentence(record, reasons, as_of)) > LONGEST and reasons:
        reasons = reasons[:-1]
    return sentence


def lines(record: Record, as_of: datetime, limit: int = 5) -> list[Line]:
    """The strongest reasons as lines of their own: "Seat usage at 95 %"."""
    return [Line(t.kind, _line(record, t, as_of), t.newest) for t in _strongest(record, as_of)[:limit]]


def did(record: Record, person: Person, as_of: datetime) -> str | None:
    """The strongest thing one person did lately."""
    own = [told for told in _strongest(record, as_of) if told.person_key == person.key]
    return phrase(own[0], as_of) if own else None


def people(record: Record, as_of: datetime, limit: int = 3) -> list[Person]:
    """Whom to call: who did the most telling things, then administrators, then who was seen last (D39)."""
    ranks: dict[str, int] = {}
    for place, told in enumerate(_strongest(record, as_of)):
        if told.person_key:
            ranks.setdefault(told.person_key, place)
    last = len(ranks) + len(record.signals)
    seen = {p.key: p.last_seen.timestamp() if p.last_seen else 0.0 for p in record.people}
    order = sorted(record.people, key=lambda p: (ranks.get(p.key, last), not p.is_admin, -seen[p.key], p.key))
    return order[:limit]


def _strongest(record: Record, as_of: datetime) -> list[Told]:
    told = grouped(within(record.signals, as_of))
    return sorted(told, key=lambda t: (strength(t.kind), -t.newest.timestamp(), t.kind, t.detail or ""))


def _sentence(record: Record, reasons: Sequence[Told], as_of: datetime) -> str:
    own = [*_users(record), *(phrase(told, as_of) for told in reasons if told.kind not in BY_PERSON)]
    others = [f"{_who(record, t)} {phrase(t, as_of)}" for t in reasons if t.kind in BY_PERSON]
    if own:
        return f"This account {_joined([*own, *others], own=len(own))}."
    if others:
        text = _joined(others, own=0)
        return f"{text[0].upper()}{text[1:]}."
    return NOTHING


def _joined(clauses: Sequence[str], own: int) -> str:
    """Clauses as a list. Two that share the subject need no comma; a new subject is set off by one."""
    if len(clauses) == 1:
        return clauses[0]
    comma = "" if len(clauses) == 2 and own == 2 else ","
    return f"{', '.join(clauses[:-1])}{comma} and {clauses[-1]}"


def _users(record: Record) -> list[str]:
    users = typed(record.values.get("active_users"), COLUMNS["active_users"])
    if not isinstance(users, Decimal) or users < 1:
        return []
    return ["has 1 active user" if users == 1 else f"has {users:.0f} active users"]


def _who(record: Record, told: Told) -> str:
    """Who did it, by role: names stay with the people to call."""
    person = next((person for person in record.people if person.key == told.person_key), None)
    if person is None:
        return "somebody"
    if person.is_admin:
        return "the admin"
    return f"the {person.title}" if person.title else "a user"


def _line(record: Record, told: Told, as_of: datetime) -> str:
    if told.kind == "seat_saturation" and (share := _percent(record, "seats_used", "seats_purchased")):
        return f"Seat usage at {share} %"
    text = phrase(told, as_of)
    return f"{text[0].upper()}{text[1:]}"


def _percent(record: Record, used: str, purchased: str) -> str | None:
    part, whole = (typed(record.values.get(name), COLUMNS[name]) for name in (used, purchased))
    if not isinstance(part, Decimal) or not isinstance(whole, Decimal) or whole <= 0:
        return None
    return f"{part * 100 / whole:.0f}"
