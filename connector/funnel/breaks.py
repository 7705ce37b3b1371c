"""Where a series breaks: a definition changed, and counts before and after it do not compare (I13)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Break:
    """A definition, and the moment another version of it took effect."""

    at: datetime
    name: str
    version: str


def told(breaks: Iterable[Break]) -> list[str]:
    """A sentence per day: which definitions changed then."""
    ordered = sorted(breaks, key=lambda one: (one.at, one.name))
    days = groupby(ordered, key=lambda one: one.at.date())
    return [f"definition changed on {day.day} {day:%b %Y}: {_names(group)}" for day, group in days]


def _names(breaks: Iterable[Break]) -> str:
    return ", ".join(dict.fromkeys(one.name for one in breaks))
