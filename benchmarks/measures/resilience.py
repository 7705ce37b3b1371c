"""R1, R2, R4: killed at any request, faults of every kind, hostile rows. Counted in the stand-ins' records."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from benchmarks.finding import Entry, Finding, Size
from benchmarks.proof import faults, hostile, kills
from benchmarks.proof.world import FREE, Settings
from benchmarks.scene import BOTH

KILLS = 100  # of each CRM; Salesforce takes half of them by Bulk 2.0
ROWS = 20_000  # of R1
FAULTS, REFUSED = 60, 50
SMALL = 10_000  # below this size everything is small
BULK: Settings = {**FREE, "salesforce": {"bulk_from": 2_000}}
BULK_STEPS = {"salesforce": ({"match": "/jobs/ingest"},)}


def killed(size: Size) -> list[Finding]:
    """R1, CRM by CRM, and Salesforce once more with Bulk 2.0."""
    small = size.rows < SMALL
    trial = kills.Trial(2_200 if small else ROWS, 6 if small else KILLS)
    half = trial.kills // 2
    by_jobs = replace(trial, seed=2, settings=BULK, steps=BULK_STEPS, bulk_window=True)
    trials = {
        "salesforce": replace(trial, crms=("salesforce",), kills=half),
        "salesforce, Bulk 2.0": replace(by_jobs, crms=("salesforce",), kills=half),
        "hubspot": replace(trial, crms=("hubspot",)),
    }
    # Beside each other: nothing here is timed. A spawned process has no thread that a client could be forked from.
    with ProcessPoolExecutor(len(trials), get_context("spawn")) as pool:
        tolls = dict(zip(trials, pool.map(_killed, trials.values()), strict=True))
    judged = _killed_judged(tolls)
    return [
        Finding(
            "R1",
            "Killed by the CRM at a request of chance's choice, and run again",
            f"{trial.rows:,} accounts, half of them new, `upsert`, shipped rules with alerts; {trial.kills} SIGKILLs "
            "per CRM, half of Salesforce's while it loads by jobs: before any work, before the answer, in the middle "
            "of it; the warehouse moves on before half of the re-runs",
            "0 lost, 0 duplicates, nothing of ours held as a person's edit, third run 0 calls",
            [Entry(f"plsync, {name}", _killed_figures(toll)) for name, toll in tolls.items()],
            not any(judged.values()) and all(4 * toll.unsettled >= toll.kills.total() for toll in tolls.values()),
            judged=judged,
        )
    ]


def _killed(trial: kills.Trial) -> kills.Toll:
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        return kills.run(Path(folder), trial)


def _killed_judged(tolls: Mapping[str, kills.Toll]) -> dict[str, int]:
    every = tolls.values()
    return {
        "lost": sum(len(keys) for toll in every for keys in toll.lost.values()),
        "doubled": sum(len(keys) for toll in every for keys in toll.doubled.values()),
        "held": sum(len(toll.held) for toll in every),
        "refused": sum(len(toll.refused) for toll in every),
        "alerts lost or doubled": sum(len(toll.alerts_lost) + len(toll.alerts_doubled) for toll in every),
        "calls of the third run": sum(toll.third_calls for toll in every),
    }


def _killed_figures(toll: kills.Toll) -> dict[str, object]:
    return {
        "kills": ", ".join(f"{when} {count}" for when, count in sorted(toll.kills.items())),
        "between accept and commit": toll.unsettled,
        "broken off by a time-out": toll.broken_off,
        "warehouse moved": toll.moved,
        "records made": toll.created,
        "alerts wanted": toll.alerts,
        "lost": sum(map(len, toll.lost.values())),
        "doubled": sum(map(len, toll.doubled.values())),
        "held": len(toll.held),
        "third run": toll.third_calls,
    }


def faulted(size: Size) -> list[Finding]:
    """R2, CRM by CRM."""
    small = size.rows < SMALL
    tallies = {}
    for crm in BOTH:
        with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
            few = (15, 10) if small else (FAULTS, REFUSED)
            tallies[crm] = faults.at_random(Path(folder), crm, size.rows, *few)
    every = tallies.values()
    judged = {
        "lost": sum(len(each.lost) for each in every),
        "doubled": sum(len(each.doubled) for each in every),
        "refused without a name": sum(len(each.unnamed) for each in every),
        "held or refused in the end": sum(len(each.held) for each in every),
        "calls of the last run": sum(each.last_calls for each in every),
    }
    return [
        Finding(
            "R2",
            "Faults of every kind at random requests",
            f"{size.rows:,} accounts changed in each of {faults.ROUNDS} rounds, half of them new at first; some "
            "refused until the CRM takes them back",
            "0 lost, 0 duplicates, each reject named with code, the CRM's words and advice",
            [Entry(f"plsync, {crm}", _faulted_figures(each)) for crm, each in tallies.items()],
            not any(judged.values()),
            judged=judged,
        )
    ]


def _faulted_figures(tally: faults.Tally) -> dict[str, object]:
    return {
        "faults ordered": ", ".join(f"{name} {count}" for name, count in sorted(tally.struck.items())),
        "rejects named": tally.refused,
        "runs": tally.runs,
        "lost": len(tally.lost),
        "doubled": len(tally.doubled),
    }


def hostile_rows(size: Size) -> list[Finding]:
    """R4, both CRMs at once."""
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        verdicts = hostile.run(Path(folder), size.rows)
    judged = {
        "neither delivered nor named": sum(len(each.wrong) for each in verdicts.values()),
        "named without a reason": sum(len(each.without_reason) for each in verdicts.values()),
        "records nobody asked for": sum(len(each.strays) for each in verdicts.values()),
    }
    return [
        Finding(
            "R4",
            "Hostile rows",
            f"{size.rows:,} rows, written twice with other values; read back from the stand-ins byte for byte",
            "each delivered intact or rejected by name; no crash, no injection",
            [
                Entry(f"plsync, {crm}", {"delivered": each.delivered, "named": _codes(each.named)})
                for crm, each in verdicts.items()
            ],
            not any(judged.values()),
            judged=judged,
        )
    ]


def _codes(named: Counter[str]) -> str:
    return ", ".join(f"{code} {count}" for code, count in named.most_common())
