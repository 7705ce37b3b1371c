"""Measure: a funnel over a time, counted in the warehouse."""

from __future__ import annotations

from datetime import datetime

from connector.funnel.metrics import Funnel, FunnelReport, report
from connector.ports import Warehouse


def measure(warehouse: Warehouse, funnel: Funnel, since: datetime, until: datetime) -> FunnelReport:
    """The funnel over since <= date < until. Stages whose column is not declared are not configured (D45).

    Raises WarehouseError.
    """
    with warehouse.reading() as reading:
        counts = reading.counts({stage.name: stage.column for stage in funnel.stages}, since, until)
    return report(funnel, counts, since, until)
