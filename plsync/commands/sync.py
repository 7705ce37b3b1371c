"""`plsync sync`: plan, read, decide, merge, deliver, record."""

from __future__ import annotations

from connector.model import OutcomeKind
from connector.sync import Run
from plsync import exits
from plsync.running import sync_once
from plsync.terminal import say, say_json, table
from plsync.wiring import Plsync


def run(plsync: Plsync, as_json: bool, limit: int | None) -> int:
    """Sync and say what became of every record."""
    finished = sync_once(plsync, limit, quiet=as_json)
    if as_json:
        say_json(as_dict(finished))
    else:
        show(finished)
    return exits.REJECTS if finished.rejects else exits.DONE


def as_dict(run: Run) -> dict[str, object]:
    """The run as JSON."""
    return {"run": run.id, "compared": run.compared, "planned": run.planned, "mappings": run.counts()}


def show(run: Run) -> None:
    """The run for people."""
    say(f"run {run.id}: {run.planned:,} of {run.compared:,} accounts had changed")
    if run.planned == 0:
        say("nothing to do: no CRM was called")
        return
    kinds = [kind for kind in OutcomeKind if any(tally.outcomes[kind] for tally in run.tallies.values())]
    rows = [[name, tally.planned, *(tally.outcomes[kind] for kind in kinds)] for name, tally in run.tallies.items()]
    table("what happened", ["mapping", "planned", *kinds], rows)
    if run.rejects:
        say("some records were refused; `plsync explain ACCOUNT` gives the CRM's own words")
