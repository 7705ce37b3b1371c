"""Loss: some rows are refused in one run, then the CRM is fixed. What does the next run make of them?"""

from __future__ import annotations

import tempfile

from benchmarks.clients import ClientFailed, Sample
from benchmarks.environments import DLT, DRT, Peer
from benchmarks.finding import Entry, Finding, Size, attempted, kinds
from benchmarks.rows import hubspot_id, key
from benchmarks.scene import Scene, scene

IDS = ("Loss",)
REFUSED = 10
ROWS = 1_000


def findings(size: Size) -> list[Finding]:
    """Companies in HubSpot, ten of a thousand refused once."""
    rows = min(size.rows, ROWS)
    with scene(rows) as stage:
        ours = _ours(stage)
        drt = attempted("drt incremental by cursor", lambda: _drt(stage))
        dlt = attempted(DLT.title, lambda: _dlt(stage))
    lost, named = ours.samples[-1]["missed"]["hubspot"], ours.figures["named as refused"]
    return [
        Finding(
            "Loss",
            f"{REFUSED} rows refused, the CRM fixed, run again",
            f"{rows:,} changed companies; lost = not in the CRM after the second run",
            "0 lost",
            [ours, drt, dlt],
            lost == 0 and named == REFUSED,
            note="plsync names refused rows and keeps them: they go out when their value or the CRM's schema changes, "
            "or by `plsync retry --all`, as here before the second run.",
            judged={"lost": lost, "named": named},
        )
    ]


def _ours(stage: Scene) -> Entry:
    stage.sync("hubspot")
    stage.change()
    _refuse(stage)
    first = stage.sync("hubspot")
    stage.crms.ask("refuse", keys={})
    stage.retry("hubspot")
    return _entry("plsync", first, stage.sync("hubspot"))


def _drt(stage: Scene) -> Entry:
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:

        def run() -> Sample:
            return _once(stage, DRT, folder=folder, mode="incremental", pacing="off")

        run()
        stage.change()
        _refuse(stage)
        first = run()
        stage.crms.ask("refuse", keys={})
        return _entry("drt incremental by cursor", first, run())


def _dlt(stage: Scene) -> Entry:
    stage.change()
    _refuse(stage)
    first: Sample = {}
    try:
        first = _once(stage, DLT)
        note = ""
    except ClientFailed:
        note = "the first run fails as a whole: dlt stops at a refused batch"
    stage.crms.ask("refuse", keys={})
    entry = _entry(DLT.title, first, _once(stage, DLT))
    return Entry(entry.contestant, entry.figures, entry.samples, note)


def _once(stage: Scene, peer: Peer, **options: str) -> Sample:
    return stage.peer(peer.module, peer.python(), "hubspot", **options)


def _refuse(stage: Scene) -> None:
    stage.crms.ask("refuse", keys={hubspot_id(number): key(number) for number in range(1, REFUSED + 1)})


def _entry(name: str, first: Sample, second: Sample) -> Entry:
    figures = {
        "not delivered, first run": first["missed"]["hubspot"] if first else "–",
        "named as refused": first.get("rejects", "–"),
        "calls, second run": kinds(second["calls"]["hubspot"]) or "0",
        "lost": second["missed"]["hubspot"],
    }
    return Entry(name, figures, [sample for sample in (first, second) if sample])
