"""The named parts of what is declared, each with a version of its own: what can be agreed on, dated and reviewed (I13).

The version of all of them together makes accounts be decided again; these say which definition it was that changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FUNNEL = "funnel"
# Which tables of rules.toml make which definition; what only judges a definition is no part of it.
_OF_RULES = {
    "tiers": ("tiers", "points", "layers"),
    "rules": ("rule", "alerts", "enabled_segments"),
    "motion": ("motion",),
}
_JUDGES = {"motion": "unknown_max"}
_FILES = ("segments", "crm_state", "territories", "people", "lists")
UPKEEP = frozenset({"people", "lists"})
"""Who is away, which domain is a competitor's: kept up day by day. Recorded, but no change of what is measured."""

NAMES = ("tiers", "rules", "segments", "motion", "crm_state", "territories", FUNNEL, "people", "lists")


def versions(documents: Mapping[str, Any]) -> dict[str, str]:
    """The version of each part of the parsed files; that of the funnels is the configuration's."""
    rules = documents.get("rules", {})
    tables = {
        name: {key: _defining(key, rules[key]) for key in keys if key in rules} for name, keys in _OF_RULES.items()
    }
    files = {name: documents.get(name, {}) for name in _FILES}
    return {name: version(value) for name, value in {**tables, **files}.items()}


def version(value: object) -> str:
    """A short hash of parsed files, the same in every process."""
    text = json.dumps(value, sort_keys=True, default=_listed, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _defining(key: str, table: Any) -> Any:
    if key not in _JUDGES or not isinstance(table, Mapping):
        return table
    return {name: value for name, value in table.items() if name != _JUDGES[key]}


def _listed(value: object) -> object:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
