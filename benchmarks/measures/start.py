"""P12: how long `plsync --help` keeps a person waiting."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.clients import ROOT
from benchmarks.finding import Entry, Finding, Size, middle, repeated, spread

IDS = ("P12",)
RATIO = 1.6
RUNS = 11
BARE = """
import typer
app = typer.Typer()
@app.command()
def one() -> None: ...
@app.command()
def two() -> None: ...
app()
"""


def findings(size: Size) -> list[Finding]:
    """Cold starts, in turns so that both meet the same machine."""
    runs = RUNS if size.repeats > 1 else 3
    commands = {"plsync --help": ["-c", "from plsync.cli import main; main()", "--help"]}
    commands["bare typer app, two commands"] = ["-c", BARE, "--help"]
    for command in commands.values():
        _started(command)  # once unmeasured: byte code is written, files are in memory
    entries = []
    for name, command in commands.items():
        samples = repeated(lambda command=command: _started(command), runs)  # type: ignore[misc]
        entries.append(Entry(name, {"ms": spread(samples, "seconds", 1_000, 0)}, samples))
    ours, bare = (middle(entry.samples, "seconds") for entry in entries)
    met = ours <= RATIO * bare
    return [
        Finding(
            "P12",
            "Cold start of `plsync --help`",
            f"runs {runs}",
            f"≤ {RATIO} × a bare two-command typer app",
            entries,
            met,
            frames=() if met else _slowest_imports(),
            judged={"ratio": ours / bare},
        )
    ]


def _started(command: list[str]) -> dict[str, float]:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, check=True)  # noqa: S603 - our own code
    return {"seconds": time.perf_counter() - began}


def _slowest_imports() -> list[str]:
    """Modules with most import time of their own: a cold start is imports."""
    command = [sys.executable, "-X", "importtime", "-c", "import plsync.cli"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    lines = done.stderr.splitlines()
    rows = [line.removeprefix("import time:").split("|") for line in lines if line.startswith("import time:")]
    timed = [(int(own), name.strip()) for own, _, name in rows if own.strip().isdigit()]
    return [f"import {name} {own / 1000:.0f} ms" for own, name in sorted(timed, reverse=True)[:3]]
