"""The demo, run as a user runs it: once as it is and once at three times its size."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.told import Told, begin, finish

Begun = dict[int, tuple[subprocess.Popen[str], Path]]


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begun]:
    """Both demos, begun together: the large one takes its time beside the other tests and is asked last."""
    begun: Begun = {}
    for scale in (1, 3):
        folder = tmp_path_factory.mktemp(f"scale{scale}")
        begun[scale] = begin(folder, "--scale", str(scale)), folder
    yield begun
    for process, _ in begun.values():
        with process:
            process.kill()


@pytest.fixture(scope="session")
def told(demos: Begun) -> Told:
    """The demo company as it is."""
    return finish(*demos[1])


@pytest.fixture(scope="session")
def told_thrice(demos: Begun) -> Told:
    """Three times as many ordinary accounts."""
    return finish(*demos[3])
