"""One sync over opened rooms, for whoever asks for it: the command, the schedule, the demo."""

from __future__ import annotations

from connector.planning import planning
from connector.sync import Run, sync
from plsync.terminal import progress
from plsync.wiring import Plsync

FULL, LIMITED = "full", "limited"


def sync_once(plsync: Plsync, limit: int | None = None, quiet: bool = True) -> Run:
    """One sync. Only a whole one counts as the baseline (D18)."""
    plsync.store.require_current()
    lane = FULL if limit is None else LIMITED
    with (
        planning(plsync.warehouse, plsync.ledger, plsync.basis, limit) as plan,
        progress("syncing", plan.planned, quiet) as step,
    ):
        return sync(plsync.ledger, plsync.house, plan, lane, plsync.clock, step)
