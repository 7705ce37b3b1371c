"""`plsync runs`: what was done, the newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from connector.model import CALLS, MOTION, PLAN, OutcomeKind
from connector.store import notices, runs
from connector.store.notices import Notice
from connector.store.runs import RunRow
from plsync import exits
from plsync.lease import holder
from plsync.overdue import waiting_plan
from plsync.terminal import lasted, moment, pairs, say, say_json, table
from plsync.wiring import Plsync

COUNTED = frozenset({*map(str, OutcomeKind), "restored"})
KILLED = "killed"
STOPPED = {"KeyboardInterrupt": "stopped by Ctrl-C"}


def run(plsync: Plsync, as_json: bool, limit: int) -> int:
    """List the newest `limit` runs."""
    plsync.store.require_current()
    with plsync.store.read() as conn:
        newest, troubles = runs.latest(conn, limit), notices.ongoing(conn, (notices.STORM, notices.SLACK))
    found = _told(newest, at_work=holder(plsync.store) is not None)
    waiting, now = waiting_plan(plsync.store, plsync.guards), plsync.clock()
    if as_json:
        waits = {"since": waiting.since, "run": waiting.run, "plan": waiting.hash} if waiting else None
        told = [{"since": one.opened_at, "kind": one.kind, **one.told} for one in troubles]
        say_json({"runs": [as_dict(one) for one in found], "waiting": waits, "slack": told})
        return exits.DONE
    _show_troubles(troubles)
    if not found:
        say("there was no run yet; `plsync sync` makes the first")
        return exits.DONE
    rows = [[one.id, one.lane, one.state, moment(one.started_at), took(one), calls(one), what(one)] for one in found]
    table(["run", "lane", "state", "started", "took", "calls", "what"], rows)
    if waiting:
        say()
        say(waiting.words(now), "bold")
    return exits.DONE


def _show_troubles(troubles: Sequence[Notice]) -> None:
    """What Slack refuses, and alerts that wait for RevOps: said here also where Slack cannot say it."""
    for one in troubles:
        told = one.told
        if one.kind == notices.STORM:
            words = f"{told['held']:,} new alerts are held until somebody decides in Slack"
        else:
            words = f"Slack refuses {told['target']} ({told['code']}): {told['advice']}"
        say(f"since {moment(one.opened_at)}: {words}", "bold")


def _told(newest: Sequence[RunRow], at_work: bool) -> list[RunRow]:
    """The runs, those that never said how they ended as killed: only the newest can still be at work."""
    return [one if one.finished_at or (at_work and one is newest[0]) else replace(one, state=KILLED) for one in newest]


def as_dict(one: RunRow) -> dict[str, Any]:
    """A run as JSON; `seconds` is null while it runs, `plan` is the hash of one that was refused.

    `motion` is how many accounts had none, of a whole run that ended well.
    """
    return {
        "run": one.id,
        "lane": one.lane,
        "state": one.state,
        "started_at": one.started_at,
        "finished_at": one.finished_at,
        "seconds": (one.finished_at - one.started_at).total_seconds() if one.finished_at else None,
        "counts": mappings(one),
        "crms": one.counts.get(CALLS, {}),
        "plan": one.counts.get(PLAN),
        "motion": one.counts.get(MOTION),
        "error": one.error,
    }


def took(one: RunRow) -> str:
    """How long a run took."""
    return lasted((one.finished_at - one.started_at).total_seconds()) if one.finished_at else "—"


def calls(one: RunRow) -> int:
    """Requests of the run to all CRMs."""
    return sum(spent["calls"] for spent in one.counts.get(CALLS, {}).values())


def what(one: RunRow) -> str:
    """The error, and the outcomes of all mappings together, with how many put right what somebody had changed."""
    total: Counter[str] = Counter()
    for counted in mappings(one).values():
        total.update({kind: count for kind, count in counted.items() if kind in COUNTED})
    if one.state == runs.REFUSED:
        return one.error.splitlines()[0] if one.error else ""
    told = pairs(total)
    if one.error:
        return f"{STOPPED.get(one.error, one.error.splitlines()[0])}{f'; {told}' if told else ''}"
    if one.finished_at is None:
        return "its records stay due, but for those it delivered" if one.state == KILLED else "at work"
    return told or pairs(_other(one)) or "nothing to do"


def _other(one: RunRow) -> Counter[str]:
    """What runs that send nothing count: adopted edits, accounts handed over."""
    numbers = (counted.items() for counted in mappings(one).values())
    return Counter({kind: n for some in numbers for kind, n in some if isinstance(n, int) and kind != "planned"})


def mappings(one: RunRow) -> dict[str, Any]:
    """What became of each mapping's records."""
    return {name: counted for name, counted in one.counts.items() if name not in (CALLS, PLAN, MOTION)}
