"""R3: two replicas post what crosses, while Slack fails them in every way and kills them between post and record.

Crossings come a few at a time; some are taken by a click that Slack delivers more than once, or that two people make at
once, and the others are left alone until every rung of their ladder is over. The time is told, so nobody waits for it.
What was posted is read from the stand-in's own messages, and matched by their metadata, place by place.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from benchmarks.proof.replicas import Place, Replica
from bot.brake import StormPolicy
from bot.lifecycle import State
from bot.poster import EVENT_TYPE
from bot.settings import BotSettings
from bot.sla.flood import Flood
from bot.sla.hours import Hours
from bot.sla.policy import DEFAULTS, Rung
from bot.sla.roster import Member, Roster
from bot.views.menu import Act
from connector.model import ALERT_WANTED, AlertKind, NewFact
from connector.store import Store, facts, runs, tables
from connector.store.deliveries import THE_ALERT
from sandbox.control import Control
from sandbox.serving import serve
from sandbox.slack import SlackTeam, slack_app
from sandbox.slack.interactions import Press, block_actions, find_message

NINE = datetime(2026, 1, 12, 9, 0, tzinfo=UTC)
BEAT = timedelta(seconds=5)
QUIET = 2  # beats without a call after which nothing is left to do before the next rung
LADDER = (0.5, 1, 2, 4, 8, 48)  # hours after which a rung of a Hot alert is due (D37)
ALL_DAY = Hours(ZoneInfo("UTC"), (((0, 24 * 60),),) * 7)
BOUND = 4  # crossings of one owner: fewer than anybody gets in a day
TRIES = 20  # of somebody whose click Slack calls failed
MOMENTS = ("before_reply", "mid_body", "before_work")
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "drop after accept": {"action": "drop_after_accept"},
    "reset": {"action": "reset"},
    "half-written body": {"action": "half_body"},
    "HTML with 200": {"action": "html"},
    "HTML with 200 after accept": {"action": "html_after"},
    "429 with Retry-After": {"status": 429, "headers": {"Retry-After": "7"}},
    "429 without Retry-After": {"status": 429},
    "500": {"status": 500},
    "503": {"status": 503},
}
POSTS = {"match": r"/chat\.postMessage$"}
# Of three faults two meet a post; the third meets whatever else the bot asks, also while it looks for a lost post.
WHERE = (POSTS, POSTS, {"match": r"/(chat\.update|conversations\.(history|replies)|users\.lookupByEmail)$"})
_NAME = re.compile(r"Crossing \d+")


@dataclass(frozen=True)
class Trial:
    """How much crosses, how often it goes wrong, by which chance. One in three crossings is taken by a click.

    `at_once` are the most that cross in one tick: fewer than trip the storm brake (D37).
    """

    crossings: int = 200
    kills: int = 100
    faults: int = 300
    at_once: int = 10
    seed: int = 1


@dataclass
class Verdict:
    """What it came to. What is lost, doubled or nobody's is named; all other figures are counts."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    clicks: int = 0
    redelivered: int = 0
    told: Counter[str] = field(default_factory=Counter)  # messages by purpose
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    rungs_lost: list[str] = field(default_factory=list)
    rungs_doubled: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    clicks_lost: list[str] = field(default_factory=list)
    clicks_doubled: list[str] = field(default_factory=list)


def run(store_url: str, trial: Trial) -> Verdict:
    """The whole trial on a migrated, empty store."""
    clock = _Clock()
    team = SlackTeam(_workspace(trial), clock)
    with ExitStack() as stack:
        store = stack.enter_context(closing(Store.open(store_url)))
        doors = []
        for _ in range(2):  # each replica has a door of its own, so that one is killed by what it asked itself
            app, control = slack_app(team)
            served = stack.enter_context(serve(app))
            place = Place(store_url, f"{served.url}/api/", team.bot_token, team.app_token, _settings(trial))
            doors.append(_Door(control, Replica(place)))
        posting = _Posting(trial, store, team, doors, clock, stack.enter_context(ThreadPoolExecutor(1)))
        for door in doors:
            door.replica.begin(clock.now)
            stack.callback(door.replica.stop)
        return posting.run()


