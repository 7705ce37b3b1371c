"""Definitions over time: which version was in force since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class InForce:
    """A version of a definition, the moment it took effect here, and what was documented of it (JSON)."""

    name: str
    since: datetime
    version: str
    terms: Mapping[str, object]
