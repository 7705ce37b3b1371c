"""`plsync revert RUN`: put old values back where the CRM still holds what the run wrote (D31)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from connector.model import OutcomeKind
from connector.revert import Reversal, Revert, Verdict, apply, rehearse
from plsync import exits
from plsync.lease import alone
from plsync.running import require_ready
from plsync.terminal import pairs, progress, say, say_json, shown, table
from plsync.wiring import Plsync

EXAMPLES = 12  # fields shown of each mapping


def run(plsync: Plsync, of: str, do: bool, as_json: bool) -> int:
    """Show what reverting a run would do, or do it, and say what became of each record."""
    require_ready(plsync)
    if not do:
        done = rehearse(plsync.house(), of)
    else:
        with alone(plsync.store, plsync.clock, plsync.connections) as renew:
            house = plsync.house()
            rehearsed = rehearse(house, of)
            with progress("reverting", len(rehearsed.rows), "records", as_json, plsync.clock) as step:

                def advanced(count: int) -> None:
                    renew()
                    step(count)

                done = apply(house, rehearsed, plsync.clock, advanced)
    if as_json:
        say_json(as_dict(done))
    else:
        show(done)
    return exits.REJECTS if done.failed else exits.DONE


def as_dict(done: Revert) -> dict[str, Any]:
    """The revert as JSON; `run` is null when nothing was written."""
    return {"of": done.of, "run": done.run, "records": [_record(row) for row in done.rows]}


def _record(row: Reversal) -> dict[str, Any]:
    return {
        "account": row.account,
        "mapping": row.mapping,
        "record": row.record_id,
        "verdict": str(row.verdict),
        "back": {name: {"from": now, "to": old} for name, (now, old) in row.back.items()},
        "stays": dict(row.stays),
        "outcome": str(row.outcome.kind) if row.outcome else None,
        "code": row.outcome.code if row.outcome else None,
        "message": row.outcome.message if row.outcome else None,
    }


def show(done: Revert) -> None:
    """The revert for people, mapping by mapping."""
    if not done.rows:
        say(f"{done.of} wrote nothing: there is nothing to revert")
        return
    verdicts = Counter(_verdict(row) for row in done.rows)
    say(f"revert of {done.of}{f', run {done.run}' if done.run else ''}: {pairs(verdicts)}", "bold")
    for mapping in dict.fromkeys(row.mapping for row in done.rows):
        _show_mapping(mapping, [line for row in done.rows if row.mapping == mapping for line in _lines(row)])
    if done.run is None:
        say()
        say(f"nothing was written; `plsync revert {done.of} --apply` does this", "dim")


def _show_mapping(mapping: str, lines: list[list[object]]) -> None:
    say()
    say(mapping, "bold")
    table(["account", "", "field", "from", "back to"], lines[:EXAMPLES], indent=2, widths=(20,))
    if (more := len(lines) - EXAMPLES) > 0:
        say(f"  and {more:,} more; --json has them all", "dim")


def _verdict(row: Reversal) -> str:
    """What became of the record, or would."""
    if row.outcome is None:
        return str(row.verdict)
    return "restored" if row.outcome.kind is OutcomeKind.UPDATED else str(row.outcome.kind)


def _lines(row: Reversal) -> list[list[object]]:
    refused = row.outcome is not None and row.outcome.kind is not OutcomeKind.UPDATED
    words = f"{_verdict(row)}: {row.outcome.message}" if row.outcome and refused else _verdict(row)
    back: list[list[object]] = [
        [row.account, words, name, shown(now, 28), shown(old, 28)] for name, (now, old) in row.back.items()
    ]
    stays: list[list[object]] = [
        [row.account, str(Verdict.CHANGED), name, shown(held, 28), "stays"] for name, held in row.stays.items()
    ]
    return [*back, *stays] or [[row.account, words, "", "", ""]]
