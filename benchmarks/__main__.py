"""`python -m benchmarks [--only P1,P3] [--quick]`: measure plsync beside its peers.

RESULTS.md and results.json are written group by group, so that a run that is cut short loses nothing; with --only, the
other bars keep their figures. --quick prints its table and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from benchmarks import report
from benchmarks.clients import ClientFailed
from benchmarks.finding import QUICK, Finding, Size
from benchmarks.measures import deciding, delivery, loss, pace, plans, posting, resilience, shipped, start

# Bars that are measured together, and by what; the long ones last.
MEASURES: dict[tuple[str, ...], Callable[[Size], list[Finding]]] = {
    loss.IDS: loss.findings,
    start.IDS: start.findings,
    deciding.IDS: deciding.findings,
    delivery.IDS: delivery.findings,
    shipped.IDS: shipped.findings,
    ("R4",): resilience.hostile_rows,
    ("R2",): resilience.faulted,
    ("R3",): posting.posted,
    ("P10",): posting.fresh,
    ("P11",): posting.clicked,
    ("P4",): pace.hubspot,
    ("P5",): pace.salesforce,
    plans.IDS: plans.findings,
    ("R1",): resilience.killed,
}


def main() -> None:
    """Run the wanted measures, telling on standard error what goes on."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure plsync beside its peers.")
    parser.add_argument("--only", default="", help="bars to measure, such as P1,P3; bars of one group come together")
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each: does it work at all?")
    chosen = parser.parse_args()
    wanted = {name.strip() for name in chosen.only.split(",") if name.strip()}
    unknown = wanted - {name for names in MEASURES for name in names}
    if unknown:
        parser.error(f"there is no bar {', '.join(sorted(unknown))}")
    found: list[Finding] = []
    for some in _measured(wanted, QUICK if chosen.quick else Size()):
        found += some
        if not chosen.quick:
            report.write(found)
    sys.stdout.write(report.as_text(found))


def _measured(wanted: set[str], size: Size) -> Iterator[list[Finding]]:
    for names, measure in MEASURES.items():
        if wanted and not wanted.intersection(names):
            continue
        began = time.perf_counter()
        _say(f"measuring {', '.join(names)} …")
        yield _tried(names, measure, size)
        _say(f"  done in {time.perf_counter() - began:,.0f} s")


def _tried(names: Sequence[str], measure: Callable[[Size], list[Finding]], size: Size) -> list[Finding]:
    """A group whose contestant failed is told as such; the hours spent on the others are not lost with it."""
    try:
        return measure(size)
    except ClientFailed as failure:
        _say(f"  failed: {failure}")
        return [Finding(name, "not measured", "plsync failed", "", [], None, note="See the log.") for name in names]


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
