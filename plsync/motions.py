"""How many accounts have no motion (B3): counted for every whole run and kept with it; an alarm where they are many."""

from __future__ import annotations

from dataclasses import replace

from connector import measure
from connector.funnel.motions import Motions, alarm, from_json
from connector.model import MOTION
from connector.store import Store, runs
from connector.sync import Run
from plsync.wiring import Plsync


def motions(plsync: Plsync) -> Motions | None:
    """What the warehouse holds now: one aggregate query. None where nothing is decided, or no stage has a date."""
    return measure.motions(plsync.warehouse) if plsync.basis.decides else None


def with_motion(plsync: Plsync, run: Run, motion: Motions | None) -> Run:
    """The run with what was counted when it was planned, which its row keeps."""
    if motion is None:
        return run
    with plsync.store.write() as conn:
        runs.note(conn, run.id, MOTION, motion.as_json())
    return replace(run, motion=motion)


def last_motion(store: Store, lane: str) -> Motions | None:
    """What a lane's newest run that ended well counted. Raises StoreError."""
    with store.read() as conn:
        done = runs.last_done(conn, lane)
    stored = done.counts.get(MOTION) if done else None
    return from_json(stored) if stored else None


def alarms(plsync: Plsync, motion: Motions | None) -> list[str]:
    """What to say where too many are unknown."""
    most = plsync.folder.definitions.motion.unknown_max
    return [alarm(motion, most)] if motion and motion.is_alarm(most) else []
