"""P10: how long it takes from a row that turns Hot to the message in Slack, by the minute's poll over all accounts.

The clock is the real one with its idle time cut out: while rows turn Hot between two polls nothing of ours is at work,
so that time is skipped. From the beginning of a poll until its last message is posted it runs as it does: the poll over
every row, the decisions, the ticker that looks every second, and Slack's pace are all in the figures.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import ours, rows
from benchmarks.scene import SHIPPED
from benchmarks.standins import stand_ins
from connector.store import migrate
from plsync import config as cfg
from plsync.lanes import lanes
from plsync.running import ALERTS, sync_once
from plsync.slack import build_bot
from plsync.wiring import Plsync, opened
from sandbox.serving import serve
from sandbox.slack import SlackTeam, slack_app

CRM = "salesforce"
START = datetime(2026, 6, 2, 14, 0, tzinfo=UTC)  # a day of work, after the rows were scored
POLL = timedelta(minutes=1)
LOOK = 0.05  # seconds between two looks at what is posted
CHANNELS = ("plg-hot", "plg-fyi", "revops")
BAND = 85  # employees
# Ten segments of those that are Hot to an AE, each with a channel of its own.
SEGMENTS = {"self_serve": 1, "mid_market": 50, **{f"band_{n}": 50 + n * BAND for n in range(1, 9)}, "enterprise": 815}
MOST_A_DAY = "hot_per_day = 8"
HOT_CHANNELS = {f"hot.{name}": f"plg-hot-{name.replace('_', '-')}" for name in list(SEGMENTS)[1:]}
SECOND = timedelta(seconds=1)
_NAME = re.compile(r"Bench (\d+)\b")


@dataclass(frozen=True)
class Trial:
    """How many of how many accounts turn Hot, by chance, over how many polls."""

    rows: int = 100_000
    turning: int = 100
    polls: int = 10
    seed: int = 1


@dataclass
class Verdict:
    """What it came to. `seconds` from row to message, rounded up to whole ones; `polled` is what each poll took."""

    seconds: list[float] = field(default_factory=list)
    polled: list[float] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    channels: int = 0  # that any alert was posted to


def run(folder: Path, trial: Trial) -> Verdict:
    """The whole trial, with a warehouse and a store of its own in the folder."""
    clock = _Clock(START - datetime.now(UTC))
    team = SlackTeam(_workspace(), clock)
    rows.write(folder / "warehouse.db", trial.rows)
    store = f"sqlite:///{folder / 'store.db'}"
    migrate(store)
    with stand_ins(folder, trial.rows) as crms, serve(slack_app(team)[0]) as served:
        os.environ.update({"PLSYNC_SLACK_BOT_TOKEN": team.bot_token, "PLSYNC_SLACK_APP_TOKEN": team.app_token})
        slack = {"base_url": f"{served.url}/api/", "bot_token": "env:PLSYNC_SLACK_BOT_TOKEN"}
        job = {
            "warehouse": f"sqlite:///{folder / 'warehouse.db'}",
            "store": store,
            "mappings": str(_mappings(folder)),
            "crms": [CRM],
            "place": crms.place,
            "settings": {
                "slack": {**slack, "app_token": "env:PLSYNC_SLACK_APP_TOKEN", "channels": HOT_CHANNELS},
            },
        }
        config = ours.configuration(job)
        with opened(config, clock) as plsync:
            sync_once(plsync)
            return _Watching(trial, folder / "warehouse.db", plsync, team, clock).run(config)


@dataclass
class _Clock:
    """The real time, so much ahead."""

    ahead: timedelta

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def skip_to(self, moment: datetime) -> None:
        """Let idle time pass at once; none where the moment is over."""
        self.ahead += max(timedelta(), moment - self())


@dataclass
class _Watching:
    trial: Trial
    warehouse: Path
    plsync: Plsync
    team: SlackTeam
    clock: _Clock
    verdict: Verdict = field(default_factory=Verdict)

    def run(self, config: cfg.Config) -> Verdict:
        assert config.slack
        bot, over = build_bot(self.plsync, config.slack), threading.Event()
        bot.start(self.team.app_token, over.wait)
        try:
            turns = self._turns()
            self._poll(turns)
        finally:
            over.set()
            bot.stop()
        self._count(turns)
        return self.verdict

    def _turns(self) -> dict[int, datetime]:
        """When each account turns Hot, the first one first."""
        chance = random.Random(self.trial.seed)  # noqa: S311 - chance that can be repeated
        cold = [number for number in range(1, self.trial.rows + 1) if _may_turn(number)]
        began, span = self.clock(), self.trial.polls * POLL
        moments = sorted(began + span * chance.random() for _ in range(self.trial.turning))
        return dict(zip(chance.sample(cold, self.trial.turning), moments, strict=True))

    def _poll(self, turns: dict[int, datetime]) -> None:
        lane = next(one for one in lanes(self.plsync) if one.name == ALERTS)
        due, waiting = self.clock(), dict(turns)
        for _ in range(self.trial.polls):
            due += POLL
            self.clock.skip_to(due)
            turned = {number: at for number, at in waiting.items() if at <= self.clock()}
            self._turn(turned)
            waiting = {number: at for number, at in waiting.items() if number not in turned}
            began = time.perf_counter()
            lane.run()
            self.verdict.polled.append(time.perf_counter() - began)
            while len(self._posted()) < len(turns) - len(waiting) and self.clock() < due + POLL:
                time.sleep(LOOK)

    def _turn(self, turned: dict[int, datetime]) -> None:
        scored = [(95.0, f"{at:%Y-%m-%dT%H:%M:%SZ}", rows.key(number)) for number, at in turned.items()]
        with closing(sqlite3.connect(self.warehouse)) as database, database:
            database.executemany("UPDATE accounts SET score = ?, scored_at = ? WHERE key = ?", scored)

    def _posted(self) -> list[tuple[int, datetime]]:
        """Account and moment of every alert in Slack: a stamp has whole seconds and is taken as late as it can be."""
        found = []
        for message in self.team.records("messages"):
            stamped = (message["metadata"] or {}).get("event_payload") or {}
            named = _NAME.search(message["text"])
            if named and stamped.get("purpose") == "alert":
                at = datetime.fromtimestamp(int(message["ts"].partition(".")[0]), UTC)
                found.append((int(named[1]), at + SECOND))
        return found

    def _channels(self) -> set[str]:
        return {message["channel"] for message in self.team.records("messages")}

    def _count(self, turns: dict[int, datetime]) -> None:
        posted = self._posted()
        at = dict(reversed(posted))
        self.verdict.seconds = [
            (at[number] - turned).total_seconds() for number, turned in turns.items() if number in at
        ]
        self.verdict.channels = len(self._channels())
        self.verdict.lost = sorted(turns.keys() - at.keys())
        self.verdict.doubled = [
            number for number, count in Counter(number for number, _ in posted).items() if count > 1
        ]


def _may_turn(number: int) -> bool:
    """Whether an account is not Hot yet, large enough for an AE, and unknown to sales: neither deal nor SQL."""
    return rows.score(number, 0) < 50 and 1 + number % 900 >= 50 and number % 10 == 1


def _mappings(folder: Path) -> Path:
    """The shipped mappings with more segments, and without a day's most of alerts for one person (D37).

    What is above that is a line of a digest and no message of its own, which is what is timed here.
    """
    made = folder / "mappings"
    shutil.copytree(SHIPPED, made)
    sizes = [*SEGMENTS.items()]
    below = [f"below = {least}\n" for _, least in sizes[1:]]
    tables = (
        f'[[segment]]\nname = "{name}"\nleast = {least}\n{end}'
        for (name, least), end in zip(sizes, [*below, ""], strict=True)
    )
    (made / "segments.toml").write_text("\n".join(tables), encoding="utf-8")
    sla = (made / "sla.toml").read_text(encoding="utf-8")
    assert MOST_A_DAY in sla
    (made / "sla.toml").write_text(sla.replace(MOST_A_DAY, "hot_per_day = 1000"), encoding="utf-8")
    return made


def _workspace() -> dict[str, Any]:
    return {
        "team": {"id": "T0WORK0001", "name": "Workspace"},
        "users": [],
        "channels": [
            {"id": f"C{number:010d}", "name": name, "is_private": False, "bot_member": True}
            for number, name in enumerate((*CHANNELS, *HOT_CHANNELS.values()), start=1)
        ],
    }
