"""One sync at a time per store and CRM: two would send the same rows twice, the later one perhaps the older values."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from connector.errors import StoreError
from connector.rules.sources import CRMS
from connector.store import Store, claims

JOB = "sync"
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)  # one claim for all time: whoever has it syncs, and gives it back
LEASE_SECONDS = 1_800
_TOKEN = secrets.token_hex(4)
RENEW = timedelta(seconds=5)  # a transaction with every answer of a CRM would cost more than it is worth


class BusyError(StoreError):
    """Another process syncs this store."""


Renew = Callable[[], None]


@contextmanager
def alone(store: Store, clock: Callable[[], datetime], crms: Collection[str]) -> Iterator[Renew]:
    """Hold the store's only right to sync these CRMs, and give it back. Call the yielded function between chunks.

    Each CRM has a right of its own (D33): syncs to different CRMs run beside each other. Raises BusyError while
    another process holds one of them; a dead process on this host holds nothing.
    """
    me = owner()
    jobs = _jobs(crms)
    with store.write() as conn:  # all of them or none
        for crm, job in jobs.items():
            if not claims.claim(conn, job, ALWAYS, me, clock(), LEASE_SECONDS, is_gone):
                raise BusyError(_taken(crm, claims.holder(conn, job, ALWAYS)))

    def renew() -> None:
        with store.write() as conn:
            held = [claims.renew(conn, job, ALWAYS, me, clock(), LEASE_SECONDS) for job in jobs.values()]
            if not all(held):
                raise StoreError("this sync was silent for too long and another took over; nothing is lost")

    try:
        yield renew
    finally:
        with store.write() as conn:
            for job in jobs.values():
                claims.release(conn, job, ALWAYS, me)


def _jobs(crms: Collection[str]) -> dict[str, str]:
    return {crm: f"{JOB}:{crm}" for crm in sorted(crms)}


def _taken(crm: str, holder: str | None) -> str:
    return (
        f"another sync of this store to {crm} is running ({holder}); wait for it and run again. If that process is "
        f"gone, its right ends {LEASE_SECONDS // 60} minutes after its last sign of life"
    )


def now_and_then(renew: Renew, clock: Callable[[], datetime]) -> Renew:
    """`renew`, for callers that call it very often: it does so when the last time is a while ago."""
    last = clock()

    def renew_when_due() -> None:
        nonlocal last
        if (now := clock()) - last >= RENEW:
            renew()
            last = now

    return renew_when_due


def holder(store: Store) -> str | None:
    """A living process that has the right to sync to some CRM now."""
    with store.read() as conn:
        found = (claims.holder(conn, job, ALWAYS) for job in _jobs(CRMS).values())
        return next((one for one in found if one is not None and not is_gone(one)), None)


def owner() -> str:
    """This process, as claims name it: by host, number, and a token, since a later process may have the same number."""
    return f"{socket.gethostname()}:{os.getpid()}:{_TOKEN}"


def is_gone(holder: str) -> bool:
    """Whether a claim's owner was a process of this host that lives no more.

    One with this process's own number and another token is a predecessor: containers give every process of theirs the
    same number.
    """
    host, pid, *token = holder.split(":")
    if host != socket.gethostname():
        return False
    return token != [_TOKEN] if int(pid) == os.getpid() else not _lives(int(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # asks, ends nothing
    except PermissionError:
        return True  # it is somebody else's
    except ProcessLookupError:
        return False
    return True
