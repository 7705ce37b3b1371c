"""One sandbox for a module's tests, and a fresh door to it for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.world import Sandbox
from tests.front.door import Door, company_outside, opened


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The demo company's stand-ins."""
    with company_outside(tmp_path_factory.mktemp("outside")) as sandbox:
        yield sandbox


@pytest.fixture
def door(outside: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Configuration, warehouse, mappings and store of the test's own; waiting between retries takes no time."""
    monkeypatch.setattr("plsync.wiring.sleep", lambda _: None)
    return opened(outside, tmp_path)
