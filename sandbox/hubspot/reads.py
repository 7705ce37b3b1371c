"""Reading records: by id, in batches, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.hubspot.errors import NOT_FOUND, Refused, invalid
from sandbox.hubspot.kinds import KINDS, ObjectKind
from sandbox.hubspot.portal import HubSpotPortal
from sandbox.hubspot.records import Record

MOST_INPUTS = 100
MOST_INPUTS_WITH_HISTORY = 50

T = TypeVar("T")


@dataclass(frozen=True)
class Wanted:
    """What a reader asked to see of each record. Names the schema does not know are ignored."""

    properties: tuple[str, ...] = ()
    with_history: tuple[str, ...] = ()
    associations: tuple[str, ...] = ()


def show(portal: HubSpotPortal, record: Record, wanted: Wanted) -> dict[str, Any]:
    """A record as a read gives it; the type's own selection where nothing was asked for."""
    known = portal.shelf(record.kind).catalog.properties
    names = [name for name in wanted.properties or record.kind.default if name in known]
    body = record.shown(names, [name for name in wanted.with_history if name in known])
    linked = _associations(portal, record, wanted.associations)
    return {**body, "associations": linked} if linked else body


def _associations(portal: HubSpotPortal, record: Record, names: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for other in KINDS:
        ids = portal.links.of(record.kind, record.id, other)
        if ids and {other.name, other.singular, other.type_id} & set(names):
            label = f"{record.kind.singular}_to_{other.singular}"
            found[other.name] = {"results": [{"id": other_id, "type": label} for other_id in ids]}
    return found


def batch_read(
    portal: HubSpotPortal, kind: ObjectKind, body: dict[str, Any], *, archived: bool = False
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The records found, in the order of their ids, and one error that names every id not found.

    At most 100 inputs, 50 with propertiesWithHistory (B1). Raises Refused (400).
    """
    wanted = Wanted(tuple(body.get("properties", ())), tuple(body.get("propertiesWithHistory", ())))
    most = MOST_INPUTS_WITH_HISTORY if wanted.with_history else MOST_INPUTS
    ids = input_ids(body, most)
    id_property = body.get("idProperty")
    if id_property is not None:
        portal.shelf(kind).catalog.unique_property(id_property, portal.portal_id)
    found = {key: portal.shelf(kind).find(key, id_property, archived=archived) for key in ids}
    records = sorted({r.id: r for r in found.values() if r is not None}.values(), key=lambda record: int(record.id))
    missing = [key for key, record in found.items() if record is None]
    return [show(portal, record, wanted) for record in records], [_not_found(kind, missing)] if missing else []


def input_ids(body: dict[str, Any], most: int) -> list[str]:
    """The ids of a batch's inputs. Raises Refused (400): one is no string, one is there twice, there are too many."""
    ids = [row.get("id") for row in body.get("inputs", ())]
    if not all(isinstance(key, str) and key for key in ids):
        raise invalid("Every input needs an id, and every id must be a string")
    if len(ids) > most:
        raise invalid(f"The maximum number of inputs supported in a batch request for this endpoint is {most}")
    refuse_repeats(ids)
    return ids


def refuse_repeats(ids: Sequence[str]) -> None:
    """Raise Refused (400) when an id occurs twice in one batch (B3)."""
    repeated = sorted(key for key, times in Counter(ids).items() if times > 1)
    if repeated:
        raise invalid(f"Duplicate IDs found in batch input: [{', '.join(repeated)}]. IDs must be unique", ids=repeated)


def _not_found(kind: ObjectKind, missing: list[str]) -> dict[str, Any]:
    some = f"Could not get some {kind.singular.upper()} objects"
    message = f"{some}, they may be deleted or not exist. Check that ids are valid."
    return Refused(404, NOT_FOUND, message, context={"ids": missing}).row()


def read_one(
    portal: HubSpotPortal, kind: ObjectKind, key: str, wanted: Wanted, id_property: str | None
) -> dict[str, Any]:
    """One record. Raises Refused (404)."""
    record = portal.record(kind, key, id_property)
    if record is None:
        raise Refused(404, NOT_FOUND, "resource not found")
    return show(portal, record, wanted)


def page(rows: Sequence[T], *, after: str | None, limit: int) -> tuple[Sequence[T], dict[str, Any]]:
    """One page of `rows` and its `paging` ({} on the last page); `after` is the offset of the page."""
    start = int(after) if after and after.isdecimal() else 0
    end = start + limit
    more = {"paging": {"next": {"after": str(end), "link": f"?after={end}"}}} if end < len(rows) else {}
    return rows[start:end], more
