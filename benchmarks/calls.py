"""`python -m benchmarks.calls`: API calls for 10,000 changed records, counted by the stand-ins, as one JSON object.

`rest`, `bulk`, `merge` and `blind` are all calls of a sync, in that mode, whose record ids are known, `bulk_polls`
apart; `unchanged` those of the sync after it; `schema` HubSpot's calls that describe object and portal, of every sync
together; `verified` are the records whose changed value was read back from the stand-in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.clients import Sample
from benchmarks.measures.delivery import POLL
from benchmarks.scene import BOTH, BY_JOB, BY_REST, FIELDS_ONLY, UNREAD, Scene, scene

RECORDS = 10_000
SCHEMA = ("schema", "directory")


@dataclass(frozen=True)
class Mode:
    """A way to deliver: what the configuration says beside the usual (by section), and the mapping folder."""

    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mappings: Path = FIELDS_ONLY


USUAL = Mode(BY_REST)
# The first of each CRM is the one that `unchanged` and `verified` are about.
MODES: dict[str, dict[str, Mode]] = {
    "salesforce": {"rest": USUAL, "bulk": Mode(BY_JOB)},
    "hubspot": {"merge": USUAL, "blind": Mode(mappings=UNREAD)},
}


def main() -> None:
    """Print the object and nothing else. Each CRM has a scene of its own, so that they are counted side by side."""
    with ProcessPoolExecutor(len(BOTH)) as pool:
        told = dict(zip(BOTH, pool.map(counted, BOTH), strict=True))
    sys.stdout.write(json.dumps(told) + "\n")


def counted(crm: str, records: int = RECORDS) -> dict[str, int]:
    """A first sync, all records changed once in every mode, and nothing changed: the calls of one CRM."""
    usual, other = MODES[crm]
    with scene(records) as stage:
        first = _sync(stage, crm, USUAL)
        stage.change()
        changed, again = _sync(stage, crm, USUAL), _sync(stage, crm, USUAL)
        stage.change()
        last = _sync(stage, crm, MODES[crm][other])
    if last["missed"][crm]:  # calls saved by loss are no saving
        raise SystemExit(f"{crm} {other}: {last['missed'][crm]:,} records did not arrive")
    polls = last["calls"][crm].get(POLL, 0)
    schema = sum(one["calls"][crm].get(kind, 0) for one in (first, changed, again, last) for kind in SCHEMA)
    return {
        usual: changed["calls"][crm]["total"],
        other: last["calls"][crm]["total"] - polls,
        **({"bulk_polls": polls} if other == "bulk" else {}),
        "unchanged": again["calls"][crm]["total"],
        "verified": stage.count - changed["missed"][crm],
        **({"schema": schema} if crm == "hubspot" else {}),
    }


def _sync(stage: Scene, crm: str, mode: Mode) -> Sample:
    settings = {name: how for name, how in mode.settings.items() if name == crm}
    return stage.sync(crm, mappings=mode.mappings, settings=settings)


if __name__ == "__main__":
    main()
