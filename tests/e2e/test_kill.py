"""Kill -9 in the middle of a sync and run again: nothing lost, nothing doubled, and then nothing to do (D19, D27).

Each case syncs a baseline, moves the warehouse on by a day and syncs again; in one of the two runs the CRM kills
plsync at a write. What both CRMs and Slack hold in the end must be what they hold where nobody was killed.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.poster import PURPOSES
from connector.store import alerts, facts, migrate, tables
from connector.sync import Run
from plsync import config as cfg
from plsync.demo import PATIENCE, MovableClock
from plsync.running import sync_once
from plsync.slack import build_bot
from plsync.wiring import Plsync, now, opened
from sandbox.demo import DemoCompany
from tests.e2e.commanding import toml
from tests.e2e.killer import ACCEPTED, ASKED, Killer
from tests.e2e.outside import EXAMPLE, MAPPINGS, Outside, Seeds, running

BASELINE, DAY_TWO = "baseline", "day two"
KILLED = -9
AGO = re.compile(r"just now|\d+ (?:hours?|days?) ago")  # moves with the clock, whoever was killed
ON, BACK = "on", "back"
MOVES = {
    "": "",
    ON: "UPDATE accounts SET motion = 'plg' WHERE motion = 'hybrid_escalation' AND score >= 80",
    BACK: """
        ATTACH '{folder}/baseline.db' AS old;
        INSERT OR REPLACE INTO accounts SELECT * FROM old.accounts;
        DELETE FROM signals WHERE account_key IN (SELECT account_key FROM old.accounts);
        INSERT INTO signals SELECT * FROM old.signals;
    """,
}


@dataclass(frozen=True)
class Case:
    """Which run dies, at which write to whom, and how the warehouse moves before the next run."""

    phase: str
    crm: str
    write: int
    moment: str
    moves: str = ""

    @property
    def kept(self) -> int:
        """Ordinary accounts kept: a baseline takes several writes in either CRM, day two brings its own accounts."""
        return 1_000 if self.phase == BASELINE else 100

    def __str__(self) -> str:
        moves = f" then moves {self.moves}" if self.moves else ""
        return f"{self.phase} {self.crm} {self.write} {self.moment}{moves}".replace(" ", "_")


CASES = (
    Case(BASELINE, "salesforce", 2, ACCEPTED),
    Case(BASELINE, "hubspot", 6, ASKED),
    Case(DAY_TWO, "salesforce", 1, ASKED),
    Case(DAY_TWO, "salesforce", 1, ACCEPTED, ON),
    Case(DAY_TWO, "salesforce", 1, ACCEPTED, BACK),
    Case(DAY_TWO, "hubspot", 2, ACCEPTED),
    Case(DAY_TWO, "hubspot", 1, ACCEPTED, ON),
)


@dataclass(frozen=True)
class World:
    """The demo company with a part of its accounts, its CRMs, and plsync pointed at them."""

    folder: Path
    company: DemoCompany
    outside: Outside
    killers: dict[str, Killer]
    plsync: Plsync
    clock: MovableClock

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse.db"

    def sync(self) -> Run:
        """One sync that nobody disturbs."""
        return sync_once(self.plsync)

    def sync_and_die(self, case: Case) -> None:
        """`plsync sync` in a process of its own, killed by the CRM."""
        command = [sys.executable, "-m", "plsync", "sync", "--config", "config.toml", "--json"]
        killer = self.killers[case.crm]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=self.folder, stdout=pipe, stderr=pipe, text=True) as process:
            killer.arm(process, case.write, case.moment)
            out, err = process.communicate(timeout=60)
        killer.victim = None
        assert (process.returncode, out, err) == (KILLED, "", "")

    def next_day(self) -> None:
        """Move the warehouse on by a day; baseline.db keeps what it was."""
        shutil.copy(self.warehouse, self.folder / "baseline.db")
        self.company.advance(self.warehouse)

    def execute(self, script: str) -> None:
        """Change the warehouse."""
        with closing(sqlite3.connect(self.warehouse)) as database:
            database.executescript(script.format(folder=self.folder))

    def post(self) -> None:
        """Let the bot say what it has to say, a second at a time as Slack wants it."""
        bot = build_bot(self.plsync, cfg_slack(self.plsync))
        until = self.clock() + PATIENCE
        bot.tick()
        while self._waiting(until):
            self.clock.behind -= timedelta(seconds=1)
            bot.tick()
        bot.stop()

    def _waiting(self, until: datetime) -> bool:
        with self.plsync.store.read() as conn:
            return alerts.any_waiting(conn, PURPOSES, until) or bool(facts.untaken(conn, 1))

    def held(self) -> dict[str, dict[str, Any]]:
        """Our fields on every record of both CRMs, by record id, with times of the run left out."""
        accounts = {row["Id"]: row for row in self.outside.org.records("Account")}
        companies = {row["id"]: row["properties"] for row in self.outside.portal.records("companies")}
        return {key: ours(values) for key, values in {**accounts, **companies}.items()}

    def told(self) -> Counter[tuple[str, str]]:
        """How often each account was posted to each channel, as Slack tells it."""
        with self.plsync.store.read() as conn:
            accounts = {str(row.id): str(row.account_key) for row in conn.execute(select(tables.alerts))}
        return Counter(
            (accounts[alert], message["channel"])
            for message in self.outside.team.records("messages")
            for alert in shown(message)
        )

    def outbox(self) -> Counter[tuple[str, str]]:
        """Facts in the store by kind and account, a place in the queue of the baseline apart."""
        columns = (tables.facts.c.kind, tables.facts.c.account_key, tables.facts.c.payload)
        with self.plsync.store.read() as conn:
            rows = conn.execute(select(*columns)).all()
        return Counter((f"{kind} {payload.get('episode') == 'baseline'}", key) for kind, key, payload in rows)


def shown(message: dict[str, Any]) -> list[str]:
    """The alerts a message shows: the one it is of, or those a digest still offers."""
    stamp = message["metadata"]["event_payload"]
    if not stamp["purpose"].startswith("digest:"):
        return [stamp["alert"]]
    return [block["accessory"]["value"] for block in message["blocks"] if "accessory" in block]


def ours(values: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in values.items() if name.lower().startswith("pls_")}
    return {
        name: AGO.sub("some time ago", value) if isinstance(value, str) else value
        for name, value in kept.items()
        if "routed_at" not in name.lower()
    }


def cfg_slack(plsync: Plsync) -> cfg.Slack:
    assert plsync.config.slack is not None
    return plsync.config.slack


@dataclass(frozen=True)
class Start:
    """One company for all cases, so that their ends can be compared, and what its CRMs and Slack hold at first."""

    company: DemoCompany
    seeds: Seeds


@pytest.fixture(scope="module")
def start() -> Start:
    """The company, a day ago."""
    company = DemoCompany(now() - timedelta(days=1))
    return Start(company, Seeds(company.salesforce(), company.hubspot(), company.slack()))


@contextmanager
def world(folder: Path, start: Start, kept: int) -> Iterator[World]:
    """Stand-ins, a warehouse at its baseline, an empty store, and config.toml for whoever is to be killed."""
    folder.mkdir(exist_ok=True)
    killers: dict[str, Killer] = {}

    def before(name: str, app: Any) -> Killer:
        killers[name] = Killer(app)
        return killers[name]

    clock = MovableClock(timedelta())
    with ExitStack() as stack:
        outside = stack.enter_context(running(folder, clock, start.seeds, before))
        start.company.write_warehouse(folder / "warehouse.db")
        document = cfg.read_toml(EXAMPLE)
        document |= {name: document[name] | table for name, table in outside.tables.items()}
        document["warehouse"]["url"] = f"sqlite:///{folder / 'warehouse.db'}"
        document["store"]["url"] = f"sqlite:///{folder / 'store.db'}"
        document["mappings"]["folder"] = str(MAPPINGS)
        (folder / "config.toml").write_text(toml(document), encoding="utf-8")
        config = cfg.load(folder / "config.toml")
        migrate(config.store.url)
        plsync = stack.enter_context(opened(config, clock))
        made = World(folder, start.company, outside, killers, plsync, clock)
        for table in ("signals", "people", "accounts"):
            made.execute(f"DELETE FROM {table} WHERE account_key GLOB 'ws-*' AND account_key > 'ws-{kept:05d}'")
        yield made


@dataclass(frozen=True)
class End:
    """What is there when all is done."""

    held: dict[str, dict[str, Any]]
    told: Counter[tuple[str, str]]
    outbox: Counter[tuple[str, str]]


Undisturbed = Callable[[int, str], End]


def end_of(made: World) -> End:
    """The end, with every alert posted."""
    made.post()
    return End(made.held(), made.told(), made.outbox())


@pytest.fixture(scope="module")
def undisturbed(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """How it ends where nobody is killed, by accounts kept and how the warehouse moved in the end."""

    @cache
    def live(kept: int, moves: str) -> End:
        with world(tmp_path_factory.mktemp("undisturbed"), start, kept) as made:
            made.sync()
            made.next_day()
            made.sync()
            made.execute(MOVES[moves])
            made.sync()
            return end_of(made)

    return live


@pytest.mark.parametrize("case", CASES, ids=str)
def test_killed_and_run_again_equals_one_run(
    case: Case, start: Start, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    """Both CRMs hold the same, every alert is posted once, and the run after calls nobody."""
    with world(tmp_path, start, case.kept) as made:
        records = len(made.held())
        if case.phase == BASELINE:
            made.sync_and_die(case)
        made.sync()
        made.next_day()
        if case.phase == DAY_TWO:
            made.sync_and_die(case)
        made.execute(MOVES[case.moves])
        assert made.sync().rejects == 0
        made.outside.forget()
        assert made.sync().planned == 0
        assert [calls.total() for calls in made.outside.calls().values()] == [0, 0, 0]

        end, expected = end_of(made), undisturbed(case.kept, case.moves)
    assert len(end.held) == records
    assert {key: held for key, held in end.held.items() if held != expected.held[key]} == {}
    assert end.told == expected.told
    assert set(end.told.values()) == {1}
    assert end.outbox == expected.outbox
    assert set(end.outbox.values()) == {1}
