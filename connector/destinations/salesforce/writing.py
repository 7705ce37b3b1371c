"""Writes as composites of collections, and one outcome for every write.

A record whose id is known is changed by that id, which can never create one (A4). Only a write without an id is
upserted by its key. allOrNone is false throughout: no record costs its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import PARTS, Answer, Part, together
from connector.destinations.salesforce.refusals import NO_ANSWER, refused_row
from connector.errors import TransientError
from connector.model import Outcome, OutcomeKind, Write

ROWS = 200  # records in one collection (A1)
MADE_MEANWHILE = "another process just created it; the next run finds it by its key"


@dataclass(frozen=True, slots=True)
class Collection:
    """Writes that go as one collection of a composite."""

    writes: Sequence[Write]
    part: Part


def send(client: SalesforceClient, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
    """Send every write; one outcome each. One API call while updates and creates fill at most five collections.

    Raises BatchRejectedError when a collection is refused as a whole. What its neighbours wrote stays written, and
    writing it again changes nothing.
    """
    collections = list(_collections(object_name, match_field, writes))
    outcomes: list[Outcome] = []
    for start in range(0, len(collections), PARTS):
        some = collections[start : start + PARTS]
        answers = together(client, [each.part for each in some])
        for collection, answer in zip(some, answers, strict=True):
            outcomes += _outcomes(collection, answer, object_name, match_field)
    return outcomes


def _collections(object_name: str, match_field: str, writes: Sequence[Write]) -> Iterator[Collection]:
    known = [write for write in writes if write.record_id is not None]
    for some in _chunks(known):
        records = [_record(object_name, write.fields, id=write.record_id) for write in some]
        yield Collection(some, Part("PATCH", "composite/sobjects", {"allOrNone": False, "records": records}))
    new = [write for write in writes if write.record_id is None]
    for some in _chunks(new):
        records = [_record(object_name, write.fields, **{match_field: write.key}) for write in some]
        path = f"composite/sobjects/{object_name}/{match_field}"
        yield Collection(some, Part("PATCH", path, {"allOrNone": False, "records": records}))


def _chunks(writes: Sequence[Write]) -> Iterator[Sequence[Write]]:
    return (writes[start : start + ROWS] for start in range(0, len(writes), ROWS))


def _record(object_name: str, fields: Any, **identity: Any) -> dict[str, Any]:
    """Canonical values are what the API takes: numbers, truths, ISO dates, and null to clear."""
    return {"attributes": {"type": object_name}, **fields, **identity}


def _outcomes(collection: Collection, answer: Answer, object_name: str, match_field: str) -> Iterator[Outcome]:
    error = answer.error(f"{len(collection.writes)} records of {object_name}")
    if isinstance(error, TransientError):
        return (refused_row(write, NO_ANSWER, str(error)) for write in collection.writes)
    if error is not None:
        raise error
    rows = answer.body if isinstance(answer.body, list) else []
    padded = [*rows, *[None] * (len(collection.writes) - len(rows))]
    return (_outcome(write, row, match_field) for write, row in zip(collection.writes, padded, strict=False))


def _outcome(write: Write, row: dict[str, Any] | None, match_field: str) -> Outcome:
    if not row:
        return refused_row(write, NO_ANSWER, "the answer has no row for this record")
    if row.get("success"):
        kind = OutcomeKind.CREATED if row.get("created") else OutcomeKind.UPDATED
        return Outcome(write.key, kind, str(row.get("id") or write.record_id))
    first: dict[str, Any] = next(iter(row.get("errors") or ()), {})
    code, message = str(first.get("statusCode", "UNKNOWN_EXCEPTION")), str(first.get("message", "no reason given"))
    return refused(write, code, message, match_field)


def refused(write: Write, code: str, message: str, match_field: str | None) -> Outcome:
    """The outcome of a refused row. An upsert by `match_field` that lost a race is deferred: the other one made it."""
    if _lost_race(write, code, message, match_field):
        return Outcome(write.key, OutcomeKind.DEFERRED, None, code, message, MADE_MEANWHILE)
    return refused_row(write, code, message)


def _lost_race(write: Write, code: str, message: str, match_field: str | None) -> bool:
    """Two upserts of one new key met: the other made the record, and the next live read finds it by its key (A3)."""
    return write.record_id is None and code == "DUPLICATE_VALUE" and (match_field or "") in message
