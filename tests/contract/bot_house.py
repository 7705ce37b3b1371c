"""The bot and everything around it for one test: a store, the Slack stand-in, a clock that moves when told to."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from slack_sdk import WebClient

from bot.answers import Numbers
from bot.app import Bot
from bot.settings import BotSettings
from connector.errors import WarehouseError
from connector.funnel.metrics import FunnelReport, Scope, default_funnels, report
from connector.funnel.periods import Period
from connector.lookup import Found
from connector.model import NewFact
from connector.store import Store, alerts, facts, migrate, runs
from sandbox.control import Control
from sandbox.serving import Served, serve
from sandbox.slack import SlackTeam, slack_app
from sandbox.slack.line import Ack
from tests.unit.bot.told import OWNER, SQL_OWNER

ROOT = Path(__file__).parents[2]
AE, SDR, GUEST = "U0AE000001", "U0SDR00001", "U0GUEST001"
HOT, FYI, OPS = "C0HOT00001", "C0FYI00001", "C0OPS00001"
SDR_DIRECT = f"D{SDR[1:]}"
NOTHING: Mapping[str, Any] = {}
START = datetime(2026, 1, 12, 9, 0, 0, tzinfo=UTC)
COUNTS: Mapping[str, Mapping[str, int]] = {
    "plg": {"signup": 4_200, "activated": 1_260, "pql": 189, "self_serve_paid": 34},
    "sales": {"mql": 85, "sql": 28, "opportunity": 19, "won": 6},
}
NAMED = (Found("golden-sentence", "Golden sentence"), Found("golden-rule", "Golden rule"), Found("b", "Brass"))
SETTINGS = BotSettings("demo", "plg-hot", "plg-fyi", "revops", ("plg", "sales", "broken"), ("smb", "mid", "enterprise"))


def _user(user: str, name: str, email: str, **more: Any) -> dict[str, Any]:
    return {"id": user, "name": name.lower(), "real_name": name, "email": email, "tz": "UTC", **more}


def _channel(channel: str, name: str) -> dict[str, Any]:
    return {"id": channel, "name": name, "is_private": False, "bot_member": True}


SEED: dict[str, Any] = {
    "team": {"id": "T0WORK0001", "name": "Workspace"},
    "users": [
        _user(AE, "Enterprise AE 1", OWNER),
        _user(SDR, "SDR 1", SQL_OWNER),
        _user(GUEST, "Guest", "guest@partner.example", is_restricted=True),
    ],
    "channels": [_channel(HOT, "plg-hot"), _channel(FYI, "plg-fyi"), _channel(OPS, "revops")],
}


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass(eq=False)
class Gate(socketserver.ThreadingTCPServer):
    """A proxy in front of the stand-in. `drop` names the path whose next answer is lost on the way back.

    Requests to the path `held` wait until they are `released`.
    """

    upstream: str = ""
    drop: str | None = None
    held: str | None = None
    released: threading.Event = field(default_factory=threading.Event)
    passed: list[str] = field(default_factory=list)
    moved: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ask(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[HTTPResponse, bytes]:
        """Do the request at the stand-in."""
        connection = HTTPConnection(urlsplit(self.upstream).netloc, timeout=10)
        try:
            connection.request("POST", path, body, {name: value for name, value in headers.items() if name != "host"})
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


class _Passage(socketserver.StreamRequestHandler):
    """One request through the gate."""

    server: Gate

    def handle(self) -> None:
        path = self.rfile.readline().split()[1].decode()
        headers: dict[str, str] = {}
        while line := self.rfile.readline().strip().decode():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        body = self.rfile.read(int(headers.get("content-length", 0)))
        if path == self.server.held:
            self.server.released.wait()
        answer, body = self.server.ask(path, headers, body)
        with self.server.moved:
            self.server.passed.append(path)
            self.server.moved.notify_all()
        if path == self.server.drop:
            self.server.drop = None
            return
        kept = "".join(f"{k}: {v}\r\n" for k, v in answer.getheaders() if k.lower() in ("content-type", "retry-after"))
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n{kept}Content-Length: {len(body)}\r\nConnection: close"
        self.wfile.write(f"{head}\r\n\r\n".encode() + body)


@dataclass
class House:
    """One bot, its store, and the Slack it talks to through a gate."""

    bot: Bot
    store: Store
    team: SlackTeam
    control: Control
    gate: Gate
    person: httpx.Client
    clock: Clock
    stopping: threading.Event
    client: WebClient
    served: Served
    settings: BotSettings = SETTINGS

    def tell(self, payload: Mapping[str, Any], key: str = "golden-sentence", kind: str = "alert_wanted") -> None:
        """A fact of the connector; the same one again is the same fact."""
        dedupe = f"{kind}:{key}:{payload.get('kind')}:{payload.get('episode')}"
        with self.store.write() as conn:
            facts.append(conn, "r-000001", [NewFact(kind, key, dedupe, self.clock(), payload)])

    def tick(self, seconds: float = 0.0) -> None:
        """Let time pass, then tick."""
        self.clock.move(seconds)
        self.bot.tick()

    def messages(self, channel: str = HOT) -> list[dict[str, Any]]:
        """What everybody sees in a channel, oldest first."""
        return [each for each in self.team.records("messages") if each["channel"] == channel]

    def whispers(self, user: str) -> list[dict[str, Any]]:
        """What only one person sees, oldest first."""
        return [each for each in self.team.records("ephemerals") if each["only_for"] == user]

    def raised(self, key: str = "golden-sentence") -> list[alerts.Alert]:
        with self.store.read() as conn:
            return alerts.of_account(conn, key)

    def deliveries(self, alert_id: int = 1) -> list[alerts.Delivery]:
        with self.store.read() as conn:
            return alerts.deliveries_of(conn, alert_id)

    def steps(self, alert_id: int = 1) -> list[tuple[str, str, str, str]]:
        """(from, to, who, through what) of each transition."""
        with self.store.read() as conn:
            return [(s.from_state, s.to_state, s.actor, s.source) for s in alerts.transitions_of(conn, alert_id)]

    def fault(self, method: str, status: int, times: int = 1, body: Any = None, **headers: str) -> None:
        """The next calls of a method fail."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        wanted = {"match": f"/api/{method}$", "status": status, "times": times, "body": body, "headers": named}
        self.person.post("/_sandbox/faults", json=wanted).raise_for_status()

    def connect(self) -> None:
        """Connect over Socket Mode; the ticker thread waits for the end, the test ticks."""
        self.bot.start("xapp-sandbox", lambda _seconds: self.stopping.wait())

    def click(self, user: str, action_id: str = "acknowledge", message: Mapping[str, Any] | None = None) -> bool:
        """Press a button of a message, by default of the first Hot alert. Whether Slack got its answer in time."""
        pressed = message or self.messages()[0]
        where = {"channel": pressed["channel"], "ts": pressed["ts"]}
        return bool(self._act("click", user=user, action_id=action_id, **where)["acknowledged"])

    def choose(self, user: str, act: str, message: Mapping[str, Any] | None = None) -> bool:
        """Choose an option of a message's menu, by its first word. Whether Slack got its answer in time."""
        pressed = message or self.messages()[0]
        wanted = next(value for value in options(pressed) if value.startswith(f"{act}:"))
        where = {"channel": pressed["channel"], "ts": pressed["ts"]}
        return bool(self._act("click", user=user, action_id="more", value=wanted, **where)["acknowledged"])

    def windows(self, user: str) -> list[dict[str, Any]]:
        """The windows somebody sees."""
        return [view for view in self.team.records("views") if view["user"] == user and view["type"] == "modal"]

    def window(self, user: str) -> dict[str, Any]:
        """The window that a click of somebody's opens."""
        with self.gate.moved:
            there = self.gate.moved.wait_for(lambda: self.windows(user), 10)
        assert there, f"no window for {user}"
        return there[-1]

    def send(self, user: str, answers: Mapping[str, Any] = NOTHING, view_id: str | None = None) -> dict[str, Any]:
        """Send a window, by default the open one, with a state by field; what the bot answered."""
        wanted = view_id or self.window(user)["id"]
        values = {name: {name: state} for name, state in answers.items()}
        return self._act("submit", user=user, view_id=wanted, values=values)

    def command(self, text: str, user: str = AE, command: str = "/funnel", channel: str = FYI) -> dict[str, Any]:
        """Type a slash command, by default in the FYI channel."""
        return self._act("command", command=command, text=text, user=user, channel=channel)

    def recorded(self) -> list[dict[str, Any]]:
        """A list into which everything goes that is delivered to the bot from now on."""
        sent: list[dict[str, Any]] = []
        deliver = self.team.line.deliver

        async def recording(payload: dict[str, Any]) -> Ack:
            sent.append(dict(payload))
            return await deliver(payload)

        self.team.line.deliver = recording  # type: ignore[method-assign]
        return sent

    def deliver(self, payload: Mapping[str, Any]) -> Ack:
        """Bring the bot a payload as it is."""
        return asyncio.run(self.team.line.deliver(dict(payload)))

    def finish(self) -> None:
        """Wait until every listener has done its work; a new bot, not connected yet, takes the place of this one."""
        self.hang_up()
        self.stopping.clear()
        self.furnish()

    def furnish(self, **changes: Any) -> None:
        """Put another bot in the house's place, with other settings."""
        self.settings = replace(self.settings, **changes)
        self.bot = Bot(self.client, self.store, measure, self.clock, self.settings)

    def hang_up(self) -> None:
        """Stop the bot, which finishes what its listeners are doing."""
        self.stopping.set()
        self.bot.stop()

    def _act(self, kind: str, **wanted: Any) -> dict[str, Any]:
        answer = self.person.post(f"/_sandbox/{kind}", json=wanted)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told


