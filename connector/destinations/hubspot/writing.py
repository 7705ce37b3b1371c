"""Writes as batches, and one outcome for every write, whatever HubSpot's answer mentions (B3).

Every input carries its account's key as objectWriteTraceId: without one, a bad row fails its whole batch. Results
come in no promised order and may leave rows out, so that each write is looked for by trace, by id and by key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.reading import objects
from connector.destinations.hubspot.refusals import NO_ANSWER, refused_row, row_code
from connector.destinations.hubspot.values import wire
from connector.model import Outcome, OutcomeKind, Write

Row = Mapping[str, Any]


def send(client: HubSpotClient, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
    """Update by id, upsert by `match_field` where there is no id: one call each; one outcome per write.

    Raises BatchRejectedError when a batch is refused for the sake of one record; sending it again in parts is safe.
    """
    known = [write for write in writes if write.record_id is not None]
    new = [write for write in writes if write.record_id is None]
    outcomes: list[Outcome] = []
    for some, verb, shape in ((known, "update", _update), (new, "upsert", _upsert)):
        if some:
            body = {"inputs": [shape(write, match_field) for write in some]}
            answer = client.post(f"{objects(object_name)}/batch/{verb}", body)
            outcomes += _reconciled(some, answer, match_field)
    return outcomes


def _update(write: Write, _: str) -> dict[str, Any]:
    """By record id an idProperty must be left out, and nothing can be created (B1)."""
    return {"id": write.record_id, "objectWriteTraceId": write.key, "properties": _properties(write)}


def _upsert(write: Write, match_field: str) -> dict[str, Any]:
    properties = {**_properties(write), match_field: write.key}
    return {"id": write.key, "idProperty": match_field, "objectWriteTraceId": write.key, "properties": properties}


def _properties(write: Write) -> dict[str, str]:
    return {name: wire(value) for name, value in write.fields.items()}


def _reconciled(writes: Sequence[Write], answer: Row, match_field: str) -> list[Outcome]:
    results = [row for row in answer.get("results", ()) if isinstance(row, Mapping)]
    by_trace = _indexed(results, lambda row: row.get("objectWriteTraceId"))
    by_id = _indexed(results, lambda row: row.get("id"))
    by_key = _indexed(results, lambda row: (row.get("properties") or {}).get(match_field))
    refused = {str(trace): error for error in answer.get("errors") or () for trace in _traces(error)}

    def outcome(write: Write) -> Outcome:
        done = by_trace.get(write.key) or (by_id.get(write.record_id) if write.record_id else by_key.get(write.key))
        if done:
            return _written(write, done)
        error = refused.get(write.key)
        if error:
            return refused_row(write, row_code(error), str(error.get("message", "no reason given")))
        return refused_row(write, NO_ANSWER, "neither the results nor the errors mention this record")

    return [outcome(write) for write in writes]


def _indexed(rows: Sequence[Row], name: Callable[[Row], Any]) -> dict[str, Row]:
    return {str(name(row)): row for row in rows if name(row) is not None}


def _traces(error: Row) -> Sequence[str]:
    traces = (error.get("context") or {}).get("objectWriteTraceId") or ()
    return [traces] if isinstance(traces, str) else list(traces)


def _written(write: Write, row: Row) -> Outcome:
    kind = OutcomeKind.CREATED if row.get("new") and write.record_id is None else OutcomeKind.UPDATED
    return Outcome(write.key, kind, str(row["id"]))
