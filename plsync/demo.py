"""The demo as steps: a sandbox of its own, a clock that can move a day on, and what each step showed.

Every count of calls and posts comes from the stand-ins, never from us.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.app import Bot
from bot.poster import PURPOSES
from bot.sla.hours import Hours, is_open, next_opening
from bot.views.menu import Act
from connector.errors import ConfigError
from connector.explain import explain
from connector.funnel.metrics import EVERYBODY
from connector.funnel.periods import recent
from connector.model import OutcomeKind
from connector.recording import Tally
from connector.store import alerts, facts, migrate
from connector.sync import Run
from plsync import config as cfg
from plsync.measuring import measured
from plsync.running import sync_once
from plsync.slack import app_token_of, build_bot
from plsync.wiring import Plsync, now, opened
from sandbox.demo import DemoCompany
from sandbox.slack import acts
from sandbox.world import Ports, Sandbox, running

ROOT = Path(__file__).parents[1]
FOLDER = Path(".plsync/demo")
DAY = timedelta(days=1)
STORM_FLOOR = 1_000_000  # its one day has the news of a year, and nobody of RevOps is there to let them go
OFFICE = Hours(ZoneInfo("America/New_York"))  # of the demo company; when it opens, all of mappings/people.toml work
PATIENCE = timedelta(minutes=2)  # so long messages are waited for: digests settle first
EXPLAINED = "hot-open-sql"  # a superseded account
ONE_ROW = "watching-45"  # the row that changes alone
AS_WISHED = (OutcomeKind.UPDATED, OutcomeKind.CREATED, OutcomeKind.LINKED, OutcomeKind.UNCHANGED)
FACTS = ("facts", "directory")  # reads of SQLs, opportunities and owners, named apart from record reads


@dataclass
class MovableClock:
    """The real time, some time back; from `hurry` on it passes faster.

    Only what is told the time goes faster with it: nobody sleeps shorter.
    """

    behind: timedelta
    real: Callable[[], datetime] = now

    def __call__(self) -> datetime:
        at = self.real()
        return at - self.behind + self._gained(at)

    def hurry(self, speed: float) -> None:
        """Let the time pass so many times faster from now on."""
        self._speed, self._since = speed, self.real()

    def _gained(self, at: datetime) -> timedelta:
        return (at - self._since) * (self._speed - 1) if self._since else timedelta()

    _speed: float = 1.0
    _since: datetime | None = None


@dataclass(frozen=True)
class Demo:
    """A running demo."""

    sandbox: Sandbox
    plsync: Plsync
    bot: Bot
    clock: MovableClock
    day_two: timedelta = timedelta()  # how long ago that is
    speed: float = 1.0

    def baseline(self) -> Run:
        """The first sync: everything is written; who is Hot already is in a digest of their owner (D18)."""
        return self._run()

    def next_day(self) -> Run:
        """Move the warehouse one day forward and sync again."""
        self.clock.behind = self.day_two
        self.sandbox.company.advance(self.sandbox.warehouse)
        return self._run()

    def again(self) -> Run:
        """Sync an unchanged warehouse."""
        return self._run()

    def one_row(self) -> Run:
        """Take one account's pricing points away, which crosses no tier, and sync."""
        with closing(sqlite3.connect(self.sandbox.warehouse)) as warehouse, warehouse:
            warehouse.execute(
                "UPDATE accounts SET score = score - 5, points_business_email = points_business_email - 5"
                " WHERE account_key = ?",
                (ONE_ROW,),
            )
        return self._run()

    def connect(self, wait: Callable[[float], bool] = lambda _: True) -> None:
        """Open the bot's connection, over which clicks and commands come. By default it posts only when told to.

        From here on time passes at the demo's speed.
        """
        self.clock.hurry(self.speed)
        self.bot.start(app_token_of(section_of(self.plsync.config)), wait)

    def acknowledge(self) -> str:
        """Press *I'm on it* on the first open Hot alert, as its owner would, and return the alert's new text."""
        message = next(m for m in self.alerts("hot_pql") if _has_button(m))
        self._press(message)
        self._post_all()
        return next(str(m["text"]) for m in self.alerts("hot_pql") if m["ts"] == message["ts"])

    def alerts(self, kind: str) -> list[dict[str, Any]]:
        """Alert messages as Slack holds them: of each alert the first, however many places show it (D38)."""
        found: dict[str, dict[str, Any]] = {}
        for message in self.sandbox.team.records("messages"):
            stamp = _stamp(message)
            if (stamp.get("kind"), stamp.get("purpose")) == (kind, alerts.THE_ALERT):
                found.setdefault(stamp["alert"], message)
        return list(found.values())

    def digests(self) -> list[dict[str, Any]]:
        """Digests as Slack holds them."""
        messages = self.sandbox.team.records("messages")
        return [m for m in messages if _stamp(m).get("purpose", "").startswith(alerts.DIGEST)]

    def _run(self) -> Run:
        self.sandbox.forget_requests()
        run = sync_once(self.plsync)
        self._post_all()
        return run

    def _post_all(self) -> None:
        """Tick until nothing waits that goes out soon.

        The bot writes one message a second to a channel: let those seconds pass.
        """
        until = self.clock() + PATIENCE
        self.bot.tick()
        while self._waiting(until):
            self.clock.behind -= timedelta(seconds=1)
            self.bot.tick()

    def _waiting(self, until: datetime) -> bool:
        with self.plsync.store.read() as conn:
            return alerts.any_waiting(conn, PURPOSES, until) or bool(facts.untaken(conn, 1))

    def _press(self, message: Mapping[str, Any]) -> None:
        """Press the button as somebody of the team would; it travels to the bot as Slack would send it."""
        user = next(u["id"] for u in self.sandbox.team.records("users") if not u.get("is_bot") and not u.get("deleted"))
        press = {"channel": message["channel"], "ts": message["ts"], "action_id": str(Act.ACKNOWLEDGE), "user": user}

        async def act() -> None:
            await acts(self.sandbox.team)("click", press)

        asyncio.run(act())


