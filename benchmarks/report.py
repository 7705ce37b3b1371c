"""The findings as a table for people and as raw samples for machines."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from typing import Any

from benchmarks.environments import PEERS
from benchmarks.finding import Entry, Finding

HERE = Path(__file__).parent
VERDICT = {True: "met", False: "**missed**", None: "not judged"}
LIBRARIES = ("plsync", "simple-salesforce", "hubspot-api-client", "sqlalchemy", "psycopg")


def write(findings: Sequence[Finding], folder: Path = HERE) -> None:
    """RESULTS.md and results.json, in the order of the bars.

    Bars that were not measured now keep what was found last, on the same machine with the same versions.
    """
    measured = {each.id for each in findings}
    kept = [each for each in _earlier(folder / "results.json") if each.id not in measured]
    findings = sorted([*kept, *findings], key=lambda each: (not each.id.startswith("P"), _number(each.id), each.id))
    (folder / "RESULTS.md").write_text(as_text(findings), encoding="utf-8")
    document = {"machine": machine(), "versions": versions(), "findings": [asdict(each) for each in findings]}
    (folder / "results.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _earlier(results: Path) -> list[Finding]:
    if not results.exists():
        return []
    found = json.loads(results.read_text(encoding="utf-8"))
    if (found["machine"], found["versions"]) != (machine(), versions()):
        return []
    return [Finding(**{**each, "entries": [Entry(**entry) for entry in each["entries"]]}) for each in found["findings"]]


def _number(name: str) -> int:
    return int("".join(takewhile(str.isdecimal, name[1:])) or 0)


def as_text(findings: Sequence[Finding]) -> str:
    """One section per bar."""
    facts = ", ".join(f"{name}: {value}" for name, value in machine().items())
    packages = "; ".join(f"{name} {number}" for name, number in versions().items())
    head = [
        "# Benchmarks",
        "",
        "Written by `python -m benchmarks`. Everything is a count, or a ratio of two contestants in the same run",
        "on the same machine; seconds and megabytes are of that machine. Calls are counted by the stand-ins.",
        "Figures are medians, with the lowest and the highest behind them. Imports are over before a",
        "contestant's clock starts.",
        "",
        f"Machine: {facts}.",
        f"Versions: {packages}.",
        "",
        "| bar | measure | verdict |",
        "|---|---|---|",
        *(f"| {each.id} | {each.title} | {VERDICT[each.met]} |" for each in findings),
    ]
    return "\n".join([*head, *(line for each in findings for line in _section(each))]) + "\n"


def _section(finding: Finding) -> list[str]:
    lines = ["", f"## {finding.id}: {finding.title}", "", f"{finding.setting}.", "", f"Bar: {finding.bar}: "]
    lines[-1] += f"{VERDICT[finding.met]}{_judged(finding.judged)}."
    lines += ["", *_table(finding.entries)]
    if finding.note:
        lines += ["", finding.note]
    if finding.frames:
        lines += ["", "Where ours goes, heaviest first:", "", *(f"- `{frame}`" for frame in finding.frames)]
    return lines


def _judged(judged: dict[str, Any]) -> str:
    said = ", ".join(f"{name} {_short(value)}" for name, value in judged.items())
    return f" ({said})" if said else ""


def _table(entries: Sequence[Entry]) -> list[str]:
    if not entries:
        return []
    names = list(dict.fromkeys(name for entry in entries for name in entry.figures))
    noted = any(entry.note for entry in entries)
    head = ["contestant", *names, *(["note"] if noted else [])]
    rows = [
        [e.contestant, *(_short(e.figures.get(n, "–")) for n in names), *([e.note] if noted else [])] for e in entries
    ]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows)]


def _short(value: object) -> str:
    said = f"{value:,.2f}" if isinstance(value, float) else str(value)
    return said.replace("|", "/").replace("\n", " ")


def machine() -> dict[str, Any]:
    """What matters of the machine, and nothing that names it."""
    return {"cores": os.cpu_count(), "Python": platform.python_version(), "system": platform.system()}


def versions() -> dict[str, str]:
    """Ours, the libraries under it, and the peers as required."""
    return {name: version(name) for name in LIBRARIES} | {peer.title: peer.versions for peer in PEERS}
