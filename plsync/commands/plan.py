"""`plsync plan`: what a sync would do. Reads the CRMs, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from connector.guards import problems
from connector.planning import Plan
from connector.preview import Preview, Sample, preview
from plsync import exits
from plsync.running import planned, require_ready
from plsync.terminal import labelled, pairs, progress, say, say_json, shown, table
from plsync.wiring import Plsync

EXAMPLES, FIELDS = 3, 8  # records shown, and fields of each


def run(plsync: Plsync, as_json: bool, limit: int | None, offline: bool = False) -> int:
    """Plan, read, decide and merge, then say what would be sent; `offline` plans alone (D26)."""
    require_ready(plsync)
    with planned(plsync, limit) as plan:
        if offline:
            return _offline(plsync, plan, as_json)
        if plan.planned == 0:
            seen = Preview(plan.compared, 0, plan.hash)
        else:
            with progress("planning", plan.planned, "accounts", as_json, plsync.clock) as step:
                seen = preview(plsync.house(), plan, plsync.clock, step)
        seen.refused = problems(plan.guarded, plsync.guards)
    if as_json:
        say_json(seen.as_json())
    else:
        show(seen)
    return exits.DONE


def _offline(plsync: Plsync, plan: Plan, as_json: bool) -> int:
    """What is due, as the warehouse and our memory have it: at most so many records, since no CRM was asked."""
    refused = problems(plan.guarded, plsync.guards)
    if as_json:
        counted = {name: asdict(counts) for name, counts in plan.guarded.items()}
        header = {"hash": plan.hash, "compared": plan.compared, "planned": plan.planned}
        say_json({**header, "offline": True, "destinations": counted, "refused": refused})
        return exits.DONE
    _head(plan)
    rows = [[name, n.records, n.creates, n.clears, n.owner_changes] for name, n in plan.guarded.items()]
    if plan.planned:
        table(["mapping", "due", "may be created", "lose a value", "may change owner"], rows)
    for problem in refused:
        say(problem, "bold")
    say("no CRM was asked: what of this it holds already is not known", "dim")
    return exits.DONE


def _head(plan: Plan | Preview) -> None:
    say(f"plan {plan.hash}: {plan.planned:,} of {plan.compared:,} accounts changed since the last delivery", "bold")


def show(seen: Preview) -> None:
    """The preview for people."""
    _head(seen)
    if seen.planned == 0:
        say("nothing to do: no CRM was called" if seen.compared else "the warehouse holds no account: is it loaded?")
        return
    say()
    kinds = sorted({kind for counted in seen.kinds.values() for kind in counted}, reverse=True)
    rows = [[name, *(counted[kind] for kind in kinds), _reasons(seen, name)] for name, counted in seen.kinds.items()]
    table(["mapping", *kinds, ""], rows)
    say()
    labelled([("routes", pairs(seen.routes)), ("alerts", pairs(seen.alerts) or "none")], indent=0)
    for sample in seen.samples[:EXAMPLES]:
        _example(sample)
    say()
    for problem in seen.refused:
        say(problem, "bold")
    command = f"plsync sync --plan {seen.hash}" if seen.refused else "plsync sync"
    say(f"nothing was written; `{command}` does this", "dim")


def _reasons(seen: Preview, mapping: str) -> str:
    """Why some of a mapping's records would be left as they are."""
    codes = {reason.removeprefix(f"{mapping} "): n for reason, n in seen.reasons.items() if reason.startswith(mapping)}
    return pairs(codes)


def _example(sample: Sample) -> None:
    say()
    alert = f", {sample.alert} alert" if sample.alert else ""
    say(f"{sample.key}: {sample.kind} in {sample.mapping}{alert}", "bold")
    rows: Sequence[Sequence[object]] = [
        [field.name, shown(field.live, 24), "→", shown(field.written, 200)] for field in sample.fields[:FIELDS]
    ]
    table(["", "", "", ""], rows, indent=2, widths=(22, 14))
    if (more := len(sample.fields) - FIELDS) > 0:
        say(f"  and {more} more", "dim")
