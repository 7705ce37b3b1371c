"""Where the dates of the CRM come from: the warehouse, which has them of every account, as far as it declares them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime

from bot.sla.crm_attainment import Milestones
from connector.funnel.metrics import Scope

Rows = Iterator[Milestones] | None
Read = Callable[[datetime, datetime, Scope], AbstractContextManager[Rows]]


def _nothing(since: datetime, until: datetime, scope: Scope) -> AbstractContextManager[Rows]:
    del since, until, scope
    return nullcontext(iter(()))


@dataclass(frozen=True, slots=True)
class CrmSource:
    """`columns` are those of the clocks that are declared.

    `read` opens the accounts of a scope of which something began in since <= date < until, streamed; None where what
    the scope asks for is not declared. Opening and reading raise WarehouseError and ContentError.
    """

    columns: Collection[str] = frozenset()
    read: Read = _nothing


UNDECLARED = CrmSource()
