"""The alerts lane's part of a plan: accounts that somebody may have to be alerted of, ahead of all others (A3, D37)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.plan import Planned
from connector.planning import Keep
from connector.ports import Ledger
from connector.rules.definitions import Definitions
from connector.rules.urgency import may_be_urgent, urgent


def urgent_ones(ledger: Ledger, definitions: Definitions, now: datetime) -> Keep:
    """What to keep of a plan. Last decisions are looked up of those alone whom it may concern."""

    def keep(some: Sequence[Planned]) -> list[Planned]:
        likely = [one for one in some if not one.gone and may_be_urgent(one.record, definitions, now)]
        previous = ledger.decisions([one.record.key for one in likely])
        return [one for one in likely if urgent(one.record, previous.get(one.record.key), definitions, now)]

    return keep
