"""How many calls a run may spend: a share of what the organisation has left today."""

from __future__ import annotations

from dataclasses import dataclass

from connector.model import Allowance


@dataclass(frozen=True, slots=True)
class Limits:
    """`daily_share` of the calls left today may be ours; the rest belongs to everyone else in the organisation."""

    daily_share: float = 0.3


def allowed_calls(allowance: Allowance, limits: Limits) -> int:
    """Calls this run may still make, given what the CRM last said of the day."""
    return max(0, int((allowance.limit - allowance.used) * limits.daily_share))
