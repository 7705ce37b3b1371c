"""One sync over opened rooms, for whoever asks for it: the command, the schedule, the demo."""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import ConfigError
from connector.guards import require_approved
from connector.planning import Plan, planning
from connector.sync import Run, awaken, sync
from plsync.lease import alone, now_and_then
from plsync.opening import Opening
from plsync.terminal import progress
from plsync.wiring import Plsync

FULL, ALERTS, LIMITED, EMPTY = "full", "alerts", "limited", "empty"
LANES = (FULL, ALERTS)  # of the schedule


def sync_once(
    plsync: Plsync,
    limit: int | None = None,
    quiet: bool = True,
    approved: str | None = None,
    keys: Sequence[str] | None = None,
) -> Run:
    """One sync, alone. Only a whole one over a warehouse with accounts in it counts as the baseline (D18).

    `limit` takes at most so many changed accounts, `keys` only these accounts. `approved` is the HASH of a plan that a
    person wants in spite of the guards (D25).

    Raises ConfigError, StoreError and RefusedPlanError before anything is sent; StoreError while another sync runs.
    """
    require_ready(plsync)
    house = Opening(plsync)
    with alone(plsync.store, plsync.clock) as renew:
        awaken(plsync.ledger, house, plsync.clock())
        with (
            planning(plsync.warehouse, plsync.ledger, plsync.basis, plsync.clock(), limit, keys) as plan,
            progress("syncing", records(plan), "records", quiet, plsync.clock, house.left) as step,
        ):
            renewed = now_and_then(renew, plsync.clock)

            def advanced(count: int) -> None:
                renewed()
                step(count)

            def admit(plan: Plan) -> None:
                require_approved(plan.hash, plan.guarded, plsync.guards, approved)

            whole = limit is None and keys is None
            lane = LIMITED if not whole else FULL if plan.compared else EMPTY
            return sync(plsync.ledger, house, plan, lane, plsync.clock, advanced, admit, house.spent)


def records(plan: Plan) -> int:
    """CRM records of the planned accounts, each of which gets an outcome."""
    return sum(guarded.records for guarded in plan.guarded.values())


def require_ready(plsync: Plsync) -> None:
    """Raise StoreError or ConfigError unless store, mappings and warehouse are such that a plan means something."""
    plsync.store.require_current()
    if not plsync.mappings:
        wanted = " or ".join(sorted({f"[{mapping.destination}]" for mapping in plsync.folder.mappings}))
        raise ConfigError([f"no CRM to sync to: the mappings go to {wanted}, which the configuration does not have"])
    plsync.warehouse.require_declared()
