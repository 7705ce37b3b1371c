"""One sync over opened rooms, for whoever asks for it: the command, the schedule, the demo."""

from __future__ import annotations

from functools import cache

from connector.errors import ConfigError
from connector.guards import require_approved
from connector.planning import Plan, planning
from connector.store.retention import forget
from connector.sync import Run, awaken, sync
from plsync.lease import alone
from plsync.terminal import progress
from plsync.wiring import Plsync

FULL, LIMITED, EMPTY = "full", "limited", "empty"


def sync_once(plsync: Plsync, limit: int | None = None, quiet: bool = True, approved: str | None = None) -> Run:
    """One sync, alone. Only a whole one over a warehouse with accounts in it counts as the baseline (D18).

    `approved` is the HASH of a plan that a person wants in spite of the guards (D25).

    Raises ConfigError, StoreError and RefusedPlanError before anything is sent; StoreError while another sync runs.
    """
    require_ready(plsync)
    house = cache(plsync.house)
    with alone(plsync.store, plsync.clock) as renew:
        awaken(plsync.ledger, house, plsync.clock())
        with (
            planning(plsync.warehouse, plsync.ledger, plsync.basis, plsync.clock(), limit) as plan,
            progress("syncing", plan.planned, quiet) as step,
        ):

            def advanced(count: int) -> None:
                renew()
                step(count)

            def admit(plan: Plan) -> None:
                require_approved(plan.hash, plan.guarded, plsync.guards, approved)

            lane = LIMITED if limit is not None else FULL if plan.compared else EMPTY
            run = sync(plsync.ledger, house, plan, lane, plsync.clock, advanced, admit)
            forget(plsync.store, plsync.retention, plsync.clock())
            return run


def require_ready(plsync: Plsync) -> None:
    """Raise StoreError or ConfigError unless store, mappings and warehouse are such that a plan means something."""
    plsync.store.require_current()
    if not plsync.mappings:
        wanted = " or ".join(sorted({f"[{mapping.destination}]" for mapping in plsync.folder.mappings}))
        raise ConfigError([f"no CRM to sync to: the mappings go to {wanted}, which the configuration does not have"])
    plsync.warehouse.require_declared()
