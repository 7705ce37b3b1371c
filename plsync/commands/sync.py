"""`plsync sync`: plan, read, decide, merge, deliver, record."""

from __future__ import annotations

from connector.model import Outcome, OutcomeKind
from connector.sync import Run
from plsync import exits
from plsync.running import sync_once
from plsync.terminal import moment, pairs, say, say_json, table
from plsync.wiring import Plsync


def run(plsync: Plsync, as_json: bool, limit: int | None, approved: str | None = None) -> int:
    """Sync and say what became of every record."""
    finished = sync_once(plsync, limit, quiet=as_json, approved=approved)
    if as_json:
        say_json(as_dict(finished))
    else:
        show(finished)
    return exits.REJECTS if finished.rejects else exits.DONE


def as_dict(run: Run) -> dict[str, object]:
    """The run as JSON."""
    refused = [
        {"mapping": name, "account": one.key, "code": one.code, "message": one.message, "advice": one.advice}
        for name, tally in run.tallies.items()
        for one in tally.refused
    ]
    counted = {"compared": run.compared, "planned": run.planned, "stopped": run.stopped and run.stopped.system}
    return {"run": run.id, **counted, "mappings": run.counts(), "refused": refused}


def show(run: Run) -> None:
    """The run for people."""
    if run.stopped:
        pause = run.stopped
        say(f"{pause.system} is paused since {moment(pause.since)} by {pause.by}; what is left stays due", "bold")
        say(f"`plsync resume {pause.system}` lets it go on", "dim")
    say(f"run {run.id}: {run.planned:,} of {run.compared:,} accounts had changed", "bold")
    if run.planned == 0:
        say("nothing to do: no CRM was called" if run.compared else "the warehouse holds no account: is it loaded?")
        return
    if not any(tally.planned for tally in run.tallies.values()):
        return
    say()
    kinds = [kind for kind in OutcomeKind if any(tally.outcomes[kind] for tally in run.tallies.values())]
    rows = [
        [name, tally.planned, *(tally.outcomes[kind] for kind in kinds), pairs(tally.reasons)]
        for name, tally in run.tallies.items()
    ]
    table(["mapping", "planned", *kinds, ""], rows)
    for destination in sorted({tally.destination for tally in run.tallies.values() if tally.reasons["PAUSED"]}):
        say(f"{destination} is paused, its records stay due; `plsync resume` lets it go on")
    for name, tally in run.tallies.items():
        for one in tally.refused:
            say(f"{name} refused {one.key}: {words(one)}")
    if run.rejects:
        say("`plsync rejects` lists them all, `plsync explain ACCOUNT` shows one field by field", "dim")


def words(outcome: Outcome) -> str:
    """What the CRM said, and what to do."""
    return ": ".join(part for part in (outcome.code, outcome.message, outcome.advice) if part)
