"""The lanes of the schedule: what runs by itself, and how often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from connector.model import ACCOUNTS
from connector.sync import Run
from plsync.running import ALERTS, FULL, RECHECK, Ahead, Alive, Turn, by_itself, rechecked, sync_once, urgent, within
from plsync.wiring import Plsync


@dataclass(frozen=True)
class Lane:
    """A schedule: `run` is due once every `minutes`. Its name is that of its runs, its claims and its pause.

    `within` is the same for whoever has the right to sync already.
    """

    name: str
    minutes: int
    run: Callable[[], Run]
    within: Callable[[Alive], Turn] | None = None


def job_of(lane: str, crms: Collection[str]) -> str:
    """What a tick is claimed as: of the replicas that sync the same CRMs one takes each (D33)."""
    return f"{lane}:{'+'.join(sorted(crms))}"


def lanes(plsync: Plsync, between: Callable[[Alive], Sequence[Turn]] = lambda _: ()) -> Sequence[Lane]:
    """What `plsync serve` runs. `between` two chunks of the full lane those ahead of it have their turn."""
    schedule = plsync.config.schedule
    full = Lane(FULL, schedule.full_minutes, partial(sync_once, plsync, between=between))
    if not plsync.basis.decides or ACCOUNTS not in plsync.sources:
        return (full,)
    ahead = ((ALERTS, schedule.alerts_minutes, urgent), (RECHECK, schedule.recheck_minutes, rechecked))
    return (full, *(_ahead(plsync, *one) for one in ahead))


def _ahead(plsync: Plsync, name: str, minutes: int, ahead: Ahead) -> Lane:
    return Lane(name, minutes, partial(by_itself, plsync, ahead), partial(within, plsync, ahead))
