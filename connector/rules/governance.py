"""Whether definitions change as agreed: documented, as a quarter begins, not too often, reviewed in time (I13 to I17).

Findings never stop a run: what is in force is what the files say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

from connector.model import InForce
from connector.rules.parts import UPKEEP
from connector.rules.terms import FILE, Agreed, Terms

STABLE = timedelta(days=90)  # how long a definition must stand to show what it is good for (I14)
UNVALIDATED = "unvalidated"  # a hypothesis, until it was backtested (I17)


@dataclass(frozen=True, slots=True)
class Defined:
    """One definition as it stands. `since` is None until a sync has worked by it.

    `terms` are those of its version, and empty where nobody documented that; `changed` says that it followed another.
    """

    name: str
    version: str
    since: date | None
    terms: Terms
    changed: bool
    undocumented: bool
    findings: tuple[str, ...]

    @property
    def validated(self) -> str:
        """When it was last backtested."""
        return self.terms.validated.isoformat() if self.terms.validated else UNVALIDATED


def judge(versions: Mapping[str, str], agreed: Agreed, past: Sequence[InForce], today: date) -> list[Defined]:
    """Every definition with its findings. `past` is what was in force, each name's in order."""
    return [_judged(name, version, agreed, _stood(name, past), today) for name, version in versions.items()]


def next_quarter(day: date, year_start: int) -> date:
    """`day`, if a quarter begins on it, or else the day the next one begins. `year_start` is a fiscal year's month."""
    while day.day > 1 or (day.month - year_start) % 3:
        day += timedelta(days=1)
    return day


def _judged(name: str, version: str, agreed: Agreed, stood: Sequence[InForce], today: date) -> Defined:
    here = stood[-1] if stood and stood[-1].version == version else None
    earlier = stood[:-1] if here else stood
    previous = earlier[-1] if earlier else None
    written = agreed.of(name)
    terms = written if written.version == version else Terms()
    since = None if here is None else _since(here, terms, first=previous is None)
    # Until somebody agrees on a first version, the first one there was stands for it.
    undocumented = not terms.version and bool(written.version or (previous and name not in UPKEEP))
    found: list[str] = []
    if undocumented:
        found.append(_undocumented(name, version, written, since))
    elif terms.version:
        found += _agreed_badly(name, agreed, terms, since, previous, today)
    if written.next_review and written.next_review < today:
        found.append(f"{name} was to be reviewed by {written.next_review}: do it, then date the next (next_review)")
    return Defined(name, version, since, terms, previous is not None, undocumented, tuple(found))


def _stood(name: str, past: Sequence[InForce]) -> list[InForce]:
    """What was in force by this name, each version once while it stood."""
    mine = (one for one in past if one.name == name)
    return [next(group) for _, group in groupby(mine, attrgetter("version"))]


def _since(one: InForce, terms: Terms, *, first: bool) -> date:
    """Of the first version there was only known since when we look: its terms may reach further back."""
    seen = one.since.date()
    return min(seen, terms.effective_from or seen) if first else seen


def _undocumented(name: str, version: str, written: Terms, since: date | None) -> str:
    when = f"changed on {since}" if since else "changes with the next sync"
    documented = f"documented is {written.version}" if written.version else "nothing is documented"
    return (
        f"{name} {when} and nobody documented it: its version is {version}, {documented}. "
        f'Agree on it, then write version = "{version}" into {FILE} [{name}]'
    )


def _agreed_badly(
    name: str, agreed: Agreed, terms: Terms, since: date | None, previous: InForce | None, today: date
) -> list[str]:
    found = [] if terms.approved_by else [f"{name}: nobody approved {terms.version}; name them (approved_by)"]
    if previous is None:
        return found
    effective = terms.effective_from or since or today
    if since and since < effective:
        found.append(f"{name} is in force since {since} already, before {effective} (effective_from)")
    reasons = _hasty(effective, agreed.fiscal_year_start, previous)
    if reasons and not terms.override_reason:
        found.append(
            f"{name} changed on {effective}: {' and '.join(reasons)}. "
            f"Wait for a quarter to begin, or write override_reason into {FILE} [{name}]"
        )
    return found


def _hasty(effective: date, year_start: int, previous: InForce) -> list[str]:
    """Why a change should have waited (I14, I15)."""
    quarter = next_quarter(effective, year_start)
    told = [] if quarter == effective else [f"the next quarter begins on {quarter}"]
    began = _began(previous)
    if (stood := effective - began) < STABLE:
        days = f"{max(0, stood.days)} days, fewer than {STABLE.days}"
        told.append(f"the definition before it, of {began}, stood for {days}")
    return told


def _began(one: InForce) -> date:
    documented = one.terms.get("effective_from")
    seen = one.since.date()
    return min(seen, date.fromisoformat(documented)) if isinstance(documented, str) else seen
