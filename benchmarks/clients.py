"""Contestants as processes: the job goes in as a file, what it took comes back as one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.gauge import Job

ROOT = Path(__file__).parents[1]
Sample = dict[str, Any]


class ClientFailed(Exception):
    """A contestant did not finish; the message holds the end of what it said."""


def run(module: str, job: Job, python: str = sys.executable, timeout: float = 3600.0) -> Sample:
    """Run `python -m module` on the job and return its gauge's report. Raises ClientFailed."""
    with tempfile.TemporaryDirectory(prefix="plsync-bench-") as folder:
        path = Path(folder) / "job.json"
        path.write_text(json.dumps({**job, "folder": job.get("folder", folder)}), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - our own modules
            [python, "-m", module, str(path)],
            cwd=ROOT,
            env={**os.environ, **_trust(job)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        report = path.with_suffix(".report")
        if done.returncode or not report.exists():
            said = (done.stderr or done.stdout).strip()[-1500:]
            raise ClientFailed(f"{module} ended with code {done.returncode}: {said}")
        sample: Sample = json.loads(report.read_text(encoding="utf-8"))
        return sample


def _trust(job: Job) -> dict[str, str]:
    """Peers take the stand-in's authority from the environment, as requests and httpx read it."""
    ca_file = (job.get("place") or {}).get("ca_file")
    return {"REQUESTS_CA_BUNDLE": ca_file, "SSL_CERT_FILE": ca_file} if ca_file else {}
