"""The stand-ins as the harness holds them: started, asked, stopped."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class StandIns:
    """Both CRMs in another process. `place` has salesforce_url, hubspot_url, ca_file and environment."""

    place: dict[str, Any]
    _process: subprocess.Popen[str]

    def ask(self, command: str, **arguments: Any) -> Any:
        """A command of `standin_process.World`. Raises RuntimeError when the stand-ins have died."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, arguments]) + "\n")
        self._process.stdin.flush()
        return _heard(self._process)

    def counts(self, crm: str) -> dict[str, int]:
        """Requests by kind since `forget`."""
        counted: dict[str, int] = self.ask("counts")[crm]
        return counted

    def missed(self, crm: str, wanted: dict[str, float]) -> int:
        """Accounts whose score in the CRM is not the one wanted."""
        held = self.ask("held", crm=crm)
        return sum(1 for key, score in wanted.items() if held.get(key) != score)


@contextmanager
def stand_ins(folder: Path, count: int) -> Iterator[StandIns]:
    """Start both stand-ins holding `count` accounts; their certificate authority's file goes to `folder`."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "benchmarks.standin_process", str(folder), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield StandIns(_heard(process), process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def _heard(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"the stand-ins ended with code {process.wait()}; their words are above")
    return json.loads(line)
