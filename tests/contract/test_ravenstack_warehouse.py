"""A public data set of 500 accounts, read through the warehouse from two databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from connector.funnel.metrics import default_funnels
from connector.funnel.periods import Period
from connector.measure import measure
from connector.model import Record
from connector.warehouse import SqlWarehouse
from tests import ravenstack
from tests.databases import KINDS, Database, opened

SINCE = datetime(2024, 1, 1, tzinfo=UTC)
UNTIL = datetime(2025, 1, 1, tzinfo=UTC)


@contextmanager
def loaded(kind: str, folder: Path) -> Iterator[Database]:
    """A database of one kind holding the data set and the relations derived from it."""
    with opened(kind, folder) as database:
        ravenstack.load(database.engine)
        yield database


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Each kind of database in turn, loaded once."""
    with loaded(request.param, tmp_path_factory.mktemp("ravenstack")) as one:
        yield one


def read(database: Database) -> list[Record]:
    """Every record."""
    with SqlWarehouse(database.url, ravenstack.relations()).reading() as reading:
        return list(reading.records())


def plain(database: Database, statement: str) -> int:
    """One number, asked of the database directly."""
    with database.engine.connect() as connection:
        return int(connection.execute(text(statement)).scalar_one())


def test_the_data_set_is_as_declared(database: Database) -> None:
    """Check finds nothing to object to."""
    kinds = {kind: kind for kind in ("support_contact", "seat_saturation")}

    assert SqlWarehouse(database.url, ravenstack.relations(), kinds).check() == []


def test_every_account_is_read_with_its_signals(database: Database) -> None:
    """All 500 accounts come back, in order, with every one of their signals, newest first."""
    records = read(database)
    signals = [signal for record in records for signal in record.signals]

    assert len(records) == 500
    assert [record.key for record in records] == sorted(record.key for record in records)
    assert sum(one.kind == "support_contact" for one in signals) == 2_000
    assert len(signals) == plain(database, "SELECT count(*) FROM signals")
    for record in records:
        times = [one.occurred_at for one in record.signals]
        assert times == sorted(times, reverse=True)


def test_scores_are_the_sum_of_their_points(database: Database) -> None:
    """Every score lies in 0 to 150 and is explained by its components (C9)."""
    for record in read(database):
        points = [record.values[f"points_{name}"] for name in ravenstack.POINTS]

        assert sum(int(str(value)) for value in points) == record.values["score"]
        assert 0 <= int(str(record.values["score"])) <= 150


def test_the_data_exercises_every_motion_and_tier(database: Database) -> None:
    """All five outcomes of the motion rules (B2) and all four tiers (C10) occur in the data."""
    records = read(database)
    tiers = {next(low for low in (80, 50, 30, 0) if int(str(one.values["score"])) >= low) for one in records}

    assert {one.values["motion"] for one in records} == {"plg", "sales_led", "hybrid_escalation", "unknown"}
    assert tiers == {80, 50, 30, 0}


def test_counts_agree_with_plain_sql(database: Database) -> None:
    """A funnel over 2024 counts what SQL over the same text dates counts; SQLs are not configured (D45)."""
    warehouse = SqlWarehouse(database.url, ravenstack.relations())

    for funnel in default_funnels().values():
        for stage, step in zip(
            funnel.stages, measure(warehouse, funnel, Period(SINCE, UNTIL, SINCE, SINCE)).steps, strict=True
        ):
            if stage.column == "sql_at":
                assert step.count is None
                continue
            inside = f"SELECT count(*) FROM accounts WHERE substr({stage.column}, 1, 4) = '2024'"
            assert step.count == plain(database, inside)
            assert step.count


def test_asking_for_some_reads_the_same_records(database: Database) -> None:
    """Records asked for by key equal those of a full read."""
    everything = read(database)
    some = [record.key for record in everything[::7]]

    with SqlWarehouse(database.url, ravenstack.relations()).reading() as reading:
        assert list(reading.records(some)) == everything[::7]


def test_both_databases_tell_the_same(tmp_path: Path) -> None:
    """SQLite and PostgreSQL give equal records in equal order."""
    with loaded("postgresql", tmp_path) as server, loaded("sqlite", tmp_path) as file:
        assert read(server) == read(file)