@contextmanager
def demo(scale: int, ports: Ports, speed: float = 1.0, real: Callable[[], datetime] = now) -> Iterator[Demo]:
    """Start the sandbox, a fresh store, and every room wired to them. Raises OSError when a port is taken.

    Day two is a working day, so that what people are promised in their hours is due within it.
    """
    day_two = real() - last_workday(real(), OFFICE)
    clock = MovableClock(day_two + DAY, real)
    with ExitStack() as stack:
        company = DemoCompany(clock(), scale)
        sandbox = stack.enter_context(running(FOLDER, clock, company, ports))
        config = demo_config(sandbox, FOLDER)
        _forget(FOLDER / "store.db")
        migrate(config.store.url)
        plsync = stack.enter_context(opened(config, clock))
        bot = build_bot(plsync, section_of(config))
        stack.callback(bot.stop)
        yield Demo(sandbox, plsync, bot, clock, day_two, speed)


def last_workday(at: datetime, hours: Hours) -> datetime:
    """When the latest day of work began that lies between two others.

    Direct messages of the day before go out at once, and what waits for the next morning does not wait long.
    """
    mornings = (next_opening(_midnight(at, hours) - days * DAY, hours) for days in range(14))
    return max(opens for opens in mornings if opens <= at and all(is_open(opens + day, hours) for day in (-DAY, DAY)))


def _midnight(at: datetime, hours: Hours) -> datetime:
    return at.astimezone(hours.zone).replace(hour=0, minute=0, second=0, microsecond=0)


def demo_config(sandbox: Sandbox, folder: Path) -> cfg.Config:
    """config.example.toml with the sandbox's addresses in place of its own.

    Raises ConfigError when the example does not stand beside the package.
    """
    example = ROOT / "config.example.toml"
    if not example.is_file():
        raise ConfigError([f"{example}: the demo reads it; run the demo from a checkout"])
    document = cfg.read_toml(example)
    document["environment"] = "demo"
    document["warehouse"]["url"] = f"sqlite:///{sandbox.warehouse}"
    document["store"]["url"] = f"sqlite:///{folder / 'store.db'}"
    document["salesforce"] |= {"instance_url": sandbox.salesforce_url, "ca_bundle": str(sandbox.ca_file)}
    document["hubspot"]["base_url"] = sandbox.hubspot_url
    document["slack"] |= {"base_url": sandbox.slack_url, "storm_floor": STORM_FLOOR}
    document["mappings"]["folder"] = str(ROOT / "mappings")
    os.environ.update(sandbox.environment())
    return cfg.parse(document, str(example))


