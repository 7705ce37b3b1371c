"""Mapping documents as a TOML parser returns them, to change at will."""

from __future__ import annotations

from typing import Any

COLUMNS = frozenset({"key", "name", "domain", "score", "motion", "stage", "scored_at"})


def document(fields: dict[str, Any] | None = None, **head: Any) -> dict[str, Any]:
    """A sound mapping of `score` and `motion`; `fields` and keys of [object] replace or add to its own."""
    usual = {
        "PLS_Score__c": {"from": "score", "merge": "warehouse_wins", "on_null": "clear"},
        "PLS_Motion__c": {"from": "motion", "merge": "crm_wins_if_edited"},
    }
    table = {
        "destination": "salesforce",
        "name": "Account",
        "match": {"from": "key", "to": "PLS_Account_Key__c"},
        "domain": "Website",
    }
    return {"object": {**table, **head}, "fields": usual if fields is None else fields}
