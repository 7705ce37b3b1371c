"""P1, P2, P9: calls and processor time of 10,000 changed records whose ids are known, without latency."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from math import ceil
from typing import Any

from benchmarks.clients import Sample
from benchmarks.environments import CUMULUSCI, DLT, DRT, NAIVE, Peer
from benchmarks.finding import Entry, Finding, Size, attempted, figure, kinds, middle, repeated, spread
from benchmarks.scene import BY_JOB, BY_REST, UNREAD, Scene, scene

IDS = ("P1", "P2", "P9")
OURS, BULK_OURS, BLIND_OURS = "plsync", "plsync, Bulk 2.0", "plsync, blind"
POLL = "bulk_poll"  # the stand-in's word for asking how a job goes
READS, WRITES, SCHEMA = ("read", "search"), ("write",), ("schema", "directory")
MOST_SCHEMA = 4
CPU_RATIO = 4.0
FEW = 500  # rows where a contestant sends one call a row; the table scales and says so
BULK = "jobs/ingest"  # below Salesforce's data root
PACED = 100  # rows of the contestant that paces itself to nine a second


def findings(size: Size) -> list[Finding]:
    """Both CRMs, every contestant."""
    with scene(size.rows) as stage:
        salesforce, split = _salesforce(stage, size)
        hubspot, schema, frames = _hubspot(stage, size)
    setting = f"{size.rows:,} changed of {size.rows:,}, field mapping only, latency 0, runs {size.repeats}"
    return [
        _p1(salesforce, size, setting),
        _p2(hubspot, schema, size, setting),
        _p9_hubspot(hubspot, setting, frames),
        _p9_salesforce(salesforce, setting, split),
    ]


def _salesforce(stage: Scene, size: Size) -> tuple[list[Entry], Sample]:
    stage.sync("salesforce")
    by_rest, by_job = (partial(stage.sync, "salesforce", settings=how) for how in (BY_REST, BY_JOB))
    entries = [_entry("salesforce", OURS, repeated(_changed(stage, by_rest), size.repeats))]
    entries.append(_entry("salesforce", BULK_OURS, repeated(_changed(stage, by_job), size.repeats)))
    entries.append(_peer(stage, CUMULUSCI, "salesforce", size.repeats))
    entries.append(_drt_bulk(stage, size))
    entries.append(_peer(stage, NAIVE, "salesforce", size.repeats, rows=min(FEW, size.rows)))
    return entries, _changed(stage, partial(by_rest, profile="cpu"))()


def _drt_bulk(stage: Scene, size: Size) -> Entry:
    """drt speaks to Salesforce by Bulk 2.0 alone."""
    title = "drt Bulk 2.0, pacing off"
    if not stage.crms.ask("supports", path=BULK):
        return Entry(title, {}, note="not measured: the stand-in does not answer Bulk 2.0 yet")
    return _peer(stage, DRT, "salesforce", size.repeats, title=title, pacing="off")


def _hubspot(stage: Scene, size: Size) -> tuple[list[Entry], int, Sample]:
    first = stage.sync("hubspot")["calls"]["hubspot"]
    usual, blind = partial(stage.sync, "hubspot"), partial(stage.sync, "hubspot", mappings=UNREAD)
    entries = [_entry("hubspot", OURS, repeated(_changed(stage, usual), size.repeats))]
    entries.append(_entry("hubspot", BLIND_OURS, repeated(_changed(stage, blind), size.repeats)))
    few = min(FEW * 4, size.rows)
    entries.append(
        _peer(stage, DRT, "hubspot", size.repeats, title="drt update_only, pacing off", rows=few, pacing="off")
    )
    entries.append(
        _peer(stage, DRT, "hubspot", 1, title="drt as installed", rows=min(PACED, size.rows), match="upsert")
    )
    entries.append(_peer(stage, DLT, "hubspot", size.repeats))
    entries.append(_peer(stage, NAIVE, "hubspot", size.repeats, rows=min(FEW, size.rows)))
    profiled = _changed(stage, lambda: stage.sync("hubspot", profile="cpu"))()
    return entries, sum(first.get(kind, 0) for kind in SCHEMA), profiled


def _changed(stage: Scene, run: Callable[[], Sample]) -> Callable[[], Sample]:
    def once() -> Sample:
        stage.change()
        return {**run(), "rows": stage.count}

    return once


def _peer(
    stage: Scene, peer: Peer, crm: str, repeats: int, title: str = "", rows: int | None = None, **options: Any
) -> Entry:
    """A peer's entry. `rows` limits it; the others stay as they are and do not count as missed."""
    name, sent = title or peer.title, rows or stage.count

    def once() -> Sample:
        stage.change()
        with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
            sample = stage.peer(peer.module, peer.python(), crm, limit=sent, folder=folder, **options)
        missed = sample["missed"][crm] - (stage.count - sent)
        return {**sample, "missed": {crm: missed}, "rows": sent}

    return attempted(name, lambda: _entry(crm, name, repeated(once, repeats)))


