"""P2b, P3, P14: the shipped rules over both CRMs: calls for facts, calls for nothing changed, growth of the store."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks.clients import Sample
from benchmarks.environments import CUMULUSCI, DLT, DRT, Peer
from benchmarks.finding import Entry, Finding, Size, attempted, kinds
from benchmarks.scene import BOTH, FIELDS_ONLY, SHIPPED, Scene, scene

IDS = ("P2b", "P3", "P14")
FACTS = ("facts", "directory")
ACCOUNTS_PER_FACT_CALL = 200
MOST_PER_ACCOUNT, MOST_PER_CHANGE = 1_024, 600  # bytes


def findings(size: Size) -> list[Finding]:
    """One scene for the shipped mappings, one for fields only beside the peers."""
    with scene(size.rows) as stage:
        before = _bytes(stage.store(stage.store_name(BOTH, SHIPPED)))
        stage.sync(*BOTH, mappings=SHIPPED)
        loaded = _bytes(stage.store(stage.store_name(BOTH, SHIPPED)))
        stage.change()
        changed = stage.sync(*BOTH, mappings=SHIPPED)
        grown = _bytes(stage.store(stage.store_name(BOTH, SHIPPED)))
        heaviest = _heaviest(stage.store(stage.store_name(BOTH, SHIPPED)))
        unchanged = stage.sync(*BOTH, mappings=SHIPPED)
        stage.change(limit=1)
        one = stage.sync(*BOTH, mappings=SHIPPED)
    with scene(size.rows) as stage:
        fields = _grown(stage)
        peers = _unchanged_peers(stage)
    return [
        _p2b(changed, size),
        _p3(unchanged, one, peers, size),
        _p14(size, (loaded - before, grown - loaded), fields, heaviest),
    ]


def _p2b(changed: Sample, size: Size) -> Finding:
    counted = {crm: sum(changed["calls"][crm].get(kind, 0) for kind in FACTS) for crm in BOTH}
    most = size.rows // ACCOUNTS_PER_FACT_CALL
    entries = [
        Entry(f"plsync, {crm}", {"fact calls": counted[crm], "all calls": kinds(changed["calls"][crm])}, [changed])
        for crm in BOTH
    ]
    return Finding(
        "P2b",
        "Fact calls (SQL, opportunity, deal state) with the shipped rules",
        f"{size.rows:,} changed, 1 in 20 with an open deal, 1 in 50 with an SQL",
        f"≤ 1 per {ACCOUNTS_PER_FACT_CALL} accounts and CRM: {most}",
        entries,
        max(counted.values()) <= most,
        judged=counted,
    )


def _p3(unchanged: Sample, one: Sample, peers: list[Entry], size: Size) -> Finding:
    again = {crm: unchanged["calls"][crm]["total"] for crm in BOTH}
    single = {crm: {kind: one["calls"][crm].get(kind, 0) for kind in ("read", "write")} for crm in BOTH}
    figures = {"unchanged rerun": kinds(again), "then one row": "; ".join(kinds(one["calls"][crm]) for crm in BOTH)}
    met = not any(again.values()) and all(count == 1 for each in single.values() for count in each.values())
    return Finding(
        "P3",
        "CRM calls on an unchanged rerun; then of one changed row",
        f"{size.rows:,} accounts, both CRMs, shipped mappings; sign-in and facts are counted apart",
        "0; then exactly one read and one write per CRM",
        [Entry("plsync", figures, [unchanged, one]), *peers],
        met,
        judged={
            "unchanged": kinds(again),
            "one row": "; ".join(f"{crm} {kinds(each)}" for crm, each in single.items()),
        },
    )


def _unchanged_peers(stage: Scene) -> list[Entry]:
    few = min(1_000, stage.count)
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        return [
            _twice(stage, DRT, "hubspot", "drt as installed, pacing off", few, folder=f"{folder}/1", match="upsert"),
            _twice(stage, DRT, "hubspot", "drt incremental by cursor", few, folder=f"{folder}/2", mode="incremental"),
            _twice(stage, DLT, "hubspot", DLT.title, stage.count),
            _twice(stage, CUMULUSCI, "salesforce", CUMULUSCI.title, stage.count),
        ]


def _twice(stage: Scene, peer: Peer, crm: str, title: str, rows: int, **options: str) -> Entry:
    """The second of two runs over the same rows."""

    def measure() -> Entry:
        for _ in range(2):
            sample = stage.peer(peer.module, peer.python(), crm, limit=rows, pacing="off", **options)
        return Entry(title, {"unchanged rerun": f"{sample['calls'][crm]['total']} for {rows:,} rows"}, [sample])

    return attempted(title, measure)


def _grown(stage: Scene) -> tuple[int, int]:
    """Bytes of the first sync and of the change after it, fields only."""
    path = stage.store(stage.store_name(BOTH, FIELDS_ONLY))
    sizes = [_bytes(path)]
    for _ in range(2):
        stage.sync(*BOTH)
        sizes.append(_bytes(path))
        stage.change()
    return sizes[1] - sizes[0], sizes[2] - sizes[1]


def _p14(size: Size, shipped: tuple[int, int], fields: tuple[int, int], heaviest: list[str]) -> Finding:
    records = size.rows * len(BOTH)
    entries = [
        Entry(
            name,
            {
                "bytes per account": f"{first / size.rows:,.0f}",
                "bytes per changed record": f"{change / records:,.0f}",
                "bytes per changed account": f"{change / size.rows:,.0f}",
            },
        )
        for name, (first, change) in (("plsync, shipped mappings", shipped), ("plsync, fields only", fields))
    ]
    per_account, per_change = shipped[0] / size.rows, shipped[1] / records
    return Finding(
        "P14",
        "Growth of the store",
        f"{size.rows:,} accounts in both CRMs, SQLite; a record is one account in one CRM",
        f"≤ {MOST_PER_ACCOUNT:,} B per account after the first sync, ≤ {MOST_PER_CHANGE} B per changed record",
        entries,
        met := per_account <= MOST_PER_ACCOUNT and per_change <= MOST_PER_CHANGE,
        frames=() if met else heaviest,
        judged={"per account": per_account, "per changed record": per_change},
    )


def _bytes(path: Path) -> int:
    with closing(sqlite3.connect(path)) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path.stat().st_size


def _heaviest(path: Path) -> list[str]:
    """The three tables and indexes that take most room; nothing where this SQLite cannot say."""
    query = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 3"
    with closing(sqlite3.connect(path)) as store:
        try:
            return [f"{name} {size / 1_000_000:.1f} MB" for name, size in store.execute(query)]
        except sqlite3.OperationalError:
            return []
