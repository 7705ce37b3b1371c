"""Definitions: which version of each was in force since when. One row per change (I13)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby, pairwise
from operator import attrgetter

from sqlalchemy import Connection, insert, select, update

from connector.funnel.breaks import Break
from connector.model import InForce
from connector.rules.parts import FUNNEL, UPKEEP
from connector.store import runs, tables

WHOLE = "full"  # the lane that decides everybody

_DEFINITIONS, _RUNS = tables.definitions, tables.runs
_DECIDE_NOTHING = UPKEEP | {FUNNEL}
_EVER = datetime.max.replace(tzinfo=UTC)

Documented = Mapping[str, Mapping[str, object]]


def past(conn: Connection) -> list[InForce]:
    """Everything that was in force, by name and in order."""
    rows = conn.execute(select(_DEFINITIONS).order_by(_DEFINITIONS.c.name, _DEFINITIONS.c.since))
    return [InForce(row.name, row.since, row.version, row.terms) for row in rows]


def record(conn: Connection, versions: Mapping[str, str], documented: Documented, at: datetime) -> None:
    """Note what is in force from now on, where that is news. `documented` are the terms of these versions, by name.

    Terms that are written after the change are those of the version all the same.
    """
    latest = {one.name: one for one in past(conn)}
    for name, version in versions.items():
        here, terms = latest.get(name), documented.get(name, {})
        if here is None or here.version != version:
            row = {"name": name, "since": at, "version": version, "terms": dict(terms)}
            conn.execute(insert(_DEFINITIONS).values(row))
        elif terms and dict(terms) != here.terms:
            mine = (_DEFINITIONS.c.name == name) & (_DEFINITIONS.c.since == here.since)
            conn.execute(update(_DEFINITIONS).where(mine).values(terms=dict(terms)))


def breaks(conn: Connection, since: datetime, until: datetime) -> list[Break]:
    """The changes of since <= time < until, in order. A first version changes nothing, and upkeep is no change."""
    found = []
    for name, versions in groupby(past(conn), attrgetter("name")):
        changed = [after for before, after in pairwise(versions) if before.version != after.version]
        found += [Break(one.since, name, one.version) for one in changed if name not in UPKEEP]
    return sorted((one for one in found if since <= one.at < until), key=attrgetter("at", "name"))


def redefined(conn: Connection, versions: Mapping[str, str]) -> bool:
    """Whether these are other definitions to decide by than those of the last whole run that ended well (D13)."""
    since = _whole_before(conn, None)
    then = {one.name: one.version for one in past(conn) if since and one.since <= since}
    return any(then.get(name, version) != version for name, version in versions.items() if name not in _DECIDE_NOTHING)


def redefined_before(conn: Connection, run: str) -> bool:
    """Whether a run decided by other definitions than the last whole run before it that ended well (D37).

    What only counts, the funnels, decides nothing. Before a first whole run nothing is another definition.
    """
    since = _whole_before(conn, run)
    if since is None:
        return False
    until = conn.execute(select(_RUNS.c.finished_at).where(_RUNS.c.id == run)).scalar() or _EVER
    return any(since < one.at <= until for one in breaks(conn, since, _EVER) if one.name != FUNNEL)


def _whole_before(conn: Connection, run: str | None) -> datetime | None:
    """When the last whole run ended well, of those before `run` where one is named."""
    whole = (_RUNS.c.lane == WHOLE) & (_RUNS.c.state == runs.DONE)
    before = whole if run is None else whole & (_RUNS.c.id < run)
    return conn.execute(select(_RUNS.c.finished_at).where(before).order_by(_RUNS.c.id.desc()).limit(1)).scalar()
