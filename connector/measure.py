"""Measure: a funnel over a time, and how many accounts have no motion. Counted in the warehouse."""

from __future__ import annotations

from datetime import datetime

from connector.funnel.metrics import Funnel, FunnelReport, report
from connector.funnel.motions import Motions
from connector.ports import Warehouse
from connector.rules.motion import EXPECTED, TELLING


def measure(warehouse: Warehouse, funnel: Funnel, since: datetime, until: datetime) -> FunnelReport:
    """The funnel over since <= date < until. Stages whose column is not declared are not configured (D45).

    Raises WarehouseError.
    """
    with warehouse.reading() as reading:
        counts = reading.counts({stage.name: stage.column for stage in funnel.stages}, since, until)
    return report(funnel, counts, since, until)


def motions(warehouse: Warehouse) -> Motions | None:
    """How many accounts have a motion, as its six rules would find; None where no stage has a date (D45).

    One aggregate over the accounts, of which no row leaves the warehouse. Raises WarehouseError.
    """
    with warehouse.reading() as reading:
        accounts, groups = reading.reached({"expected": EXPECTED, "told": TELLING})
    if "expected" not in groups:
        return None
    return Motions(accounts, groups["expected"], groups["expected"] - groups.get("told", 0))
