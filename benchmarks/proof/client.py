"""plsync in processes of their own that may be killed, forked from one that has imported everything; or in this one."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection
from typing import Any
from unittest.mock import patch

from benchmarks import ours
from connector.destinations import hubspot, salesforce
from connector.destinations.hubspot import HubSpotSettings
from connector.destinations.salesforce import SalesforceSettings
from connector.errors import PlsyncError
from plsync import wiring
from plsync.running import sync_once

Job = dict[str, Any]
KILLED = -9
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Life:
    """How a process ended: killed, or with what it had to say."""

    killed: bool
    said: dict[str, Any]

    @property
    def error(self) -> str:
        """The type of the error that ended the run; "" where there was none."""
        return str(self.said.get("error", ""))


@dataclass
class Clock:
    """The present and what was slept away: nobody waits here."""

    ahead: timedelta

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.ahead += timedelta(seconds=seconds)


def live(job: Job, born: Callable[[int], None] = lambda _pid: None) -> Life:
    """One sync as the job wants it, in a process of its own; `born` hears its number before it calls anybody.

    The job is that of `benchmarks.ours`, with `ahead`, seconds its clock is ahead, `timeout`, seconds it waits for an
    answer, and `seed` of its chance.
    """
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_live, args=(there, job))
    process.start()
    there.close()
    assert process.pid is not None
    born(process.pid)
    said: dict[str, Any] = {}
    with suppress(EOFError, ConnectionError):
        here.send("begin")
        said = here.recv()
    process.join()
    code = process.exitcode
    process.close()
    here.close()
    if code not in (0, KILLED):
        raise RuntimeError(f"plsync ended with code {code}; its words are above")
    return Life(code == KILLED, said)


def _live(pipe: Connection, job: Job) -> None:
    pipe.recv()
    with opened(job) as (plsync, _):
        pipe.send(synced(plsync))
    pipe.close()


@contextmanager
def opened(job: Job) -> Iterator[tuple[wiring.Plsync, Clock]]:
    """plsync as the job wants it, in this process, with a clock that jumps over every wait."""
    clock = Clock(timedelta(seconds=job.get("ahead", 0.0)))
    random.seed(job.get("seed", 0))
    with ExitStack() as stack:
        stack.enter_context(patch.object(wiring, "sleep", clock.sleep))
        if timeout := job.get("timeout"):
            _impatient(stack, float(timeout))
        yield stack.enter_context(wiring.opened(ours.configuration(job), clock)), clock


def synced(plsync: wiring.Plsync) -> dict[str, Any]:
    """One sync, as it tells of itself; an error of ours is told, not raised."""
    try:
        run = sync_once(plsync)
    except PlsyncError as error:
        return {"error": type(error).__name__, "text": str(error)}
    return {"planned": run.planned, "rejects": run.rejects, "counts": run.counts()}


def _impatient(stack: ExitStack, seconds: float) -> None:
    """Clients that wait `seconds` for an answer."""
    for room, settings in ((salesforce, SalesforceSettings), (hubspot, HubSpotSettings)):
        stack.enter_context(patch.object(room, settings.__name__, partial(settings, timeout=(5.0, seconds))))
