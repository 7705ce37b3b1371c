"""Everything the mapping folder says of clocks: what is promised, and in whose hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sla.crm_dates import CrmClock
from bot.sla.flood import Flood
from bot.sla.policy import SlaPolicy
from bot.sla.roster import Roster
from connector.rules.reading import Problems, Table
from connector.rules.segments import UNKNOWN_SIZE
from plsync.promises import read_crm_clocks, read_flood, read_policies
from plsync.workdays import read_roster

FILE = "sla"  # its name in the mapping folder


@dataclass(frozen=True, slots=True)
class Clocks:
    """Policies per tier and segment, those over CRM dates, and everybody's hours, holidays not yet among them.

    `flood` is how much anybody is told at once.
    """

    policies: tuple[SlaPolicy, ...]
    crm: tuple[CrmClock, ...]
    roster: Roster
    flood: Flood


def read_clocks(sla: Table | None, documents: Mapping[str, Any]) -> tuple[Clocks, list[str]]:
    """The clocks of a folder, and every problem with them. `documents` are its other files, by name."""
    problems = Problems()
    clocks = Clocks(
        policies=read_policies(sla, _segments(documents), problems),
        crm=read_crm_clocks(sla, problems),
        roster=read_roster(documents.get("people", {}), problems),
        flood=read_flood(sla, problems),
    )
    return clocks, problems.found


def _segments(documents: Mapping[str, Any]) -> Collection[str]:
    """Names of segments, as far as they can be read: what is wrong with them is said elsewhere."""
    rows = documents.get("segments", {}).get("segment", [])
    listed = rows if isinstance(rows, list) else []
    return {
        UNKNOWN_SIZE,
        *(row["name"] for row in listed if isinstance(row, Mapping) and isinstance(row.get("name"), str)),
    }
