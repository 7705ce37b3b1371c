"""Revisions: complete, idempotent, safe for two at once, and never applied by reading (D36)."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table, create_engine, inspect, select, text

from connector.errors import StoreError
from connector.model import Canonical, Outcome, OutcomeKind, Settled
from connector.store import Store, alerts, decisions, migrate, revisions, rungs, runs, tables, troubles
from connector.store.decision_documents import to_document
from connector.store.ledger import SqlLedger
from tests.contract.store.test_decisions import FULL as DECISION
from tests.contract.store_fixture import NOW

REVISIONS = ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"]
NEWEST = REVISIONS[-1]
FULL = replace(DECISION, account_key="acme")
MOMENT = NOW + timedelta(seconds=3, microseconds=900_000)


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

    assert set(found) == {
        "memory_rejects",
        "facts_untaken",
        "intents_job",
        "alerts_timed",
        "alerts_asleep",
        "rungs_due",
        "rungs_fired",
        "notices_once",
        "requests_once",
    }
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


def test_a_store_of_the_first_release_keeps_its_data(empty_url: str) -> None:
    """What revision 0001 holds is read back by this program, and goes on from there (D36)."""
    _fill_first_release(empty_url)

    assert migrate(empty_url) == REVISIONS[1:]

    store = Store.open(empty_url)
    ledger = SqlLedger(store)
    acme, other = (ledger.memories("m", ["acme", "other"])[key] for key in ("acme", "other"))
    assert (acme.wanted, acme.written, acme.tries) == ({"a": "é", "b": None}, {"a": "before", "b": 2.5}, 2)
    assert other.wanted == other.written == {"a": 1}
    with store.read() as conn:
        assert [(t.since, t.at) for t in troubles.rejects(conn)] == [(NOW, NOW + timedelta(seconds=3))]
        assert decisions.history(conn, "acme") == [("r-000001", FULL), ("r-000002", FULL)]
        assert decisions.latest(conn, ["acme"])["acme"] == replace(FULL, plg_stage="PQL")
    first: Mapping[str, tuple[Canonical, Canonical]] = {"a": (None, "before"), "b": (1, 2.5)}
    with store.write() as conn:
        run_id = runs.start(conn, "full", NOW)
    outcome = Outcome("acme", OutcomeKind.UPDATED, "001A")
    after: Mapping[str, Canonical] = {"a": "after", "b": 2.5}
    ledger.settle("m", run_id, NOW, [Settled(outcome, "fp", after, after, changes={"a": ("before", "after")})])
    assert [one.fields for one in ledger.changes("r-000001")["m"]] == [first]
    assert [one.fields for one in ledger.changes(run_id)["m"]] == [{"a": ("before", "after")}]
    with store.read() as conn:
        assert [(row.id, row.at) for row in conn.execute(select(tables.audit).order_by(tables.audit.c.id))] == [
            (1, NOW),
            (2, NOW),
        ]
    store.close()


def test_alerts_of_the_first_release_go_on_without_a_clock(empty_url: str) -> None:
    """They keep state, record and message, and no rung is ever planned for them: all would be due at once (D40)."""
    _fill_first_release(empty_url)
    migrate(empty_url)

    store = Store.open(empty_url)
    with store.write() as conn:
        (alert,) = alerts.of_account(conn, "acme")
        assert (alert.state, alert.acknowledged_by, alert.version) == ("acknowledged", "U1", 2)
        assert (alert.planned_version, alert.due_at) == (None, None)
        assert rungs.unplanned(conn, 10) == []
        assert alerts.transition(conn, 1, ["acknowledged"], "superseded", "crm", "crm", NOW)
        assert rungs.unplanned(conn, 10) == []
        assert [(step.from_state, step.told) for step in alerts.transitions_of(conn, 1)] == [
            ("open", None),
            ("acknowledged", None),
        ]
        (delivery,) = alerts.deliveries_of(conn, 1)
        assert (delivery.state, delivery.ts, delivery.purpose) == ("sent", "1700000000.000100", alerts.THE_ALERT)
        assert not alerts.plan_delivery(conn, 1, "channel:plg-hot")
        assert alerts.plan_delivery(conn, 1, "channel:plg-hot", "breach")
    store.close()


def _fill_first_release(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as conn:
        config = revisions.settings()
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        for name, rows in _first_release().items():
            for row in rows:
                conn.execute(Table(name, MetaData(), autoload_with=conn).insert().values(row))
        if conn.dialect.name == "postgresql":
            counted = {"audit": 1, "runs": 2, "shapes": 2, "alerts": 1, "transitions": 1, "deliveries": 1}
            for table, last in counted.items():
                conn.execute(text(f"SELECT setval('{table}_id_seq', {last})"))
    engine.dispose()


def _first_release() -> dict[str, list[dict[str, Any]]]:
    """Rows as revision 0001 holds them: packed values as JSON text, audit rows with both sides spelled out."""
    document = {name: value for name, value in to_document(FULL).items() if name != "account_key"}
    packed = json.dumps([2, *(document[name] for name in sorted(document))])
    refused = {"outcome": "rejected", "code": "X", "since": NOW, "tries": 2, "run": 1}
    acme = {"account_key": "acme", "mapping": "m", "record_id": "001A"}
    alert = {"account_key": "acme", "kind": "hot_pql", "episode": "e1", "state": "acknowledged", "payload": "{}"}
    raised = {"raised_at": NOW, "occurred_at": NOW, "acknowledged_by": "U1", "acknowledged_at": NOW, "version": 2}
    settled = {"wanted_fp": "fp", "wanted": '[1,"é",null]', "written": '[1,"before",2.5]', "settled_at": MOMENT}
    return {
        "shapes": [
            {"id": 1, "digest": "d1", "names": '["a","b"]'},
            {"id": 2, "digest": "d2", "names": json.dumps(sorted(document))},
        ],
        "runs": [{"id": 1, "lane": "full", "state": "done", "started_at": NOW, "counts": "{}"}],
        "memory": [
            {**acme, **refused, **settled},
            {"account_key": "other", "mapping": "m", "wanted_fp": "", "written": '{"a":1}'},
        ],
        "decisions": [
            {"account_key": "acme", "decide_fp": "fp", "run": 2, "document": packed, "refreshed": '{"plg_stage":"PQL"}'}
        ],
        "alerts": [{**alert, **raised, "id": 1}],
        "transitions": [
            {
                "id": 1,
                "alert_id": 1,
                "from_state": "open",
                "to_state": "acknowledged",
                "actor": "U1",
                "source": "slack",
                "at": NOW,
            }
        ],
        "deliveries": [
            {
                "id": 1,
                "alert_id": 1,
                "target": "channel:plg-hot",
                "state": "sent",
                "channel": "C1",
                "ts": "1700000000.000100",
                "attempt": 1,
                "rendered_version": 2,
            }
        ],
        "decision_history": [{"account_key": "acme", "run": 1, "document": packed}],
        "audit": [
            {**acme, "id": 1, "run": 1, "at": NOW, "outcome": "updated", "changes": '{"a":[null,"before"],"b":[1,2.5]}'}
        ],
    }


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
