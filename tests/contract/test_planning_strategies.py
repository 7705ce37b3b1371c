"""Three ways to the same plan: every account, those a mirror tells apart, those newer than a cursor (D28)."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.errors import WarehouseError
from connector.mapping.reading import build
from connector.model import ACCOUNTS, Intent, Outcome, OutcomeKind, Settled
from connector.plan import Basis, Planned, recipes
from connector.planning import planning
from connector.ports import Cursor
from connector.store import Store, compact, migrate, tables, troubles
from connector.store.ledger import SqlLedger
from connector.warehouse import Relations, SqlWarehouse
from tests.contract.warehouses import SIGNALS, SIGNALS_TABLE, accounts
from tests.databases import WAREHOUSES, Database, opened
from tests.unit.mapping.files import document

AT = datetime(2026, 3, 18, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIELDS = {"S": {"from": "score", "merge": "warehouse_wins", "on_missing": "clear"}}
TOLD = {"T": {"from": "decision.tier", "merge": "warehouse_wins"}}
NAMES = ("s", "t")
MAPPINGS = [
    build(name, document(fields), {"key", "score", "motion", "scored_at"})
    for name, fields in zip(NAMES, (FIELDS, TOLD), strict=True)
]
RELATIONS = Relations(accounts(score="decimal", motion="text", scored_at="datetime"), SIGNALS)
TABLE = "CREATE TABLE accounts (id TEXT, score DOUBLE PRECISION, motion TEXT, scored_at TEXT)"
KEYS = ["B", "a", "a-1", "b", "c", "ä"]  # in byte order, and in no language's
Told = tuple[str, int, list[tuple[Any, ...]], list[tuple[str, bool]]]


@dataclass
class World:
    """A warehouse, a store that can be brought back to an earlier state, and a clock."""

    database: Database
    folder: Path
    mirror: str
    now: datetime = AT
    version: str = "1"
    backup: Path | None = None
    last: list[Planned] = field(default_factory=list)

    def __post_init__(self) -> None:
        migrate(self.url)

    @property
    def url(self) -> str:
        """The store's."""
        return f"sqlite:///{self.folder / 'store.db'}"

    @property
    def basis(self) -> Basis:
        """The mappings at their version of now."""
        return Basis(MAPPINGS, frozenset({"motion", "not_declared"}), self.version)

    def warehouse(self, strategy: str) -> SqlWarehouse:
        """Seen by a strategy."""
        schema = self.mirror if strategy == "warehouse" else None
        cursor = Cursor("scored_at", HOUR) if strategy == "cursor" else None
        return SqlWarehouse(self.database.url, RELATIONS, fingerprint_schema=schema, cursor=cursor)

    def plan(self, strategy: str = "stream", limit: int | None = None) -> Told:
        """What a plan says in full."""
        store = Store.open(self.url)
        try:
            with planning(self.warehouse(strategy), SqlLedger(store), self.basis, self.now, limit) as made:
                self.last = list(made.rows())
                told = [(p.record, p.decide_fp, dict(p.wanted_fp), p.due, p.gone) for p in self.last]
                seen = [(key, back) for few in made.sightings(9) for back, keys in enumerate(few[1:]) for key in keys]
                return made.hash, made.compared, told, [(key, bool(back)) for key, back in seen]
        finally:
            store.close()

    def write(self, act: Callable[[SqlLedger], None]) -> None:
        """Let the ledger do something."""
        store = Store.open(self.url)
        act(SqlLedger(store))
        store.close()

    def settle(self, some: slice = slice(None), kind: OutcomeKind = OutcomeKind.UPDATED) -> None:
        """The CRMs answered so to some of the last plan."""

        def act(ledger: SqlLedger) -> None:
            for one in self.last[some]:
                self._decided(ledger.store, one)
                for name in one.due:
                    fp = "" if kind is OutcomeKind.DEFERRED else one.wanted_fp[name]
                    settled = Settled(Outcome(one.record.key, kind, f"001{one.record.key}"), fp, {}, {})
                    ledger.settle(name, "r-000001", self.now, [settled])

        self.write(act)

    def _decided(self, store: Store, one: Planned) -> None:
        key, row = one.record.key, {"decide_fp": one.decide_fp, "run": "r-000001", "document": compact.dumps([0])}
        with store.write() as conn:
            conn.execute(tables.decisions.delete().where(tables.decisions.c.account_key == key))
            conn.execute(tables.decisions.insert().values(account_key=key, **row))

    def fill(self) -> None:
        """The accounts, scored an hour apart."""
        self.database.run("DELETE FROM accounts", "DELETE FROM signals")
        rows = [
            {"id": key, "score": 1.5, "motion": None, "scored_at": f"2026-03-01T{hour:02}:00:00Z"}
            for hour, key in enumerate(KEYS)
        ]
        self.database.insert("accounts", rows)


