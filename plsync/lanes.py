"""The lanes of the schedule: what runs by itself, and how often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from connector.sync import Run
from plsync.running import FULL, sync_once
from plsync.wiring import Plsync


@dataclass(frozen=True)
class Lane:
    """A schedule: `run` is due once every `minutes`. Its name is that of its runs, its claims and its pause."""

    name: str
    minutes: int
    run: Callable[[], Run]


def job_of(lane: str, crms: Collection[str]) -> str:
    """What a tick is claimed as: of the replicas that sync the same CRMs one takes each (D33)."""
    return f"{lane}:{'+'.join(sorted(crms))}"


def lanes(plsync: Plsync) -> Sequence[Lane]:
    """What `plsync serve` runs."""
    return (Lane(FULL, plsync.config.schedule.full_minutes, partial(sync_once, plsync)),)
