"""One sync over opened rooms, for whoever asks for it: the command, the schedule, the demo."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from connector.errors import ConfigError
from connector.guards import require_approved
from connector.model import ACCOUNTS
from connector.outreach import Seen, look_for_outreach, note_outreach
from connector.planning import Plan, joined, planning
from connector.recheck import span, stirred
from connector.store import runs
from connector.store.retention import forget, forget_idle
from connector.sync import Run, awaken, sync
from connector.urgency import urgent_ones
from plsync.defining import take_effect
from plsync.lease import alone, now_and_then
from plsync.motions import motions, with_motion
from plsync.opening import Opening
from plsync.terminal import progress
from plsync.wiring import Plsync

FULL, ALERTS, RECHECK, LIMITED, EMPTY = "full", "alerts", "recheck", "limited", "empty"
LANES = (FULL, ALERTS, RECHECK)  # of the schedule

_log = logging.getLogger(__name__)


def sync_once(
    plsync: Plsync,
    limit: int | None = None,
    quiet: bool = True,
    approved: str | None = None,
    keys: Sequence[str] | None = None,
    between: Callable[[Alive], Sequence[Turn]] = lambda _: (),
) -> Run:
    """One sync, alone. Only a whole one over a warehouse with accounts in it counts as the baseline (D18).

    `limit` takes at most so many changed accounts, `keys` only these accounts. `approved` is the HASH of a plan that a
    person wants in spite of the guards (D25). `between` chunks the lanes ahead of it may have their turn (D33).

    Raises ConfigError, StoreError and RefusedPlanError before anything is sent; StoreError while another sync runs.
    """
    require_ready(plsync)
    house = Opening(plsync)
    with alone(plsync.store, plsync.clock, plsync.connections) as renew:
        awaken(plsync.ledger, house, plsync.clock, renew)
        with (
            planned(plsync, limit, keys) as plan,
            progress("syncing", records(plan), "records", quiet, plsync.clock, house.left) as step,
        ):
            renewed = now_and_then(renew, plsync.clock)

            def advanced(count: int) -> None:
                renewed()
                step(count)

            def admit(plan: Plan) -> None:
                require_approved(plan.hash, plan.guarded, plsync.guards, approved)
                if whole:
                    take_effect(plsync)

            def others() -> frozenset[str]:
                turns = between(renewed)
                for turn in turns:
                    house.leave_out(turn.run.spent)
                return frozenset().union(*(turn.accounts for turn in turns))

            loaded = plan.accounts if plsync.basis.decides else plan.compared
            whole = limit is None and keys is None
            motion = motions(plsync) if whole else None
            lane = LIMITED if not whole else FULL if loaded else EMPTY
            run = sync(plsync.ledger, house, plan, lane, plsync.clock, advanced, admit, house.spent, others)
            forget(plsync.store, plsync.retention, plsync.clock())
            return with_motion(plsync, run, motion)


@dataclass(frozen=True)
class Turn:
    """A run of a lane that works ahead of the full one, and the accounts it dealt with."""

    run: Run
    accounts: frozenset[str]


Alive = Callable[[], None]
Ahead = Callable[[Plsync, Opening, Alive], Turn]


def by_itself(plsync: Plsync, ahead: Ahead) -> Run:
    """One sync of a lane ahead of the full one, alone. Raises as `sync_once` does.

    A job that an earlier run left is heard to its end first: it would write older values over what is sent beside it.
    """
    require_ready(plsync)
    house = Opening(plsync)
    with alone(plsync.store, plsync.clock, plsync.connections) as renew:
        awaken(plsync.ledger, house, plsync.clock, renew)
        return ahead(plsync, house, now_and_then(renew, plsync.clock)).run


def within(plsync: Plsync, ahead: Ahead, alive: Alive) -> Turn:
    """The same by whoever has the right to sync, which `alive` keeps."""
    return ahead(plsync, Opening(plsync), alive)


def urgent(plsync: Plsync, house: Opening, alive: Alive) -> Turn:
    """The alerts lane: accounts somebody may have to be alerted of. Before the baseline it alerts nobody (D18)."""
    keep = urgent_ones(plsync.ledger, plsync.folder.definitions, plsync.clock())
    warehouse, basis = plsync.sources[ACCOUNTS]
    with planning(warehouse, plsync.ledger, basis, plsync.clock(), keep=keep) as plan:
        return _turn(plsync, house, plan, ALERTS, alive)


def rechecked(plsync: Plsync, house: Opening, alive: Alive) -> Turn:
    """The recheck lane: accounts about which a CRM says something new (D30). Before there is any decision, nobody.

    It also looks whether the outreach that alerts wait for took place (D40).
    """
    looked = f"{RECHECK}:{'+'.join(sorted(plsync.connections))}"
    mark = plsync.ledger.mark(looked)
    with plsync.store.read() as conn:
        first = runs.last_done(conn, FULL)
    look = span(datetime.fromisoformat(mark) if mark else None, first.started_at if first else None, plsync.clock())
    warehouse, basis = plsync.sources[ACCOUNTS]
    keys = stirred(house(), warehouse, look) if look else []
    seen = look_for_outreach(plsync.ledger, house, plsync.clock())  # before the run ends, which counts its calls
    with planning(warehouse, plsync.ledger, basis, plsync.clock(), keys=keys, anew=True) as plan:
        turn = _turn(plsync, house, plan, RECHECK, alive)
    if look and not turn.run.stopped:
        plsync.ledger.set_mark(looked, look.until.isoformat())
    if seen and note_outreach(plsync.ledger, turn.run.id, seen):
        _tell_unreadable(seen)
    return turn


def _tell_unreadable(seen: Seen) -> None:
    """Once for each change, for whoever can give us the permission."""
    for crm, kinds in seen.unreadable.items():
        named = ", ".join(f"{kind}s" for kind in kinds)
        _log.warning("%s lets us read no %s: outreach there is unproven (%s)", crm, named, next(iter(kinds.values())))


def _turn(plsync: Plsync, house: Opening, plan: Plan, lane: str, alive: Alive) -> Turn:
    accounts = frozenset(one.record.key for one in plan.rows())

    def admit(plan: Plan) -> None:
        require_approved(plan.hash, plan.guarded, plsync.guards, None)
        take_effect(plsync)  # also here: alerts that follow from a change are held, whichever lane is first (D37)

    run = sync(plsync.ledger, house, plan, lane, plsync.clock, lambda _: alive(), admit, house.spent)
    forget_idle(plsync.store, lane)
    return Turn(run, accounts)


def records(plan: Plan) -> int:
    """CRM records of the planned accounts, each of which gets an outcome."""
    return sum(guarded.records for guarded in plan.guarded.values())


@contextmanager
def planned(plsync: Plsync, limit: int | None = None, keys: Sequence[str] | None = None) -> Iterator[Plan]:
    """The plan over every mapped source, accounts first; at most `limit` records in all, or of the accounts `keys`.

    Raises ConfigError when accounts are named and none are planned.
    """
    sources = plsync.sources if keys is None else {n: one for n, one in plsync.sources.items() if n == ACCOUNTS}
    if not sources:
        raise ConfigError(["accounts are named, but no mapping carries accounts and no rule decides them"])
    with ExitStack() as stack:
        plans: list[Plan] = []
        for warehouse, basis in sources.values():
            left = None if limit is None else limit - sum(plan.planned for plan in plans)
            plans.append(stack.enter_context(planning(warehouse, plsync.ledger, basis, plsync.clock(), left, keys)))
        yield joined(plans)


def require_ready(plsync: Plsync) -> None:
    """Raise StoreError or ConfigError unless store, mappings and warehouse are such that a plan means something."""
    plsync.store.require_current()
    if not plsync.mappings:
        wanted = " or ".join(sorted({f"[{mapping.destination}]" for mapping in plsync.folder.mappings}))
        raise ConfigError([f"no CRM to sync to: the mappings go to {wanted}, which the configuration does not have"])
    for warehouse, _ in plsync.sources.values():
        warehouse.require_declared()
