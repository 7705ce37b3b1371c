"""Writes as batches: known records by id, new ones by key, and blind ones by key without ever creating (B1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.reconciling import reconciled
from connector.destinations.hubspot.values import wire
from connector.model import Outcome, OutcomeKind, Write

NOT_FOUND = "OBJECT_NOT_FOUND"


def send(client: HubSpotClient, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
    """Update by id, upsert by `match_field` where there is no id: one call each; one outcome per write.

    Raises BatchRejectedError when a batch is refused for the sake of one record; sending it again in parts is safe.
    """
    known = [write for write in writes if write.record_id is not None]
    new = [write for write in writes if write.record_id is None]
    return [
        *_batch(client, object_name, "update", match_field, known, [_by_id(write) for write in known]),
        *_batch(client, object_name, "upsert", match_field, new, [_by_key(write, match_field) for write in new]),
    ]


def send_blind(client: HubSpotClient, object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
    """Update by `match_field`, which never creates: one call; one outcome per write. Raises as `send` does."""
    blind = [replace(write, record_id=None) for write in writes]
    inputs = [_by_key(write, match_field) for write in blind]
    outcomes = _batch(client, object_name, "update", match_field, blind, inputs)
    return [_no_record(each, object_name) if each.code == NOT_FOUND else each for each in outcomes]


def _batch(
    client: HubSpotClient,
    object_name: str,
    verb: str,
    match_field: str,
    writes: Sequence[Write],
    inputs: Sequence[dict[str, Any]],
) -> list[Outcome]:
    if not writes:
        return []
    answer = client.post(f"{client.paths.objects(object_name)}/batch/{verb}", {"inputs": inputs})
    return reconciled(writes, inputs, answer, match_field)


def _by_id(write: Write) -> dict[str, Any]:
    """By record id an idProperty must be left out, and nothing can be created (B1)."""
    return {"id": write.record_id, "objectWriteTraceId": write.key, "properties": _properties(write)}


def _by_key(write: Write, match_field: str) -> dict[str, Any]:
    """The key is among the properties, so that the result names it too."""
    properties = {**_properties(write), match_field: write.key}
    return {"id": write.key, "idProperty": match_field, "objectWriteTraceId": write.key, "properties": properties}


def _properties(write: Write) -> dict[str, str]:
    return {name: wire(value) for name, value in write.fields.items()}


def _no_record(outcome: Outcome, object_name: str) -> Outcome:
    text = f"no {object_name} carries this key"
    return Outcome(outcome.key, OutcomeKind.HELD, None, "NO_RECORD", text, "create it in the CRM, or set mode")
