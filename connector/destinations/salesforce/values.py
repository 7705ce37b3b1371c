"""Salesforce's JSON as canonical values, moments and days.

Its JSON is typed already; only datetimes are spelled in a way of their own, always the same one, so that no
description of the object is needed to tell them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from connector.model import Canonical, choices

_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


def canonical(wire: Any) -> Canonical:
    """A field's value as memories and comparisons hold it: blank is None, 87.0 is 87, datetimes end in Z."""
    if wire is None or wire == "":
        return None
    if isinstance(wire, float) and wire.is_integer():
        return int(wire)
    if isinstance(wire, str) and _DATETIME.fullmatch(wire):
        return f"{wire[:19]}Z"
    return wire if isinstance(wire, bool | int | float | str) else str(wire)


def chosen(wire: Any) -> Canonical:
    """A multi-select field's value: its choices in canonical order."""
    return ";".join(choices(str(wire).split(";"))) or None if wire else None


def flat(row: Mapping[str, Any], path: str = "") -> dict[str, Canonical]:
    """A query's row with related records spelled as paths: {"Owner": {"Name": …}} is {"Owner.Name": …}."""
    return dict(_leaves(row, path))


def _leaves(row: Mapping[str, Any], path: str) -> Iterator[tuple[str, Canonical]]:
    for name, value in row.items():
        if name == "attributes":
            continue
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", canonical(value)


def moment(value: Canonical) -> datetime | None:
    """A canonical date or datetime as a UTC moment; a date is its midnight. None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def day(value: Canonical) -> date | None:
    """The UTC day of a canonical date or datetime."""
    at = moment(value)
    return at.date() if at else None
