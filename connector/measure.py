"""Measure: a funnel over a time, and how many accounts have no motion. Counted in the warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connector.funnel.metrics import Funnel, FunnelReport, report
from connector.funnel.motions import Motions
from connector.funnel.periods import Period
from connector.ports import Only, Warehouse
from connector.rules.motion import EXPECTED, TELLING

SCORED_AT = "scored_at"


def measure(warehouse: Warehouse, funnel: Funnel, over: Period, only: Sequence[Only] = ()) -> FunnelReport:
    """The funnel over a period and over the equal one before it, of one read, and when the accounts in it were scored.

    Stages whose column is not declared are not configured, and all of them where that is so of what `only` asks for
    (D45). Raises WarehouseError.
    """
    stages = {stage.name: stage.column for stage in funnel.stages}
    with warehouse.reading() as reading:
        now = reading.counts(stages, over.since, over.until, only)
        then = reading.counts(stages, over.before, over.before_until, only)
        scored_at = reading.newest(SCORED_AT)
    before = report(funnel, then, over.before, over.before_until)
    return replace(report(funnel, now, over.since, over.until), before=before, scored_at=scored_at)


def motions(warehouse: Warehouse) -> Motions | None:
    """How many accounts have a motion, as its six rules would find; None where no stage has a date (D45).

    One aggregate over the accounts, of which no row leaves the warehouse. Raises WarehouseError.
    """
    with warehouse.reading() as reading:
        accounts, groups = reading.reached({"expected": EXPECTED, "told": TELLING})
    if "expected" not in groups:
        return None
    return Motions(accounts, groups["expected"], groups["expected"] - groups.get("told", 0))
