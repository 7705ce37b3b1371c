"""Funnels as people ask for them, in Slack and on the command line: the same words, the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from connector.errors import PlsyncError
from connector.funnel.metrics import FunnelReport, Scope
from connector.funnel.periods import Period
from connector.measure import measure
from connector.model import InForce
from connector.ports import Named, Only, Within
from connector.rules.parts import FUNNEL
from connector.rules.segments import UNKNOWN_SIZE
from connector.store import definitions
from plsync.defining import versions
from plsync.wiring import Plsync

SIZE, OWNER = "employees", "owner_email"


def segment_names(plsync: Plsync) -> tuple[str, ...]:
    """What funnels can be narrowed to; nothing where no segment is declared."""
    named = tuple(one.name for one in plsync.folder.definitions.segments)
    return (*named, UNKNOWN_SIZE) if named else ()


def measured(plsync: Plsync, funnel: str, over: Period, scope: Scope) -> FunnelReport:
    """A configured funnel over a period, of one of `segment_names` and of an owner. Raises WarehouseError."""
    counted = measure(plsync.warehouse, plsync.funnels[funnel], over, list(narrowed(plsync, scope)))
    version = versions(plsync)[FUNNEL]
    told = replace(counted, scope=scope, version=version, breaks=None)
    try:
        with plsync.store.read() as conn:
            breaks = tuple(definitions.breaks(conn, over.before, over.until))
            return replace(told, breaks=breaks, in_force=_in_force(definitions.past(conn), version))
    except PlsyncError:  # counting itself needs no store
        return told


def _in_force(past: Iterable[InForce], version: str) -> datetime | None:
    """Since when the funnels have been defined so; None before a sync has worked by it."""
    latest = [one for one in past if one.name == FUNNEL][-1:]
    return next((one.since for one in latest if one.version == version), None)


def narrowed(plsync: Plsync, scope: Scope) -> Iterator[Only]:
    """Whose accounts are meant, as the warehouse narrows them."""
    segments = plsync.folder.definitions.segments
    if scope.segment == UNKNOWN_SIZE:
        yield Within(SIZE, below=segments[0].least, unknown=True)
    elif scope.segment:
        one = next(segment for segment in segments if segment.name == scope.segment)
        yield Within(SIZE, one.least, one.below)
    if scope.owner:
        yield Named(OWNER, scope.owner)
