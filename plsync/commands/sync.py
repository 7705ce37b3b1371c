"""`plsync sync`: plan, read, decide, merge, deliver, record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from connector.funnel.latency import match_grade
from connector.funnel.motions import Motions
from connector.model import CALLS, Outcome, OutcomeKind, Purpose, Spent
from connector.recording import Tally
from connector.store import runs
from connector.sync import Run
from plsync import exits
from plsync.keyfile import Chosen, chosen
from plsync.motions import alarms
from plsync.running import sync_once
from plsync.terminal import lasted, moment, note, pairs, say, say_json, shown, table
from plsync.wiring import Plsync


def run(
    plsync: Plsync, as_json: bool, limit: int | None, approved: str | None = None, accounts: Path | None = None
) -> int:
    """Sync and say what became of every record. `accounts` is a file of account keys, one a line."""
    began = plsync.clock()
    only = chosen(plsync, accounts) if accounts else None
    try:
        finished = sync_once(plsync, limit, quiet=as_json, approved=approved, keys=only.keys if only else None)
    except KeyboardInterrupt:
        note(stopped_words(plsync, began))
        return exits.INTERRUPTED
    if as_json:
        say_json({**as_dict(finished), **({"unknown": only.unknown} if only else {})})
    else:
        show(finished)
        _show_motion(finished.motion, alarms(plsync, finished.motion))
        _show_unknown(only)
    return exits.REJECTS if finished.rejects else exits.DONE


def _show_motion(motion: Motions | None, told: Sequence[str]) -> None:
    """How many accounts have no motion, of a whole run; louder where they are too many (B3)."""
    for alarm in told:
        say(alarm, "bold")
    if motion and not told:
        say(motion.words, "dim")


def _show_unknown(only: Chosen | None) -> None:
    if only and only.unknown:
        names = shown(", ".join(only.unknown), 200)
        say(f"{len(only.unknown):,} of the {len(only.keys):,} keys name no account of the warehouse: {names}", "bold")


def as_dict(run: Run) -> dict[str, object]:
    """The run as JSON."""
    refused = [
        {"mapping": name, "account": one.key, "code": one.code, "message": one.message, "advice": one.advice}
        for name, tally in run.tallies.items()
        for one in tally.refused
    ]
    counted = {"compared": run.compared, "planned": run.planned, "stopped": run.stopped and run.stopped.system}
    motion = run.motion.as_json() if run.motion else None
    told = {"mappings": run.counts(), "crms": run.calls(), "motion": motion, "refused": refused}
    return {"run": run.id, **counted, **told}


def show(run: Run) -> None:
    """The run for people."""
    if run.stopped:
        pause = run.stopped
        say(f"{pause.system} is paused since {moment(pause.since)} by {pause.by}; what is left stays due", "bold")
        say(f"`plsync resume {pause.system}` lets it go on", "dim")
    say(f"run {run.id}: {run.compared:,} accounts compared, {run.planned:,} changed ones taken", "bold")
    if run.planned == 0:
        say("nothing to do" if run.compared else "the warehouse holds no account: is it loaded?")
    if any(tally.planned for tally in run.tallies.values()):
        say()
        _show_outcomes(run)
    say()
    _show_calls(run)


def _show_outcomes(run: Run) -> None:
    kinds = [kind for kind in OutcomeKind if any(tally.outcomes[kind] for tally in run.tallies.values())]
    rows = [
        [name, tally.planned, *(tally.outcomes[kind] for kind in kinds), pairs(tally.reasons)]
        for name, tally in run.tallies.items()
    ]
    table(["mapping", "planned", *kinds, ""], rows)
    for name, tally in run.tallies.items():
        say(f"{name}: {_news(tally)}", "dim")
    for destination in sorted({tally.destination for tally in run.tallies.values() if tally.reasons["PAUSED"]}):
        say(f"{destination} is paused, its records stay due; `plsync resume` lets it go on")
    for name, tally in run.tallies.items():
        for one in tally.refused:
            say(f"{name} refused {one.key}: {words(one)}")
    if run.rejects:
        say("`plsync rejects` lists them all, `plsync explain ACCOUNT` shows one field by field", "dim")


def _news(tally: Tally) -> str:
    """How long news took, how many accounts have a record, and what an edit made meanwhile risked."""
    matched, known = tally.matched
    parts = [f"{matched:,} of {known:,} accounts matched ({match_grade(matched, known)})"] if known else []
    for what, told in tally.news():
        if told:
            parts.append(f"{what} to CRM {lasted(told.p50)}, 95 % within {lasted(told.p95)} ({told.grade})")
    return "; ".join([*parts, f"read to write: {tally.window}"])


def _show_calls(run: Run) -> None:
    """Every request that went over the wire, and how fast the records arrived."""
    if not any(spent.total for spent in run.spent.values()):
        say("no CRM was called", "dim")
        return
    purposes = [purpose for purpose in Purpose if any(spent.calls.get(purpose) for spent in run.spent.values())]
    rows = [
        [crm, run.delivered(crm), _pace(run, crm), spent.total, *_split(spent, purposes), _left(spent)]
        for crm, spent in run.spent.items()
    ]
    table(["", "delivered", "records/s", "calls", *purposes, "left today"], rows)
    say(f"in {lasted(run.seconds)}", "dim")


def _pace(run: Run, crm: str) -> float | str:
    return run.delivered(crm) / run.seconds if run.seconds else "—"


def _split(spent: Spent, purposes: list[Purpose]) -> list[int]:
    return [spent.calls.get(purpose, 0) for purpose in purposes]


def _left(spent: Spent) -> int | str:
    return "not said" if spent.left_today is None else spent.left_today


def stopped_words(plsync: Plsync, began: datetime) -> str:
    """What Ctrl-C left behind: what was delivered, and that the rest is safe."""
    with plsync.store.read() as conn:
        newest = next((row for row in runs.latest(conn, 1) if row.started_at >= began), None)
    calls: Mapping[str, Mapping[str, int]] = newest.counts.get(CALLS, {}) if newest else {}
    told = pairs({crm: one["delivered"] for crm, one in calls.items()})
    if newest is None or not told:
        return "plsync: stopped before any record was delivered; all of it stays due, run it again to go on"
    return f"plsync: stopped. {newest.id} delivered records: {told}. The rest stays due, run it again to go on"


def words(outcome: Outcome) -> str:
    """What the CRM said, and what to do."""
    return ": ".join(part for part in (outcome.code, outcome.message, outcome.advice) if part)
