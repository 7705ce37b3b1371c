"""How often a CRM may be called, and who put on the brake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """Calls an organisation may make today, as it last told us."""

    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` in any interval of `seconds`, wherever it begins: a limit, not an average (B2)."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Turns:
    """Permission for `calls` calls at any time from `start` to `end`, both in seconds since the epoch."""

    start: float
    end: float
    calls: int


@dataclass(frozen=True, slots=True)
class Pause:
    """A brake somebody put on: a lane, a CRM, Slack, or everything (D31)."""

    system: str
    since: datetime
    by: str
