"""P11: people press buttons at a steady pace while a sync of many rows writes the store the bot writes too.

Slack, the CRM, the sync and the bot are processes of their own but for Slack, which is here with the people. A click is
over when Slack has its answer; it is durable when the store says so afterwards.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from queue import Queue
from typing import Any

from sqlalchemy import func, select

from benchmarks import rows
from benchmarks.proof.client import Job, live
from benchmarks.proof.replicas import Place, Replica
from benchmarks.scene import SHIPPED
from benchmarks.standins import stand_ins
from bot.lifecycle import State
from bot.settings import BotSettings
from bot.sla.policy import DEFAULTS
from bot.views.alert import alert_message
from bot.views.menu import Act
from bot.views.scene import Scene
from connector.model import AlertKind
from connector.store import Store, alerts, rungs, tables
from sandbox.serving import serve
from sandbox.slack import SlackTeam, slack_app
from sandbox.slack.interactions import Press, block_actions

CRM = "salesforce"
PEOPLE = 20
HOT = "C0000000001"
A_SECOND = 1.0


@dataclass(frozen=True)
class Trial:
    """How many clicks, how many in a second, beside a first sync of how many accounts."""

    clicks: int = 3_000
    per_second: int = 50
    rows: int = 100_000


@dataclass
class Toll:
    """What it came to. `milliseconds` are of every click that was answered, in the order they were made."""

    milliseconds: list[float] = field(default_factory=list)
    unanswered: int = 0
    undurable: int = 0
    twice: int = 0
    seconds: float = 0.0  # of all clicks
    synced: float = 0.0  # seconds of these in which the sync was at work


def run(folder: Path, store_url: str, trial: Trial) -> Toll:
    """The whole trial on a migrated, empty store."""
    team = SlackTeam(_workspace(), _now, burst=trial.clicks)
    with closing(Store.open(store_url)) as store, serve(slack_app(team)[0]) as served:
        pressing = _Pressing(trial, store, team)
        pressing.seed()
        place = Place(store_url, f"{served.url}/api/", team.bot_token, team.app_token, BotSettings(policies=DEFAULTS))
        with _ticking(Replica(place), pressing.is_planned), _syncing(folder, store_url, trial.rows) as at_work:
            pressing.press(at_work)
        return pressing.count()


@contextmanager
def _ticking(replica: Replica, is_ready: Callable[[], bool]) -> Iterator[None]:
    """A bot that ticks every second, ready for clicks."""
    replica.begin(_now())
    over = threading.Event()

    def tick() -> None:
        replica.tick(_now())
        assert replica.ticked(), "the bot died"

    def keep_ticking() -> None:
        while not over.wait(A_SECOND):
            tick()

    try:
        while not is_ready():
            tick()
        ticker = threading.Thread(target=keep_ticking)
        ticker.start()
        yield
        over.set()
        ticker.join()
    finally:
        replica.stop()


@contextmanager
def _syncing(folder: Path, store_url: str, count: int) -> Iterator[Callable[[], bool]]:
    """A first sync with the shipped mappings, which is killed in the end. Gives whether it is at work."""
    rows.write(folder / "warehouse.db", count)
    with stand_ins(folder, count) as crms:
        job: Job = {
            "warehouse": f"sqlite:///{folder / 'warehouse.db'}",
            "store": store_url,
            "mappings": str(SHIPPED),
            "crms": [CRM],
            "place": crms.place,
        }
        born = Queue[int]()
        sync = threading.Thread(target=live, args=(job, born.put))
        sync.start()
        pid = born.get()
        while sync.is_alive() and not crms.counts(CRM)["total"]:
            time.sleep(0.05)
        yield sync.is_alive
        if sync.is_alive():
            os.kill(pid, signal.SIGKILL)
        sync.join()


@dataclass
class _Pressing:
    trial: Trial
    store: Store
    team: SlackTeam
    toll: Toll = field(default_factory=Toll)

    def seed(self) -> None:
        """An open alert for every click, posted and shown."""
        for begin in range(0, self.trial.clicks, 500):
            with self.store.write() as conn:
                for number in range(begin, min(begin + 500, self.trial.clicks)):
                    alert_id = alerts.open_alert(conn, **_alert(number))
                    alert = alerts.get(conn, alert_id or 0)
                    assert alert
                    alerts.plan_delivery(conn, alert.id, "channel:plg-hot")
                    delivery = alerts.claim_delivery(conn, _now())
                    assert delivery
                    shown = alert_message(alert, Scene("benchmark", {}, None))
                    ts = self.team.post(HOT, shown.text, list(shown.blocks)).ts
                    alerts.mark_sent(conn, delivery.id, HOT, ts, alert.version)

    def is_planned(self) -> bool:
        """Whether the clocks of all alerts are planned: a bot that is long at work has done that."""
        with self.store.read() as conn:
            return not rungs.unplanned(conn, 1)

    def press(self, at_work: Callable[[], bool]) -> None:
        """All clicks, each when its time has come, whether the earlier ones are answered or not."""
        payloads = [
            block_actions(self.team, message, Press(_person(number), Act.ACKNOWLEDGE))
            for number, message in enumerate(self.team.messages[HOT].values())
        ]
        asyncio.run(self._press_all(payloads, at_work))

    async def _press_all(self, payloads: Sequence[dict[str, Any]], at_work: Callable[[], bool]) -> None:
        began = last = time.perf_counter()
        pressed = []
        for number, payload in enumerate(payloads):
            await asyncio.sleep(max(0.0, began + number / self.trial.per_second - time.perf_counter()))
            pressed.append(asyncio.create_task(self._one(payload)))
            now = time.perf_counter()
            self.toll.synced += (now - last) * at_work()
            last = now
        answers = await asyncio.gather(*pressed)
        self.toll.seconds = last - began
        self.toll.milliseconds = [took for took in answers if took is not None]
        self.toll.unanswered = len(answers) - len(self.toll.milliseconds)

    async def _one(self, payload: dict[str, Any]) -> float | None:
        began = time.perf_counter()
        answer = await self.team.line.deliver(payload)
        return round(1000 * (time.perf_counter() - began), 1) if answer.acknowledged else None

    def count(self) -> Toll:
        """What the store says afterwards: each click has its alert, once."""
        alert, step = tables.alerts.c, tables.transitions.c
        having = select(alert.account_key, alert.acknowledged_by)
        taken = select(func.count()).where(step.to_state == State.ACKNOWLEDGED).group_by(step.alert_id)
        with self.store.read() as conn:
            holders = {row.account_key: row.acknowledged_by for row in conn.execute(having)}
            self.toll.twice = sum(count > 1 for count in conn.execute(taken).scalars())
        wanted = {_key(number): _person(number) for number in range(self.trial.clicks)}
        self.toll.undurable = sum(holders.get(key) != person for key, person in wanted.items())
        return self.toll


def _now() -> datetime:
    return datetime.now(UTC)


def _key(number: int) -> str:
    return f"clicked-{number}"


def _person(number: int) -> str:
    return f"U0CLICK{number % PEOPLE:03d}"


def _alert(number: int) -> dict[str, Any]:
    account = {"key": _key(number), "name": f"Clicked {number}", "employees": 240}
    return {
        "account_key": _key(number),
        "kind": AlertKind.HOT_PQL,
        "episode": "hot:1",
        "raised_at": _now(),
        "occurred_at": _now(),
        "owner_email": None,
        "payload": {"kind": AlertKind.HOT_PQL, "episode": "hot:1", "account": account, "tier": "hot"},
    }


def _workspace() -> dict[str, Any]:
    people = [_person(number) for number in range(PEOPLE)]
    return {
        "team": {"id": "T0WORK0001", "name": "Workspace"},
        "users": [
            {"id": one, "name": one.lower(), "real_name": one, "email": f"{one}@workspace.example", "tz": "UTC"}
            for one in people
        ],
        "channels": [{"id": HOT, "name": "plg-hot", "is_private": False, "bot_member": True}],
    }
