"""How the lanes and the definitions stand, as the store has it: the same from every replica, and after a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from connector.errors import PlsyncError
from connector.guards import Guards
from connector.store import Store, runs
from plsync.defining import undocumented
from plsync.lanes import Lane
from plsync.motions import last_motion
from plsync.overdue import waiting_plan
from plsync.punctuality import late_rungs
from plsync.running import FULL
from plsync.wiring import Plsync

SUCCESS = "plsync_last_success_timestamp_seconds"
WAITING = "plsync_plan_waiting_seconds"
LATE_RUNGS = "plsync_late_rungs"
UNDOCUMENTED = "plsync_definitions_undocumented"
UNKNOWN = "plsync_motion_unknown_share"


@dataclass(frozen=True)
class Standing(Collector):
    """Asked at every scrape. A store that does not answer leaves its figures out; /readyz says why."""

    store: Store
    lanes: Sequence[Lane]
    guards: Guards
    clock: Callable[[], datetime]

    def describe(self) -> list[Metric]:
        """Nothing, so that registering it asks no store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """When each lane last ended well, 0 for never; how long a refused plan has waited, 0 while none does.

        How many rungs of alerts are overdue, or fired too late within a day.
        """
        try:
            yield self._success()
            yield self._waiting()
            yield self._late()
        except PlsyncError:
            return

    def _success(self) -> Metric:
        family = GaugeMetricFamily(SUCCESS, "When a lane last ended well", labels=["lane"])
        with self.store.read() as conn:
            for lane in self.lanes:
                done = runs.last_done(conn, lane.name)
                ended = done.finished_at if done else None
                family.add_metric([lane.name], ended.timestamp() if ended else 0)
        return family

    def _waiting(self) -> Metric:
        waiting = waiting_plan(self.store, self.guards)
        seconds = waiting.waited(self.clock()).total_seconds() if waiting else 0
        return GaugeMetricFamily(WAITING, "How long a refused plan has waited for a word", value=seconds)

    def _late(self) -> Metric:
        late = len(late_rungs(self.store, self.clock()))
        return GaugeMetricFamily(LATE_RUNGS, "Rungs of alerts that did not fire when they were due", value=late)


@dataclass(frozen=True, eq=False)
class Defining(Collector):
    """What is measured by: definitions that changed without a word, and accounts no motion was found for."""

    plsync: Plsync

    def describe(self) -> list[Metric]:
        """Nothing, so that registering it asks no store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """How many definitions are undocumented; the share without motion, which is left out before it is known."""
        try:
            changed, motion = undocumented(self.plsync), last_motion(self.plsync.store, FULL)
        except PlsyncError:
            return
        yield GaugeMetricFamily(UNDOCUMENTED, "Definitions that changed and nobody documented", value=len(changed))
        if motion and motion.share is not None:
            yield GaugeMetricFamily(UNKNOWN, "Accounts that should have a motion and have none", value=motion.share)
