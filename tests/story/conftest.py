"""A town per test; the store is migrated once and copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.store import migrate
from tests.story.house import Town, found, open_store


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty store."""
    path = tmp_path_factory.mktemp("template") / "store.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def town(template: Path, tmp_path: Path) -> Iterator[Town]:
    """Two empty CRMs, an empty warehouse, an empty store."""
    store = open_store(template, tmp_path)
    yield found(store)
    store.close()
