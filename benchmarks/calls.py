"""`python -m benchmarks.calls`: API calls for 10,000 changed records, counted by the stand-ins, as one JSON object.

`rest`, `bulk`, `merge` and `blind` are all calls of a sync, in that mode, whose record ids are known, `bulk_polls`
apart; `unchanged` those of the sync after it; `schema` HubSpot's calls that describe object and portal, of every sync
together; `verified` are the records whose changed value was read back from the stand-in.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
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
    """Print the object and nothing else."""
    with scene(RECORDS) as stage:
        told = counted(stage)
    sys.stdout.write(json.dumps(told) + "\n")


def counted(stage: Scene) -> dict[str, dict[str, Any]]:
    """A first sync, all records changed once in every mode, and nothing changed: the calls of each CRM."""
    schema: Counter[str] = Counter()
    _sync(stage, USUAL, schema)
    stage.change()
    changed = _sync(stage, USUAL, schema)
    again = _sync(stage, USUAL, schema)
    told: dict[str, dict[str, Any]] = {crm: {} for crm in BOTH}
    for crm, modes in MODES.items():
        usual, other = modes
        told[crm][usual] = changed["calls"][crm]["total"]
        told[crm] |= _other(stage, crm, other, schema)
        told[crm] |= {"unchanged": again["calls"][crm]["total"], "verified": stage.count - changed["missed"][crm]}
    told["hubspot"]["schema"] = schema["hubspot"]
    return told


def _other(stage: Scene, crm: str, name: str, schema: Counter[str]) -> dict[str, int]:
    """A mode's calls, its polls apart. Fails when a record did not arrive: calls saved by loss are no saving."""
    stage.change()
    sample = _sync(stage, MODES[crm][name], schema, crm)
    if sample["missed"][crm]:
        raise SystemExit(f"{crm} {name}: {sample['missed'][crm]:,} records did not arrive")
    calls = sample["calls"][crm]
    polled = calls.get(POLL, 0)
    return {name: calls["total"] - polled, **({"bulk_polls": polled} if name == "bulk" else {})}


def _sync(stage: Scene, mode: Mode, schema: Counter[str], *crms: str) -> Sample:
    settings = {crm: how for crm, how in mode.settings.items() if crm in (crms or BOTH)}
    sample = stage.sync(*(crms or BOTH), mappings=mode.mappings, settings=settings, among=BOTH)
    for crm, calls in sample["calls"].items():
        schema[crm] += sum(calls.get(kind, 0) for kind in SCHEMA)
    return sample


if __name__ == "__main__":
    main()