def options(message: Mapping[str, Any]) -> list[str]:
    """The values of everything in a message's menus."""
    elements = [each for block in message["blocks"] for each in block.get("elements", [])]
    return [option["value"] for each in elements for option in each.get("options", [])]


def _measure(name: str, over: Period, scope: Scope) -> FunnelReport:
    """The funnels of the example numbers; one of them cannot be read."""
    if name == "broken":
        raise WarehouseError("the warehouse cannot be reached")
    told = report(default_funnels()[name], COUNTS[name], over.since, over.until)
    return replace(told, scope=scope, scored_at=START - timedelta(hours=2), version="0123456789ab")


def _look_up(asked: str) -> list[Found]:
    """The accounts whose key is that, or whose name begins so."""
    return [one for one in NAMED if asked in (one.key, "") or one.name.lower().startswith(asked.lower())]


measure = Numbers(_measure, _look_up)


@contextmanager
def furnished(folder: Path, settings: BotSettings = SETTINGS, **team: Any) -> Iterator[House]:
    """A house with everything running but the bot, which is stopped at the end. `team` goes to SlackTeam."""
    clock, stopping = Clock(), threading.Event()
    slack = SlackTeam(SEED, clock, **team)
    app, control = slack_app(slack)
    url = f"sqlite:///{folder / 'store.db'}"
    migrate(url)
    store = Store.open(url)
    with store.write() as conn:
        runs.start(conn, "full", clock())
    with (
        serve(app) as served,
        httpx.Client(base_url=served.url, trust_env=False, timeout=20) as person,
        Gate(upstream=served.url) as gate,
    ):
        relay = threading.Thread(target=gate.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        relay.start()
        client = WebClient("xoxb-sandbox", base_url=f"{gate.url}/api/")
        client.proxy = None
        bot = Bot(client, store, measure, clock, settings)
        house = House(bot, store, slack, control, gate, person, clock, stopping, client, served)
        try:
            yield house
        finally:
            house.hang_up()
            gate.shutdown()
            relay.join()
    store.close()
