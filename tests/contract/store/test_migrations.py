"""Revisions: complete, idempotent, safe for two at once, and never applied by reading (D36)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from connector.errors import StoreError
from connector.store import Store, migrate, runs, tables
from tests.contract.store_fixture import NOW

REVISIONS = ["0001", "0003"]
NEWEST = REVISIONS[-1]


@pytest.fixture
def fresh(empty_url: str) -> Iterator[Store]:
    """A store that was never migrated."""
    store = Store.open(empty_url)
    yield store
    store.close()


def test_revisions_and_tables_agree(store: Store) -> None:
    """Alembic finds nothing to change between the migrated database and the tables the code uses."""
    with store.read() as conn:
        differences = compare_metadata(MigrationContext.configure(conn), tables.metadata)

    assert differences == []


def test_revisions_and_tables_have_the_same_indexes(store: Store) -> None:
    """The conditions of partial indexes, which Alembic does not compare, agree too."""
    with store.read() as conn:
        inspector = inspect(conn)
        found = {
            index["name"]: str(index["dialect_options"][f"{conn.dialect.name}_where"]).strip("()")
            for table in tables.metadata.tables
            for index in inspector.get_indexes(table)
            if f"{conn.dialect.name}_where" in index.get("dialect_options", {})
        }

    assert set(found) == {"memory_rejects", "facts_untaken", "intents_job"}
    assert found["facts_untaken"] == str(tables.IS_UNTAKEN)


def test_migrating_twice_is_migrating_once(empty_url: str) -> None:
    """The first call applies the revisions, the second has nothing to do, and data stays."""
    assert migrate(empty_url) == REVISIONS
    store = Store.open(empty_url)
    with store.write() as conn:
        run_id = runs.start(conn, "full", NOW)

    assert migrate(empty_url) == []
    with store.read() as conn:
        assert runs.get(conn, run_id) is not None
    store.close()


def test_two_may_migrate_at_once(empty_url: str) -> None:
    """Of four that start together on an empty database one applies the revisions; none fails."""
    with ThreadPoolExecutor(4) as threads:
        applied = list(threads.map(migrate, [empty_url] * 4))

    assert sorted(applied) == [[], [], [], REVISIONS]


def test_a_failed_revision_leaves_nothing(empty_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Revisions are applied all or nothing, tables included."""

    def pull_the_plug(*_arguments: object, **_options: object) -> None:
        raise RuntimeError("the plug was pulled")

    with monkeypatch.context() as patch:
        patch.setattr("alembic.op.create_index", pull_the_plug)
        with pytest.raises(RuntimeError):
            migrate(empty_url)

    assert migrate(empty_url) == REVISIONS


def test_a_migrated_store_is_current(store: Store) -> None:
    """After migrating, the store is at the newest revision and is accepted."""
    store.require_current()

    assert store.current_revision() == NEWEST


def test_a_store_behind_is_refused_with_advice(store: Store) -> None:
    """A store without this program's revision is refused, naming both and the command."""
    with store.write() as conn:
        conn.execute(text("DELETE FROM alembic_version"))

    with pytest.raises(StoreError, match=rf"revision none .* needs {NEWEST}: run `plsync migrate`"):
        store.require_current()


def test_a_store_ahead_is_refused_with_advice(store: Store, store_url: str) -> None:
    """A store made by a newer plsync is neither used nor migrated."""
    with store.write() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="upgrade plsync"):
        store.require_current()
    with pytest.raises(StoreError, match="upgrade plsync"):
        migrate(store_url)


def test_reading_never_migrates(empty_url: str, fresh: Store) -> None:
    """Asking for the revision of an empty store, or requiring it, creates no table (D36)."""
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).touch()

    assert fresh.current_revision() is None
    with pytest.raises(StoreError, match="run `plsync migrate`"):
        fresh.require_current()
    with fresh.read() as conn:
        assert inspect(conn).get_table_names() == []


def test_migrating_leaves_logging_alone(empty_url: str) -> None:
    """Logging belongs to the program: Alembic adds no handler and changes no level."""
    root, alembic = logging.getLogger(), logging.getLogger("alembic")
    before = (list(root.handlers), root.level, list(alembic.handlers), alembic.level)

    migrate(empty_url)

    assert (list(root.handlers), root.level, list(alembic.handlers), alembic.level) == before