def section_of(config: cfg.Config) -> cfg.Slack:
    """The Slack section, which the demo always has."""
    assert config.slack is not None
    return config.slack


def once(running_demo: Demo) -> dict[str, Any]:
    """The whole story, as the one object of `demo --once --json`."""
    show = running_demo
    runs = _phase("baseline", show.baseline(), show)
    baseline_posted = len(show.alerts("hot_pql")) + len(show.alerts("fyi"))
    baseline_digests = len(show.digests())
    runs += _phase("day_two", show.next_day(), show)
    posted, fyi = len(show.alerts("hot_pql")), len(show.alerts("fyi"))
    show.connect()
    show.acknowledge()
    again = show.again()
    rerun = {**_calls(show), "slack_posts": show.sandbox.counts()["slack"]["post"], "rows_compared": again.compared}
    acknowledged = sum(1 for message in show.alerts("hot_pql") if not _has_button(message))
    show.one_row()
    one_row = _calls(show)
    at = show.clock()
    explained = explain(show.plsync.house(), show.plsync.warehouse, show.plsync.basis, EXPLAINED, at)
    return {
        "warehouse": warehouse_of(show.sandbox.warehouse),
        "runs": runs,
        "rerun": rerun,
        "one_row": one_row,
        "alerts": {
            "baseline_posted": baseline_posted,
            "baseline_digests": baseline_digests,
            "posted": posted - baseline_posted,
            "fyi": fyi,
            "acknowledged": acknowledged,
        },
        "explained": explained.as_json(),
        "funnel": {name: _funnel(show.plsync, name) for name in show.plsync.funnels},
    }


def warehouse_of(path: Path) -> dict[str, Any]:
    """Where the warehouse is and how much it holds."""
    with closing(sqlite3.connect(path)) as warehouse:
        (accounts,), (signals,) = (
            warehouse.execute("SELECT count(*) FROM accounts").fetchone(),
            warehouse.execute("SELECT count(*) FROM signals").fetchone(),
        )
    return {"path": str(path), "accounts": accounts, "signals": signals}


def _phase(phase: str, run: Run, show: Demo) -> list[dict[str, Any]]:
    counts = show.sandbox.counts()
    return [_entry(phase, tally, counts[tally.destination]) for tally in run.tallies.values()]


def _entry(phase: str, tally: Tally, calls: Counter[str]) -> dict[str, Any]:
    """One destination's run. Updated, held and rejected sum to planned; `outcomes` tells them apart further."""
    kinds = tally.outcomes
    return {
        "phase": phase,
        "destination": tally.destination,
        "planned": tally.planned,
        "updated": sum(kinds[kind] for kind in AS_WISHED),
        "held": kinds[OutcomeKind.HELD] + kinds[OutcomeKind.DEFERRED],
        "rejected": kinds[OutcomeKind.REJECTED] + kinds[OutcomeKind.INVALID],
        "calls": calls.total(),
        "calls_by_kind": dict(sorted(calls.items())),
        "outcomes": {str(kind): count for kind, count in sorted(kinds.items()) if count},
    }


def _calls(show: Demo) -> dict[str, int]:
    """Calls per CRM since the last sync began; reads of facts are named apart."""
    counts = show.sandbox.counts()
    told: dict[str, int] = {}
    for crm in ("salesforce", "hubspot"):
        facts = sum(counts[crm][kind] for kind in FACTS)
        told[f"{crm}_calls"] = counts[crm].total() - facts
        told[f"{crm}_fact_reads"] = facts
    return told


def _funnel(plsync: Plsync, name: str) -> dict[str, int | None]:
    over = recent(plsync.clock())
    return {step.stage: step.count for step in measured(plsync, name, over, EVERYBODY).steps}


def _stamp(message: Mapping[str, Any]) -> dict[str, Any]:
    """What the bot wrote beside a message to find it again."""
    stamp: dict[str, Any] = (message.get("metadata") or {}).get("event_payload") or {}
    return stamp


def _has_button(message: Mapping[str, Any]) -> bool:
    """Whether somebody is still wanted for the alert."""
    elements = (element for block in message.get("blocks") or [] for element in block.get("elements", []))
    return any(element.get("action_id") == Act.ACKNOWLEDGE for element in elements)


def _forget(store: Path) -> None:
    for path in (store, store.with_name(f"{store.name}-wal"), store.with_name(f"{store.name}-shm")):
        path.unlink(missing_ok=True)
