"""The dates of the CRM that promises are counted by, read from the warehouse (D41)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from bot.crm_source import CrmSource, Rows
from bot.sla.crm_attainment import DATES, REJECT_REASON, STARTS, Milestones
from connector.funnel.metrics import Scope
from connector.lookup import NAME
from connector.model import ColumnType, WarehouseValue
from connector.rules.names import moment
from plsync.measuring import OWNER, narrowed
from plsync.relations import account_columns
from plsync.wiring import Plsync

_DATED = (ColumnType.DATE, ColumnType.DATETIME)


def crm_source(plsync: Plsync) -> CrmSource:
    """What the warehouse declares of it. A column that is not declared as a date has none."""
    declared = account_columns(plsync.config)
    dates = {name for name in DATES if declared.get(name) in _DATED}
    return CrmSource(frozenset({*dates, *({REJECT_REASON} & declared.keys())}), partial(_read, plsync))


@contextmanager
def _read(plsync: Plsync, since: datetime, until: datetime, scope: Scope) -> Iterator[Rows]:
    starts = [name for name in STARTS if name in crm_source(plsync).columns]
    if not starts:
        yield iter(())
        return
    columns = (NAME, OWNER, REJECT_REASON, *DATES)
    with plsync.warehouse.reading() as reading:
        found = reading.dated(columns, starts, since, until, list(narrowed(plsync, scope)))
        yield None if found is None else (_milestones(key, values) for key, values in found)


def _milestones(key: str, values: Mapping[str, WarehouseValue]) -> Milestones:
    dates = {name: at for name in DATES if (at := moment(values.get(name)))}
    name, owner, reason = (_text(values.get(column)) for column in (NAME, OWNER, REJECT_REASON))
    return Milestones(key, name or key, owner, dates, reason)


def _text(value: WarehouseValue) -> str | None:
    """What was written; None where that is blank."""
    return str(value).strip() or None if value is not None else None
