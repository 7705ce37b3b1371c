"""P4, P5: how fast it goes when every call takes 100 ms and the CRM sets the pace."""

from __future__ import annotations

from collections.abc import Mapping
from math import floor
from typing import Any

from benchmarks.clients import Sample
from benchmarks.environments import CUMULUSCI, DLT, DRT
from benchmarks.finding import Entry, Finding, Size, attempted, figure, kinds, middle, repeated, spread
from benchmarks.scene import BY_JOB, BY_REST, Scene, scene

LATENCY, PER_ROW = 0.1, 0.001  # seconds
PER_WINDOW, WINDOW = 190, 10.0
P4_RATIO, P5_RATIO = 1.15, 0.5


def hubspot(size: Size) -> list[Finding]:
    """P4: changed companies under the rolling limit."""
    with scene(size.rows) as stage:
        stage.sync("hubspot")
        ours = repeated(lambda: _paced(stage, "hubspot"), size.repeats)
        profiled = _paced(stage, "hubspot", profile="wall")
        dlt = attempted(DLT.title, lambda: _entry(DLT.title, "hubspot", [_paced_peer(stage, DLT.module, DLT.python())]))
    calls = ours[-1]["calls"]["hubspot"]
    fastest = floor((calls["total"] - 1) / PER_WINDOW) * WINDOW + LATENCY
    wall = middle(ours, "seconds")
    met = wall <= P4_RATIO * fastest and calls["429"] == 0 and calls["connections"] >= 2
    finding = Finding(
        "P4",
        "HubSpot at the pace of its rolling limit",
        f"{size.rows:,} changed, latency {LATENCY * 1000:g} ms, {PER_WINDOW} requests / rolling {WINDOW:g} s, "
        f"share 1.0, runs {size.repeats}",
        f"wall ≤ {P4_RATIO} × the floor of {fastest:.1f} s, no 429, 2 connections or more",
        [_entry("plsync", "hubspot", ours), dlt],
        met,
        frames=() if met else profiled["frames"],
        note="dlt neither reads what is there nor waits for the limit.",
        judged={"wall": wall, "floor": fastest},
    )
    return [finding]


def salesforce(size: Size) -> list[Finding]:
    """P5: changed accounts by the hundred thousand, against CumulusCI."""
    with scene(size.many) as stage:
        stage.sync("salesforce")
        ours = repeated(lambda: _paced(stage, "salesforce"), size.slow_repeats)
        by_job = _paced(stage, "salesforce", settings=BY_JOB)
        peer = attempted(CUMULUSCI.title, lambda: _cumulusci(stage, size))
        bulk = attempted("drt Bulk 2.0", lambda: _drt_bulk(stage))
        stage.crms.ask("pace")
        stage.change()
        profiled = stage.sync("salesforce", profile="cpu", settings=BY_REST)
    entries = [_entry("plsync", "salesforce", ours), peer, _entry("plsync, Bulk 2.0", "salesforce", [by_job]), bulk]
    theirs, most = (figure(entries, CUMULUSCI.title, name) for name in ("seconds", "peak_mb"))
    wall, peak = middle(ours, "seconds"), middle(ours, "peak_mb")
    met = None if theirs is None or most is None else wall <= P5_RATIO * theirs and peak <= most
    finding = Finding(
        "P5",
        "Salesforce in bulk",
        f"{size.many:,} changed, latency {LATENCY * 1000:g} ms + {PER_ROW * 1000:g} ms for every row read or written, "
        f"runs {size.slow_repeats} (each takes minutes)",
        f"wall ≤ {P5_RATIO} × CumulusCI REST, peak memory ≤ its",
        entries,
        met,
        frames=() if met else profiled["frames"],
        note="Judged by REST: the stand-in works a job off at a pace of its own, not row by row. CumulusCI's bulk "
        "speaks Bulk API 1, which the stand-in does not: not measured.",
        judged={"wall": wall, "theirs": theirs, "peak": peak, "their peak": most},
    )
    return [finding]


def _cumulusci(stage: Scene, size: Size) -> Entry:
    def once() -> Sample:
        stage.change()
        stage.crms.ask("pace", seconds=LATENCY, per_row=PER_ROW)
        return stage.peer(CUMULUSCI.module, CUMULUSCI.python(), "salesforce")

    return _entry(CUMULUSCI.title, "salesforce", repeated(once, size.slow_repeats))


def _drt_bulk(stage: Scene) -> Entry:
    """Beside the bar: one job for everything. The stand-in works it off at a pace of its own, not row by row."""
    stage.change()
    stage.crms.ask("pace", seconds=LATENCY)
    sample = stage.peer(DRT.module, DRT.python(), "salesforce", pacing="off")
    return _entry("drt Bulk 2.0", "salesforce", [sample])


def _paced(
    stage: Scene, crm: str, profile: str | None = None, settings: Mapping[str, Mapping[str, Any]] = BY_REST
) -> Sample:
    stage.change()
    _set_pace(stage, crm)
    return stage.sync(crm, profile=profile, settings=settings if crm in settings else {})


def _paced_peer(stage: Scene, module: str, python: str) -> Sample:
    stage.change()
    _set_pace(stage, "hubspot")
    return stage.peer(module, python, "hubspot")


def _set_pace(stage: Scene, crm: str) -> None:
    if crm == "hubspot":
        stage.crms.ask("pace", seconds=LATENCY, per_ten_seconds=PER_WINDOW)
    else:
        stage.crms.ask("pace", seconds=LATENCY, per_row=PER_ROW)


def _entry(name: str, crm: str, samples: list[Sample]) -> Entry:
    last = samples[-1]["calls"][crm]
    figures = {
        "wall s": spread(samples, "seconds", digits=1),
        "calls": kinds(last),
        "429": last["429"],
        "connections": last["connections"],
        "at once": last["at_once"],
        "CPU s": spread(samples, "cpu_seconds", digits=1),
        "peak MB": spread(samples, "peak_mb", digits=0),
        "not delivered": max(sample["missed"][crm] for sample in samples),
    }
    return Entry(name, figures, samples)
