"""One outcome for every write of a batch, whatever HubSpot's answer mentions (B3).

Every input carries its account's key as objectWriteTraceId: without one, a bad row fails its whole batch. Results come
in no promised order, may leave rows out, and name a merged record by the id of what it became, so that each write is
looked for by trace, by id and by key; a single write and a single row that are left belong together. A row that
answers with other values than were sent is a write that HubSpot did not take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from connector.destinations.hubspot.refusals import NO_ANSWER, refused_row, row_code
from connector.destinations.hubspot.values import same
from connector.model import Outcome, OutcomeKind, Write

Row = Mapping[str, Any]

LIFECYCLE = "lifecyclestage"  # moves forward only; a step back is passed over by design (B1)
NOT_TAKEN = "NOT_TAKEN"


def reconciled(writes: Sequence[Write], inputs: Sequence[Row], answer: Row, match_field: str) -> list[Outcome]:
    """The outcome of each write, in their order, from the results and errors of the answer to `inputs`."""
    done = _done(writes, answer, match_field)
    refused = _refused(inputs, answer)
    return [
        _outcome(write, sent, done.get(write.key), refused.get(write.key))
        for write, sent in zip(writes, inputs, strict=True)
    ]


def _outcome(write: Write, sent: Row, row: Row | None, error: Row | None) -> Outcome:
    if row is not None:
        return _written(write, sent, row)
    if error is not None:
        return refused_row(write, row_code(error), str(error.get("message", "no reason given")))
    return refused_row(write, NO_ANSWER, "neither the results nor the errors mention this record")


def _written(write: Write, sent: Row, row: Row) -> Outcome:
    record_id = str(row["id"])
    if ignored := list(_ignored(sent["properties"], row.get("properties") or {})):
        found = refused_row(write, NOT_TAKEN, f"HubSpot reported success and kept another value: {'; '.join(ignored)}")
        return Outcome(write.key, found.kind, record_id, found.code, found.message, found.advice)
    kind = OutcomeKind.CREATED if row.get("new") and write.record_id is None else OutcomeKind.UPDATED
    return Outcome(write.key, kind, record_id)


def _ignored(sent: Mapping[str, str], held: Mapping[str, Any]) -> Iterator[str]:
    """Properties the answer shows with another value. What it does not show says nothing."""
    for name, value in sent.items():
        if name != LIFECYCLE and name in held and not same(value, held[name] or ""):
            yield f"{name} is {held[name]!r}, not {value!r}"


def _done(writes: Sequence[Write], answer: Row, match_field: str) -> dict[str, Row]:
    """The result of each write, by account key."""
    rows = [row for row in answer.get("results") or () if isinstance(row, Mapping) and row.get("id") is not None]
    by_trace = _indexed(rows, lambda row: row.get("objectWriteTraceId"))
    by_id = _indexed(rows, lambda row: row["id"])
    by_key = _indexed(rows, lambda row: (row.get("properties") or {}).get(match_field))
    found = {w.key: by_trace.get(w.key) or by_id.get(w.record_id or "") or by_key.get(w.key) for w in writes}
    done = {key: row for key, row in found.items() if row is not None}
    return {**done, **_last_pair(writes, rows, done, answer)}


def _last_pair(writes: Sequence[Write], rows: Sequence[Row], done: Mapping[str, Row], answer: Row) -> dict[str, Row]:
    claimed = {str(row["id"]) for row in done.values()}
    left = [write for write in writes if write.key not in done]
    unclaimed = [row for row in rows if str(row["id"]) not in claimed]
    if len(left) == len(unclaimed) == 1 and not answer.get("errors"):
        return {left[0].key: unclaimed[0]}
    return {}


def _indexed(rows: Sequence[Row], name: Callable[[Row], Any]) -> dict[str, Row]:
    return {str(name(row)): row for row in rows if name(row) is not None}


def _refused(inputs: Sequence[Row], answer: Row) -> dict[str, Row]:
    """The error of each write by account key. An error names its inputs by trace, some only by id."""
    keys = {str(sent["id"]): str(sent["objectWriteTraceId"]) for sent in inputs}
    refused: dict[str, Row] = {}
    for error in answer.get("errors") or ():
        context = error.get("context") or {}
        refused.update((trace, error) for trace in _listed(context.get("objectWriteTraceId")))
        refused.update((keys[each], error) for each in _listed(context.get("ids")) if each in keys)
    return refused


def _listed(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value] if isinstance(value, list) else []
