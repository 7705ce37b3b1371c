"""`plsync plan`: what a sync would do. Reads the CRMs, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from connector.planning import planning
from connector.preview import Preview, Sample, preview
from plsync import exits
from plsync.terminal import pairs, progress, say, say_json, shown, table
from plsync.wiring import Plsync


def run(plsync: Plsync, as_json: bool, limit: int | None) -> int:
    """Plan, read, decide and merge, then say what would be sent."""
    plsync.store.require_current()
    with planning(plsync.warehouse, plsync.ledger, plsync.basis, limit) as plan:
        if plan.planned == 0:
            seen = Preview(plan.compared, 0, plan.hash)
        else:
            with progress("planning", plan.planned, quiet=as_json) as step:
                seen = preview(plsync.house(), plan, plsync.clock, step)
    if as_json:
        say_json(seen.as_json())
    else:
        show(seen)
    return exits.DONE


def show(seen: Preview) -> None:
    """The preview for people."""
    say(f"plan {seen.hash}: {seen.planned:,} of {seen.compared:,} accounts changed since the last delivery")
    if seen.planned == 0:
        say("nothing to do: no CRM was called")
        return
    say()
    kinds = sorted({kind for counted in seen.kinds.values() for kind in counted})
    rows = [[name, *(counted[kind] for kind in kinds)] for name, counted in seen.kinds.items()]
    table("what would happen", ["mapping", *kinds], rows)
    if seen.reasons:
        say(f"held or refused: {pairs(seen.reasons)}")
    say(f"routes: {pairs(dict(seen.routes.most_common()))}")
    say(f"alerts: {pairs(seen.alerts) or 'none'}")
    say()
    table("for example", ["record", "field", "now", "would be", "because"], _examples(seen.samples))
    say()
    say("nothing was written; `plsync sync` does this")


def _examples(samples: Sequence[Sample]) -> list[list[object]]:
    """Up to three records that would change, with a few fields each."""
    rows: list[list[object]] = []
    for sample in samples[:3]:
        for number, field in enumerate(sample.fields[:5]):
            name = f"{sample.key} ({sample.kind})" if number == 0 else ""
            rows.append([name, field.name, shown(field.live, 30), shown(field.written, 44), field.reason])
    return rows
