"""How many calls we may make: a share of what the organisation has left today, and a rolling window of seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.model import Allowance, Turns, Window

MARGIN = 0.25  # seconds by which two calls may come closer together on their way to the CRM


@dataclass(frozen=True, slots=True)
class Limits:
    """What is ours of an organisation's calls; the rest belongs to everyone else in it.

    `daily_share`: of the calls left today. `daily_reserve`: of the day's calls, never to be touched however many are
    left. `window_share`: of the rolling window.
    """

    daily_share: float = 0.3
    daily_reserve: float = 0.05
    window_share: float = 1.0

    def ours(self, window: Window | None) -> Window | None:
        """Our part of a CRM's window, one call at least; None where the CRM sets none."""
        return window and Window(max(1, int(window.calls * self.window_share)), window.seconds)


def allowed_calls(allowance: Allowance, limits: Limits) -> int:
    """Calls this run may still make, given what the CRM last said of the day."""
    left = allowance.limit - allowance.used
    return max(0, min(int(left * limits.daily_share), unreserved_calls(allowance, limits)))


def unreserved_calls(allowance: Allowance, limits: Limits) -> int:
    """Calls that may still be made by anyone before the reserve is reached."""
    return max(0, int(allowance.limit * (1 - limits.daily_reserve)) - allowance.used)


def next_turns(window: Window, taken: Sequence[Turns], now: float, wanted: int, lasting: float) -> Turns:
    """The earliest turns from `now` on, at most `wanted` calls within `lasting` seconds.

    Exact: whatever moment within their turns the calls are made at, no interval of `window.seconds` holds more than
    `window.calls`. Turns taken for the future count as well, so that nobody is overtaken.
    """
    frees = {turns: turns.end + window.seconds + MARGIN for turns in taken}
    for start in sorted({now, *(at for at in frees.values() if at > now)}):
        free = window.calls - sum(turns.calls for turns in taken if frees[turns] > start)
        if free > 0:
            return Turns(start, start + lasting, min(wanted, free))
    raise ValueError(f"no call fits into a window of {window.calls} calls")


def still_counting(window: Window, taken: Sequence[Turns], now: float) -> list[Turns]:
    """The turns that calls made from `now` on have to mind."""
    return [turns for turns in taken if turns.calls and turns.end + window.seconds + MARGIN > now]