@dataclass
class _Clock:
    now: datetime = NINE

    def __call__(self) -> datetime:
        return self.now


@dataclass
class _Door:
    """The stand-in's side that only one replica talks to, and what it was last ordered to do to it."""

    control: Control
    replica: Replica
    ordered: str = ""

    def relent(self) -> bool:
        """Take an order back that met no request. False: it met one in the last moment."""
        with suppress(IndexError):
            self.control.faults.pop()
            return True
        return False


@dataclass
class _Posting:
    trial: Trial
    store: Store
    team: SlackTeam
    doors: list[_Door]
    clock: _Clock
    fingers: ThreadPoolExecutor
    verdict: Verdict = field(default_factory=Verdict)
    taken: dict[str, set[str]] = field(default_factory=dict)  # who pressed, by crossing
    crossed: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.trial.seed)  # noqa: S311 - chance that can be repeated

    def run(self) -> Verdict:
        with self.store.write() as conn:
            runs.start(conn, "full", self.clock())
        while self.crossed < self.trial.crossings or len(self.taken) < len(self._to_be_taken()):
            self._cross()
            self._beat(BEAT)
        last = self.clock.now
        assert last - NINE < timedelta(hours=LADDER[0]), "a rung would be overtaken by the next one"
        self._settle()
        for hours in LADDER:
            self._beat(last + timedelta(hours=hours) - self.clock.now)
            self._settle()
        self._beat(timedelta(minutes=5))  # what was in doubt is looked for
        self._settle()
        self._count()
        return self.verdict

    # ------------------------------------------------------------------------------------------------ what happens

    def _cross(self) -> None:
        """Some accounts turn Hot; what the connector says of it, it may say twice."""
        left = self.trial.crossings - self.crossed
        if not left or self.chance.random() < 0.5:
            return
        some = range(self.crossed, self.crossed + min(left, self.chance.randint(1, self.trial.at_once)))
        self.crossed = some.stop
        for _ in range(self.chance.randint(1, 2)):
            with self.store.write() as conn:
                facts.append(conn, "r-000001", [_fact(number, self.clock()) for number in some])

    def _settle(self) -> None:
        """Beat until nobody asks Slack for anything any more."""
        quiet = 0
        while quiet < QUIET:
            before = sum(len(door.control.seen) for door in self.doors)
            calm = self._beat(BEAT)
            quiet = quiet + 1 if calm and before == sum(len(door.control.seen) for door in self.doors) else 0

    def _beat(self, by: timedelta) -> bool:
        """Both replicas tick at once, while people press. False: one of them was killed, and begins again."""
        self.clock.now += by
        for door in self.doors:
            self._trouble(door)
            door.replica.tick(self.clock.now)
        pressed = self.fingers.submit(self._press)
        dead = [door for door in self.doors if not door.replica.ticked()]
        for door in dead:
            self._bury(door)
        pressed.result()
        return not dead

    def _trouble(self, door: _Door) -> None:
        """Order what goes wrong next, where nothing is ordered yet."""
        kills, faults = (
            self.trial.kills - self.verdict.kills.total() - sum(_kills(each) for each in self.doors),
            self.trial.faults - self.verdict.faults.total(),
        )
        if door.control.faults:
            if self.chance.random() < 0.2 and door.relent():
                self.verdict.faults[door.ordered] -= door.ordered in FAULTS
            return
        if kills + faults <= 0 or self.chance.random() < 0.3:
            return
        at = self.chance.randint(1, 3)
        if self.chance.random() * (kills + faults) < kills:
            moment = self.chance.choice(MOMENTS)
            door.ordered = "kill"
            door.control.order({**POSTS, "action": "kill", "when": moment, "pid": door.replica.pid, "at": at})
            return
        door.ordered = self.chance.choice(list(FAULTS))
        self.verdict.faults[door.ordered] += 1
        door.control.order({**self.chance.choice(WHERE), **FAULTS[door.ordered], "at": at})

    def _bury(self, door: _Door) -> None:
        when = next(seen for seen in reversed(door.control.seen) if seen.detail.get("fault") == "kill")
        self.verdict.kills["before the post" if when.kind == "fault" else "between post and record"] += 1
        if self.verdict.kills.total() % 20 == 0:
            sys.stderr.write(f"  {self.verdict.kills.total()} of {self.trial.kills} kills\n")
        door.control.faults.clear()
        door.replica.begin(self.clock.now)

    # --------------------------------------------------------------------------------------------------- who presses

    def _to_be_taken(self) -> list[str]:
        return [_name(number) for number in range(0, self.trial.crossings, 3)]

    def _press(self) -> None:
        """Somebody takes one that is posted: their click arrives twice or more often, perhaps a colleague's as well."""
        waiting = [name for name in self._to_be_taken() if name not in self.taken]
        shown = {name: message for name, message in self._alerts() if name in waiting}
        for name, message in list(shown.items())[:2]:
            people = self.chance.sample(range(2), self.chance.randint(1, 2))
            times = self.chance.randint(2, 3)
            self.taken[name] = {_clicker(number) for number in people}
            for _ in range(TRIES):
                if asyncio.run(self._delivered(message, people, times)):
                    break

    async def _delivered(self, message: Mapping[str, Any], people: list[int], times: int) -> bool:
        """Whether Slack heard an answer to a click, which it sends so many times for each of the people."""
        with self.team.lock:
            shown = find_message(self.team, message["channel"], message["ts"])
            try:
                payloads = [block_actions(self.team, shown, Press(_clicker(one), Act.ACKNOWLEDGE)) for one in people]
            except LookupError:  # an earlier click has taken the button away, though nobody heard its answer
                return True
        sent = [payload for payload in payloads for _ in range(times)]
        self.verdict.clicks += len(people)
        self.verdict.redelivered += len(sent) - len(people)
        answers = await asyncio.gather(*(self.team.line.deliver(payload) for payload in sent))
        return any(answer.acknowledged for answer in answers)

    # ------------------------------------------------------------------------------------------------------- counting

    def _alerts(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Posted alerts by the account they name, as the stand-in holds them."""
        for message in self.team.records("messages"):
            stamped = message["metadata"] or {}
            if stamped.get("event_type") == EVENT_TYPE and stamped["event_payload"]["purpose"] == THE_ALERT:
                yield _named(message), message

    def _count(self) -> None:
        self.verdict.faults = +self.verdict.faults
        names: dict[str, set[str]] = defaultdict(set)  # of accounts, by alert
        ids: dict[str, set[str]] = defaultdict(set)  # of alerts, by account
        told: Counter[tuple[str, str, str]] = Counter()  # account, purpose, place
        for message in self.team.records("messages"):
            stamped = (message["metadata"] or {}).get("event_payload") or {}
            name = _named(message)
            if not name or "alert" not in stamped:
                self.verdict.strays.append(f"{message['channel']} {message['ts']}")
                continue
            names[stamped["alert"]].add(name)
            ids[name].add(stamped["alert"])
            told[name, stamped["purpose"], message["channel"]] += 1
        wanted = {_name(number) for number in range(self.trial.crossings)}
        confused = [name for name, found in ids.items() if len(found) > 1 or any(len(names[one]) > 1 for one in found)]
        purposes = {(name, purpose) for name, purpose, _ in told}
        verdict = self.verdict
        verdict.told = sum((Counter({purpose: count}) for (_, purpose, _), count in told.items()), Counter())
        verdict.lost = sorted(name for name in wanted if (name, THE_ALERT) not in purposes)
        verdict.strays += sorted(ids.keys() - wanted)
        twice = [each for each, count in told.items() if count > 1]
        verdict.doubled = sorted(confused + [f"{n} in {place}" for n, purpose, place in twice if purpose == THE_ALERT])
        verdict.rungs_doubled = sorted(f"{n}: {purpose} in {p}" for n, purpose, p in twice if purpose != THE_ALERT)
        verdict.rungs_lost = sorted(
            f"{name}: {rung}" for name in wanted for rung in self._due(name) if (name, str(rung)) not in purposes
        )
        self._count_clicks()

    def _due(self, name: str) -> list[Rung]:
        """The rungs nobody kept from firing: who takes an alert stops the clock of taking it (D40)."""
        return [rung for rung in Rung if name not in self.taken or not rung.startswith(Act.ACKNOWLEDGE)]

    def _count_clicks(self) -> None:
        """A click is lost where the message does not show who has it, doubled where it was given away twice."""
        shown = {name: message["text"] for name, message in self._alerts()}
        having = {
            name: [one for one in people if f"<@{one}> is on it" in shown[name]] for name, people in self.taken.items()
        }
        self.verdict.clicks_lost = [name for name, found in having.items() if len(found) != 1]
        alert, step = tables.alerts.c, tables.transitions.c
        acknowledged = select(alert.account_key).where(step.alert_id == alert.id, step.to_state == State.ACKNOWLEDGED)
        twice = acknowledged.group_by(alert.account_key).having(func.count() > 1)
        with self.store.read() as conn:
            self.verdict.clicks_doubled = list(conn.execute(twice).scalars())


def _kills(door: _Door) -> int:
    return sum(fault.action == "kill" for fault in door.control.faults)


def _name(number: int) -> str:
    return f"Crossing {number}"


def _named(message: Mapping[str, Any]) -> str:
    """The account a message names."""
    found = _NAME.search(json.dumps([message["text"], message["blocks"]]))
    return found.group() if found else ""


def _fact(number: int, now: datetime) -> NewFact:
    told = {
        "kind": AlertKind.HOT_PQL,
        "episode": "hot:2026-01-12",
        "account": {"key": _name(number), "name": _name(number), "employees": 240},
        "tier": "hot",
        "route": "assign_ae",
        "routed_to": _owner(number // BOUND),
        "raised_at": now.isoformat(),
        "occurred_at": now.isoformat(),
    }
    return NewFact(ALERT_WANTED, _name(number), f"{ALERT_WANTED}:{number}", now, told)


def _owner(number: int) -> str:
    return f"ae-{number}@workspace.example"


def _clicker(number: int) -> str:
    return f"U0CLICK{number:03d}"


MANAGER = "manager@workspace.example"


def _mate(number: int) -> str:
    return f"clicker-{number}@workspace.example"


def _settings(trial: Trial) -> BotSettings:
    """Everybody is always at work, so that nothing waits for an opening; nothing is held back, capped or braked."""
    owners = (_owner(number) for number in range(1 + trial.crossings // BOUND))
    members = {email: Member(email, ALL_DAY, manager=MANAGER) for email in (*owners, *map(_mate, range(2)))}
    roster = Roster(ALL_DAY, members={**members, MANAGER: Member(MANAGER, ALL_DAY)})
    unbraked = StormPolicy(floor=trial.crossings)
    return BotSettings(policies=DEFAULTS, roster=roster, storm=unbraked, flood=Flood(hot_per_day=trial.crossings))


def _workspace(trial: Trial) -> dict[str, Any]:
    owners = {f"U0OWNER{number:03d}": _owner(number) for number in range(1 + trial.crossings // BOUND)}
    clickers = {_clicker(number): _mate(number) for number in range(2)}
    everybody = {**owners, **clickers, "U0MANAGER1": MANAGER}
    return {
        "team": {"id": "T0WORK0001", "name": "Workspace"},
        "users": [
            {"id": user, "name": user.lower(), "real_name": user, "email": email, "tz": "UTC"}
            for user, email in everybody.items()
        ],
        "channels": [
            {"id": f"C{number:010d}", "name": name, "is_private": False, "bot_member": True}
            for number, name in enumerate(("plg-hot", "plg-fyi", "revops"), start=1)
        ],
    }
