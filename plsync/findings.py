"""What RevOps is told of the syncs: lanes that fail or do not run, and a plan that waits for a word (D25)."""

from __future__ import annotations

from collections.abc import Iterator

from bot.watching import Finding
from connector.store import notices, runs
from plsync.lanes import lanes
from plsync.overdue import silent, waiting_plan
from plsync.running import FULL
from plsync.wiring import Plsync


def findings(plsync: Plsync) -> list[Finding]:
    """Everything that is wrong now. Raises StoreError."""
    told = [*_failed(plsync), *_waiting(plsync)]
    known = {finding.about for finding in told}  # a lane that fails, or whose plan waits, does run
    return [*told, *(one for one in _silent(plsync) if one.about not in known)]


def _failed(plsync: Plsync) -> Iterator[Finding]:
    """Lanes whose last run failed. A run that a person stopped says nothing."""
    for lane in lanes(plsync):
        with plsync.store.read() as conn:
            last = runs.last_word(conn, lane.name)
        if last is not None and last.state == runs.FAILED and last.error != KeyboardInterrupt.__name__:
            yield Finding(notices.SYNC, lane.name, {"lane": lane.name, "error": last.error})


def _silent(plsync: Plsync) -> Iterator[Finding]:
    for lane, words in silent(plsync.store, lanes(plsync), plsync.connections, plsync.clock()).items():
        yield Finding(notices.SYNC, lane, {"lane": lane, "error": words})


def _waiting(plsync: Plsync) -> Iterator[Finding]:
    waiting = waiting_plan(plsync.store, plsync.guards)
    if waiting is not None:
        told = {"hash": waiting.hash, "why": waiting.why, "run": waiting.run}
        yield Finding(notices.PLAN, FULL, told, waiting.is_alarm(plsync.clock()))