def _entry(crm: str, name: str, samples: Sequence[Sample]) -> Entry:
    """Figures per 1,000 records, so that contestants with fewer rows can stand in the same table."""
    for sample in samples:
        thousands = sample["rows"] / 1_000
        sample["calls_per_1000"] = sample["calls"][crm]["total"] / thousands
        sample["cpu_per_1000"] = sample["cpu_seconds"] / thousands
        sample["seconds_per_1000"] = sample["seconds"] / thousands
    last = samples[-1]
    figures = {
        "rows": f"{last['rows']:,}",
        "calls per 1,000": f"{middle(samples, 'calls_per_1000'):,.1f}",
        "calls": kinds(last["calls"][crm]),
        "wall s per 1,000": spread(samples, "seconds_per_1000", digits=3),
        "CPU s per 1,000": spread(samples, "cpu_per_1000", digits=3),
        "peak MB": spread(samples, "peak_mb", digits=0),
        "not delivered": max(sample["missed"][crm] for sample in samples),
    }
    return Entry(name, figures, samples)


def _p1(entries: Sequence[Entry], size: Size, setting: str) -> Finding:
    calls = entries[0].samples[-1]["calls"]["salesforce"]["total"]
    loaded = entries[1].samples[-1]["calls"]["salesforce"]
    by_job = loaded["total"] - loaded.get(POLL, 0)
    most = ceil(size.rows / 2_000) + ceil(size.rows / 1_000) + 1  # reads, composites, and one to spare
    most_by_job = ceil(size.rows / 2_000) + 7
    return Finding(
        "P1",
        "Salesforce API calls for changed accounts, live read included",
        setting,
        f"REST ≤ {most}; Bulk 2.0 ≤ {most_by_job} + polls",
        entries,
        calls <= most and by_job <= most_by_job,
        judged={"rest": calls, "bulk": by_job, "polls": loaded.get(POLL, 0)},
    )


def _p2(entries: Sequence[Entry], schema: int, size: Size, setting: str) -> Finding:
    calls, blind = (
        sum(entry.samples[-1]["calls"]["hubspot"].get(kind, 0) for kind in READS + WRITES) for entry in entries[:2]
    )
    most = 2 * ceil(size.rows / 100)
    return Finding(
        "P2",
        "HubSpot record calls for changed companies",
        setting,
        f"≤ {most} with live read, ≤ {most // 2} blind; schema calls ≤ {MOST_SCHEMA}",
        entries,
        calls <= most and blind <= most // 2 and schema <= MOST_SCHEMA,
        note=f"Schema and identity calls of the very first sync: {schema}.",
        judged={"merge": calls, "blind": blind, "schema": schema},
    )


def _p9_hubspot(entries: Sequence[Entry], setting: str, profiled: Sample) -> Finding:
    ours = figure(entries, OURS, "cpu_per_1000")
    peers = [value for e in entries[2:] if (value := figure(entries, e.contestant, "cpu_per_1000")) is not None]
    met = None if ours is None or not peers else ours <= min(peers)
    return Finding(
        "P9 HubSpot",
        "Client CPU per 1,000 delivered records",
        setting,
        "at or below the best peer",
        entries,
        met,
        frames=() if met else profiled["frames"],
        note=_split(profiled),
        judged={"ours": ours, "best peer": min(peers, default=None)},
    )


def _p9_salesforce(entries: Sequence[Entry], setting: str, profiled: Sample) -> Finding:
    ours, peer = (figure(entries, name, "cpu_per_1000") for name in (OURS, CUMULUSCI.title))
    met = None if ours is None or peer is None else ours <= CPU_RATIO * peer
    return Finding(
        "P9 Salesforce",
        "Client CPU per 1,000 delivered records",
        setting,
        f"≤ {CPU_RATIO:g} × CumulusCI REST, which neither compares nor records",
        entries,
        met,
        frames=() if met else profiled["frames"],
        note=_split(profiled),
        judged={"ours": ours, "CumulusCI": peer},
    )


def _split(profiled: Sample) -> str:
    return "Where our time goes, under the profiler: " + ", ".join(
        f"{name} {share:.0%}" for name, share in profiled["split"].items()
    )
