"""Merging two records of one type: a new record takes the place of both.

Since 2025 HubSpot gives the result an id of its own; the two old ids answer with it from then on
(developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies).
"""

from __future__ import annotations

from datetime import datetime

from sandbox.hubspot.errors import NOT_FOUND, Refused, invalid
from sandbox.hubspot.kinds import ObjectKind
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.records import Record, Source, Version
from sandbox.hubspot.standard import LIFECYCLE

MERGED_IDS = "hs_merged_object_ids"


def merge(portal: HubSpotPortal, kind: ObjectKind, primary_id: str, other_id: str, source: Source) -> Record:
    """The record that two became: the primary's values, the other's where the primary has none.

    Both histories are kept, the current value first (unproven). The oldest create date and the furthest lifecycle
    stage win, whosever they are. Raises Refused: 404 for a record that is not there, 400 for one merged with itself.
    """
    primary, other = _present(portal, kind, primary_id), _present(portal, kind, other_id)
    if primary is other:
        raise invalid(f"A {kind.singular} cannot be merged with itself: {primary.id}")
    shelf, now = portal.shelf(kind), portal.clock()
    history = {name: _merged(primary, other, name) for name in {**primary.history, **other.history}}
    for each in (primary, other):
        shelf.archive(each, now)
    result = shelf.adopt(history, (primary, other))
    shelf.change(result, {MERGED_IDS: _ids(primary, other)}, now, source)
    for each in (primary, other):
        portal.links.move(kind, each.id, result.id)
    return result


def _present(portal: HubSpotPortal, kind: ObjectKind, record_id: str) -> Record:
    record = portal.record(kind, record_id)
    if record is None:
        raise Refused(404, NOT_FOUND, f"Could not find {kind.singular} {record_id}", context={"ids": [record_id]})
    return record


def _merged(primary: Record, other: Record, name: str) -> list[Version]:
    versions = [*primary.history.get(name, []), *other.history.get(name, [])]
    current = _current(primary, other, name)
    rest = sorted((each for each in versions if each is not current), key=_moment, reverse=True)
    return [current, *rest]


def _current(primary: Record, other: Record, name: str) -> Version:
    ours, theirs = primary.history.get(name, [])[:1], other.history.get(name, [])[:1]
    heads = [head for head in (*ours, *theirs) if head.value] or [*ours, *theirs]
    if name == "createdate":
        return min(heads, key=lambda head: head.value)
    if name == "lifecyclestage":
        return max(heads, key=lambda head: LIFECYCLE.index(head.value) if head.value in LIFECYCLE else -1)
    return heads[0]


def _moment(version: Version) -> datetime:
    return version.at


def _ids(*merged: Record) -> str:
    """Every id that leads to the result, those of earlier merges included."""
    earlier = [record.value(MERGED_IDS) or "" for record in merged]
    return ";".join(filter(None, [*earlier, *(record.id for record in merged)]))
