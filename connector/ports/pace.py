"""Where everybody who calls a CRM takes turns (D33)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from connector.model import Turns, Window


@dataclass(frozen=True, slots=True)
class Returned:
    """What became of `turns`: calls were made during `used`, and no more will be."""

    turns: Turns
    used: Turns


class Pace(Protocol):
    """Where everybody who calls a CRM takes turns (D33). Errors: StoreError."""

    def take(self, name: str, window: Window, now: float, wanted: int, lasting: float, back: Returned | None) -> Turns:
        """The earliest turns for at most `wanted` calls to the CRM `name`, within `lasting` seconds.

        What comes `back` of earlier turns is free for others at once.
        """
