"""How much time, processor and memory a piece of work took, told by the process that did it.

Standard library only: peers run it in environments of their own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Job = dict[str, Any]


def run(work: Callable[[Job], dict[str, Any]]) -> None:
    """Do the work of the job named on the command line, and write what it took beside the job.

    Imports are over when this begins: they are not counted. Times are seconds, memory is megabytes at the peak.
    """
    path = Path(sys.argv[1])
    job = json.loads(path.read_text(encoding="utf-8"))
    wall, cpu = time.perf_counter(), time.process_time()
    told = work(job)
    report = {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": peak_mb(),
        **told,
    }
    path.with_suffix(".report").write_text(json.dumps(report), encoding="utf-8")


def peak_mb() -> float:
    """The most memory this process held at once. From /proc: what `getrusage` tells begins with the parent's."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