@pytest.fixture(params=WAREHOUSES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Six accounts in each kind of database in turn."""
    with opened(request.param, tmp_path) as database:
        yield prepared(database, tmp_path)


@pytest.fixture
def postgresql(tmp_path: Path) -> Iterator[World]:
    """Six accounts in a PostgreSQL; its mirror is in the schema of the accounts."""
    with opened("postgresql", tmp_path) as database:
        yield prepared(database, tmp_path)


def prepared(database: Database, folder: Path) -> World:
    bytewise = "TEXT COLLATE utf8mb4_bin" if database.kind == "mariadb" else "TEXT"  # for the statements of the tests
    database.run(TABLE.replace("id TEXT", f"id {bytewise}"), SIGNALS_TABLE)
    made = World(database, folder, database.schema)
    made.fill()
    return made


# --- a mirror in the warehouse ----------------------------------------------------------------------


def sighted(world: World) -> None:
    """A sync remembers who is missing and who is back."""
    _, _, _, seen = world.plan()

    def act(ledger: SqlLedger) -> None:
        gone, back = [key for key, is_back in seen if not is_back], [key for key, is_back in seen if is_back]
        ledger.sighted(ACCOUNTS, gone, back, world.now)

    world.write(act)


def run(statement: str) -> Callable[[World], None]:
    return lambda world: world.database.run(statement)


def planned(act: Callable[[World], None]) -> Callable[[World], None]:
    """With a plan before it."""

    def acted(world: World) -> None:
        world.plan()
        act(world)

    return acted


def in_flight(world: World) -> None:
    world.write(lambda ledger: ledger.intend("s", [Intent("a", "001a", "key", {}, {})]))


def postponed(world: World) -> None:
    later = Settled(Outcome("c", OutcomeKind.DEFERRED), "tried", {}, {}, not_before=world.now + HOUR)
    in_flight(world)
    world.write(lambda ledger: ledger.settle("s", "r-000001", world.now, [later]))


def retried(world: World) -> None:
    def act(ledger: SqlLedger) -> None:
        with ledger.store.write() as conn:
            conn.execute(tables.memory.update().values(wanted_fp=""))
            troubles.retry(conn, KEYS)

    world.write(act)


def forgotten(world: World) -> None:
    def act(ledger: SqlLedger) -> None:
        with ledger.store.write() as conn:
            conn.execute(tables.decisions.delete().where(tables.decisions.c.account_key == "b"))

    world.write(act)


def backed_up(world: World) -> None:
    world.backup = world.folder / f"backup-{uuid4().hex}"
    world.write(lambda ledger: ledger.wake(world.now))  # the last connection to close leaves no log behind
    shutil.copy(world.folder / "store.db", world.backup)


def restored(world: World) -> None:
    if world.backup:
        for path in world.folder.glob("store.db*"):
            path.unlink()
        shutil.copy(world.backup, world.folder / "store.db")


def crashed(world: World) -> None:
    """The store marked a new stamp, and that was all."""

    def act(ledger: SqlLedger) -> None:
        ledger.restamp(uuid4().hex)

    world.write(act)


def crashed_later(world: World) -> None:
    """A plan was killed when the mirror was written and the store did not know it."""

    def stop(self: SqlLedger, stamp: str) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SqlLedger, "mirrored", stop)
        try:
            world.plan("warehouse")
        except KeyboardInterrupt:
            return


def renewed(world: World) -> None:
    world.version = str(int(world.version) + 1)


def days_pass(world: World) -> None:
    world.now += timedelta(days=2)


def mirrored(world: World) -> None:
    world.plan("warehouse")


HAPPENINGS: list[Callable[[World], None]] = [
    run("UPDATE accounts SET score = 2.5 WHERE id = 'a'"),
    run("UPDATE accounts SET score = 1.5 WHERE id = 'a'"),
    run("UPDATE accounts SET motion = 'plg' WHERE id > 'a'"),
    run("DELETE FROM accounts WHERE id = 'c'"),
    run("DELETE FROM accounts"),
    World.fill,
    run("INSERT INTO signals VALUES ('b', 'limit_hit', '2026-03-01', NULL, NULL)"),
    planned(World.settle),
    planned(World.settle),
    planned(lambda world: world.settle(slice(0, 2))),
    planned(lambda world: world.settle(slice(1, 3), OutcomeKind.DEFERRED)),
    planned(lambda world: world.settle(slice(0, 1), OutcomeKind.REJECTED)),
    sighted,
    in_flight,
    postponed,
    retried,
    forgotten,
    backed_up,
    restored,
    crashed,
    crashed_later,
    renewed,
    days_pass,
    mirrored,
]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(range(len(HAPPENINGS))), min_size=4, max_size=12))
def test_a_mirror_plans_what_a_stream_plans(postgresql: World, tmp_path: Path, history: list[int]) -> None:
    """Whatever happened to warehouse, store and mirror: the same plan to its hash, the same absences (D28)."""
    folder = tmp_path / uuid4().hex
    folder.mkdir()
    world = World(postgresql.database, folder, postgresql.mirror)
    world.fill()
    world.plan("warehouse")
    world.settle()
    for number in history:
        HAPPENINGS[number](world)
        if number % 2:  # so that the mirror lags now and then
            assert world.plan("warehouse") == world.plan("stream")

    assert world.plan("warehouse") == world.plan("stream")


RAISE = run("UPDATE accounts SET score = 2.5 WHERE id = 'a'")
SETTLE = planned(World.settle)
HISTORIES = {
    "back and forth": [RAISE, SETTLE, World.fill],
    "vanished": [run("DELETE FROM accounts WHERE id = 'c'"), sighted, mirrored, days_pass, days_pass],
    "back again": [run("DELETE FROM accounts WHERE id = 'c'"), sighted, mirrored, World.fill],
    "an empty load": [run("DELETE FROM accounts")],
    "in flight": [in_flight],
    "postponed": [postponed, mirrored],
    "deferred": [RAISE, planned(lambda world: world.settle(kind=OutcomeKind.DEFERRED)), mirrored],
    "rejected": [RAISE, planned(lambda world: world.settle(kind=OutcomeKind.REJECTED)), mirrored],
    "retried": [mirrored, retried],
    "forgotten": [mirrored, forgotten],
    "a new version": [mirrored, renewed],
    "a restored store": [backed_up, RAISE, SETTLE, mirrored, restored],
    "killed before the mirror": [RAISE, SETTLE, crashed],
    "killed after the mirror": [RAISE, SETTLE, crashed_later, World.fill],
    "restored after that": [backed_up, RAISE, SETTLE, crashed_later, restored],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=list(HISTORIES))
def test_a_mirror_is_never_wrong(postgresql: World, history: list[Callable[[World], None]]) -> None:
    """Each way the mirror could hold what the store does not: the plans are the same (D28)."""
    postgresql.plan("warehouse")
    postgresql.settle()
    postgresql.plan("warehouse")
    for happens in history:
        happens(postgresql)

    assert postgresql.plan("warehouse") == postgresql.plan("stream")


def test_only_what_moved_leaves_the_warehouse(postgresql: World) -> None:
    """The second plan is told of the account that moved and of the one that vanished, and counts all (D28)."""
    postgresql.plan("warehouse")
    postgresql.settle()
    postgresql.plan("warehouse")
    postgresql.database.run("UPDATE accounts SET score = 9 WHERE id = 'ä'", "DELETE FROM accounts WHERE id = 'B'")
    warehouse = postgresql.warehouse("warehouse")
    assert warehouse.mirror
    stamp = warehouse.mirror.stamp()
    assert stamp

    with warehouse.reading() as reading:
        moved = reading.moved(recipes(postgresql.basis), stamp)
        assert moved
        left = [(key, fps is None) for key, fps in moved.rows]
        assert reading.moved(recipes(postgresql.basis), "another stamp") is None

    assert (moved.accounts, left) == (5, [("B", True), ("ä", False)])
    _, compared, told, _ = postgresql.plan("warehouse")
    assert (compared, [row[0].key for row in told]) == (5, ["ä"])


def test_repeated_and_missing_keys_are_refused_with_a_mirror(postgresql: World) -> None:
    """As they are without one, although their rows do not leave the warehouse (A1, A18)."""
    postgresql.plan("warehouse")
    postgresql.settle()
    for statement in ("INSERT INTO accounts SELECT * FROM accounts WHERE id = 'a'", "UPDATE accounts SET id = NULL"):
        postgresql.database.run(statement)
        with pytest.raises(WarehouseError, match="account key"):
            postgresql.plan("warehouse")


def test_where_no_mirror_may_be_kept_plans_are_streamed(postgresql: World, caplog: pytest.LogCaptureFixture) -> None:
    """Told once, with what to do about it (D28)."""
    postgresql.mirror = "pg_catalog"  # where not even an administrator may write
    warehouse = postgresql.warehouse("warehouse")
    store = Store.open(postgresql.url)
    for _ in range(2):
        with planning(warehouse, SqlLedger(store), postgresql.basis, AT) as made:
            assert made.hash == postgresql.plan("stream")[0]
    store.close()

    (said,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert "permission denied" in said
    assert 'warehouse.strategy = "stream"' in said


def test_elsewhere_a_mirror_is_no_mirror(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Databases that keep none say so once and are streamed; the plan is the same on all."""
    expected = world.plan("stream")

    assert world.plan("warehouse") == expected
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == (0 if world.database.kind == "postgresql" else 1)


# --- a cursor ---------------------------------------------------------------------------------------


def test_a_cursor_plans_what_is_new_and_a_stream_the_rest(world: World) -> None:
    """Rows newer than the last confirmed one less the overlap; what moved in older rows is left to a stream (D28)."""
    assert world.plan("cursor") == world.plan("stream")
    world.settle()
    world.plan("cursor")  # sees that all is confirmed
    world.database.run("UPDATE accounts SET score = 2.5", "DELETE FROM accounts WHERE id = 'b'")
    _, _, everything, missing = world.plan("stream")

    _, compared, some, seen = world.plan("cursor")
    world.settle()
    _, _, rest, _ = world.plan("stream")

    assert [row[0].key for row in some] == ["c", "ä"]  # the newest, and the one an hour before
    assert (compared, seen, missing) == (2, [], [("b", False)])
    assert some + rest == sorted(everything, key=lambda row: (row[0].key not in {"c", "ä"}, row[0].key))


def test_a_cursor_waits_for_what_was_not_confirmed(world: World) -> None:
    """A row that was planned and not delivered is planned again, however new the rows after it are."""
    world.plan("cursor")
    world.settle()
    world.plan("cursor")
    world.database.run("UPDATE accounts SET score = 2.5 WHERE id > 'b'")
    first = world.plan("cursor")[2]
    world.settle(slice(1, None))
    world.database.run("UPDATE accounts SET scored_at = '2026-03-02T00:00:00+01:00' WHERE id = 'ä'")

    assert [row[0].key for row in first] == ["c", "ä"]
    assert [row[0].key for row in world.plan("cursor")[2]] == ["c"]
    world.settle()
    assert world.plan("cursor")[2] == []
    world.plan("cursor")
    assert world.plan("cursor")[1] == 1


def test_a_cursor_looks_back_for_what_became_due(world: World) -> None:
    """Refused records somebody wants tried again are planned, however old their rows are."""
    world.plan("cursor")
    world.settle(kind=OutcomeKind.REJECTED)
    assert world.plan("cursor")[2] == []

    def again(ledger: SqlLedger) -> None:
        with ledger.store.write() as conn:
            assert troubles.retry_all(conn, NAMES) == 2 * len(KEYS)

    world.write(again)
    assert [row[0].key for row in world.plan("cursor")[2]] == KEYS


def test_a_cursor_looks_back_for_what_has_waited_its_time(world: World) -> None:
    """So is a deferred record whose time has come."""
    world.plan("cursor")
    world.settle()

    def wait(ledger: SqlLedger) -> None:
        outcome = Outcome("B", OutcomeKind.DEFERRED, "001B", "TRANSIENT")
        fp, later = print_of(world, "B"), world.now + HOUR
        ledger.intend("s", [Intent("B", "001B", None, {}, {})])
        ledger.settle("s", "r-000001", world.now, [Settled(outcome, fp, {}, {}, not_before=later)])

    world.write(wait)
    assert world.plan("cursor")[2] == []
    world.write(lambda ledger: ledger.wake(world.now + HOUR))
    assert [row[0].key for row in world.plan("cursor")[2]] == ["B"]


def print_of(world: World, key: str) -> str:
    """The fingerprint the last plan gave an account in the first mapping."""
    return next(one.wanted_fp["s"] for one in world.last if one.record.key == key)


def test_a_row_dated_ahead_hides_no_other(world: World) -> None:
    """One wrong date must not push the position beyond every row to come."""
    world.database.run("UPDATE accounts SET scored_at = '2099-01-01T00:00:00Z' WHERE id = 'c'")
    world.plan("cursor")
    world.settle()
    world.plan("cursor")
    world.database.run("UPDATE accounts SET scored_at = '2026-03-18T15:00:00Z', score = 2.5 WHERE id = 'B'")

    assert [row[0].key for row in world.plan("cursor")[2]] == ["B"]


def test_a_row_without_a_date_is_always_new(world: World) -> None:
    """Nobody could say that it is not."""
    world.plan("cursor")
    world.settle()
    world.plan("cursor")
    world.database.run("UPDATE accounts SET scored_at = NULL, score = 2.5 WHERE id = 'B'")

    assert [row[0].key for row in world.plan("cursor")[2]] == ["B"]
