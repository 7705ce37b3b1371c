"""`plsync runs`: what was done, the newest first."""

from __future__ import annotations

from collections import Counter
from typing import Any

from connector.store import runs
from connector.store.runs import RunRow
from plsync import exits
from plsync.terminal import moment, pairs, say, say_json, table
from plsync.wiring import Plsync

NOT_COUNTS = ("destination", "planned")


def run(plsync: Plsync, as_json: bool, limit: int) -> int:
    """List the newest `limit` runs."""
    plsync.store.require_current()
    with plsync.store.read() as conn:
        found = runs.latest(conn, limit)
    if as_json:
        say_json({"runs": [as_dict(one) for one in found]})
        return exits.DONE
    if not found:
        say("there was no run yet; `plsync sync` makes the first")
        return exits.DONE
    rows = [[one.id, one.lane, one.state, moment(one.started_at), took(one), what(one)] for one in found]
    table(["run", "lane", "state", "started", "took", "what"], rows)
    return exits.DONE


def as_dict(one: RunRow) -> dict[str, Any]:
    """A run as JSON; `seconds` is null while it runs."""
    return {
        "run": one.id,
        "lane": one.lane,
        "state": one.state,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "seconds": (one.finished_at - one.started_at).total_seconds() if one.finished_at else None,
        "counts": one.counts,
        "error": one.error,
    }


def took(one: RunRow) -> str:
    """How long a run took, in the unit a person would choose."""
    if one.finished_at is None:
        return "—"
    seconds = (one.finished_at - one.started_at).total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def what(one: RunRow) -> str:
    """The error, or the outcomes of all mappings together."""
    if one.error:
        return one.error.splitlines()[0]
    total: Counter[str] = Counter()
    for counted in one.counts.values():
        total.update({kind: count for kind, count in counted.items() if kind not in NOT_COUNTS})
    return pairs(total) or "nothing to do"
