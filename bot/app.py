"""Putting the bot together: the only place that knows every room, and the threads it runs in.

bot = Bot(client, store, numbers, clock, settings)
bot.start(app_token, wait)      # Socket Mode and the ticker, or `bot.start_http(…)`; `bot.tick()` alone needs neither
bot.stop()
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime

from slack_bolt import App
from slack_sdk import WebClient
from starlette.applications import Starlette

from bot.admission import Admission
from bot.answers import Answers, Numbers
from bot.chasing import LOOKING, Chase
from bot.clockwork import Clockwork
from bot.connection import Line
from bot.desk import Desk
from bot.errands import Errands
from bot.exposure import Exposure
from bot.heard import Heard
from bot.herald import Herald
from bot.http_door import http_door
from bot.listeners import actions, commands, entrance, failures, modals, operations
from bot.operations import Office
from bot.people import People
from bot.places import Places
from bot.poster import Poster
from bot.refresher import Refresher
from bot.refusals import FAILURES, Ending, access_error, understand
from bot.replies import Replies
from bot.resolver import Resolver
from bot.settings import SYSTEM, BotSettings
from bot.ticker import Ticker
from bot.watching import Findings, Watch
from bot.windows import Windows
from connector.errors import TransientError
from connector.store import Store, bindings

WORKERS = 16  # Bolt's own five starve as soon as five people wait for numbers (slack B1)
SENDING_SECONDS = 10
WATCH_SECONDS = 15
ASKING_SECONDS = 2  # look-ups happen inside the three seconds of a click

Clock = Callable[[], datetime]


class Bot:
    """The bot of one workspace. `client` says token, base URL, TLS and proxy; it is not used itself."""

    def __init__(
        self,
        client: WebClient,
        store: Store,
        numbers: Numbers,
        clock: Clock,
        settings: BotSettings,
        findings: Findings = tuple,
    ) -> None:
        sending, asking = _bare(client, SENDING_SECONDS), _bare(client, ASKING_SECONDS)
        people = People(asking)
        places = Places(sending, people)
        refresher = Refresher(store, sending, people, settings, clock)
        poster = Poster(store, sending, people, places, settings, clock)
        resolver = Resolver(store, sending, places, clock)
        clockwork = Clockwork(store, settings, clock)
        herald = Herald(store, sending, places, settings, clock)
        watch, self._admission = Watch(store, findings, clock), Admission(store, clock)
        self._ticker = Ticker(
            store, settings, poster, resolver, refresher, clockwork, watch, herald, self._admission, clock
        )
        self._chase = Chase(store, numbers.crm, settings, clock)
        errands = Errands(store, people, settings, clock)
        self._desk = Desk(store, people, refresher, Replies(sending), settings, clock, errands, Windows(asking))
        self._office = Office(store, herald, settings, clock)
        self._answers = Answers(store, people, settings, numbers, clock)
        self._client, self._asking, self._store, self._clock = sending, asking, store, clock
        self._stopped = threading.Event()
        self._workers: ThreadPoolExecutor | None = None
        self._line: Line | None = None
        self._watching: threading.Thread | None = None
        self._thread: threading.Thread | None = None
        self._chasing: threading.Thread | None = None

    def tick(self) -> None:
        """Do once what the ticker does every second. Raises StoreError, AccessError."""
        self._ticker.tick()

    def start(self, app_token: str, wait: Callable[[float], bool]) -> None:
        """Bind the store to the workspace (D9), connect, and tick.

        `wait` pauses for some seconds and answers True when the bot is to stop, like `threading.Event.wait`.
        Raises AccessError, ConfigError (another workspace), TransientError, StoreError.
        """
        app = self._listening()
        self._line = Line(app, app_token, self._clock)
        try:
            self._line.open()
        except BaseException:
            self.stop()
            raise
        self._watching = _thread("bot-watchdog", self._watch)
        self._start_working(wait)

    def start_http(self, signing_secret: str, wait: Callable[[float], bool]) -> Starlette:
        """As `start`, for what comes over HTTP: the app to serve until the bot is stopped.

        Raises AccessError, ConfigError (another workspace), TransientError, StoreError.
        """
        door = http_door(self._listening(), signing_secret, self._clock)
        self._start_working(wait)
        return door

    def watch(self) -> None:
        """Do once what the watchdog does every few seconds: see to it that clicks reach us."""
        if self._line:
            self._line.watch()

    def chase(self) -> None:
        """Do once what is done every few minutes: have managers told of MQLs that nobody reviewed."""
        self._chase.tick()

    def is_connected(self) -> bool:
        """Whether clicks reach us right now, over Socket Mode."""
        return self._line is not None and self._line.is_connected()

    def is_ticking(self) -> bool:
        """Whether alerts are being posted right now."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def refusal(self) -> str | None:
        """Why Slack does not let us in, while it does not."""
        return self._admission.refusal

    def stop(self) -> None:
        """Hang up, finish what is being done, and wait for it. Harmless when nothing was started."""
        self._stopped.set()
        if self._watching:
            self._watching.join()
        if self._line:
            self._line.close()
        if self._workers:
            self._workers.shutdown()
        for thread in (self._thread, self._chasing):
            if thread:
                thread.join()
        self._line = self._workers = self._watching = self._thread = self._chasing = None

    def _listening(self) -> App:
        """The Bolt app with every listener, for the workspace the store is bound to from now on (D9)."""
        team = bind(self._client, self._store, self._clock())
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="slack")
        # No check of signatures here: a socket brings none, and `http_door` makes its own.
        app = App(
            client=self._client,
            logger=self._client.logger,
            listener_executor=self._workers,
            request_verification_enabled=False,
        )
        exposure = Exposure(self._asking, self._desk.people, self._desk.settings, team, self._clock)
        listen(app, self._desk, self._answers, self._office, exposure, self._workers)
        return app

    def _start_working(self, wait: Callable[[float], bool]) -> None:
        self._thread = _thread("bot-ticker", lambda: self._ticker.run(self._waiting(wait)))
        self._chasing = _thread("bot-chase", self._keep_chasing)

    def _keep_chasing(self) -> None:
        while not self._stopped.wait(LOOKING.total_seconds()):
            self.chase()

    def _watch(self) -> None:
        while not self._stopped.wait(WATCH_SECONDS):
            self.watch()

    def _waiting(self, wait: Callable[[float], bool]) -> Callable[[float], bool]:
        return lambda seconds: self._stopped.is_set() or wait(seconds) or self._stopped.is_set()


def bind(client: WebClient, store: Store, now: datetime) -> str:
    """Bind the store to the workspace of the token (D9), and return its id.

    Raises AccessError, ConfigError when it is bound to another, TransientError, StoreError.
    """
    try:
        team = str(client.auth_test()["team_id"])
    except FAILURES as error:
        refusal = understand(error)
        if refusal.ending is Ending.ACCESS:
            raise access_error(refusal) from error
        raise TransientError(f"Slack cannot be reached ({refusal.code}); try again") from error
    with store.write() as conn:
        bindings.bind(conn, SYSTEM, team, now)
    return team


def listen(app: App, desk: Desk, answers: Answers, office: Office, exposure: Exposure, workers: Executor) -> None:
    """Register everything we listen to: who is let in first, what takes whatever nobody else took last."""
    entrance.register(app, exposure, desk.replies, workers)
    commands.register(app, answers, exposure, desk.replies, Heard(desk.clock))
    operations.register(app, desk, office)
    modals.register(app, desk)
    failures.register(app, desk)
    actions.register(app, desk)


def _thread(name: str, work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


def _bare(client: WebClient, seconds: int) -> WebClient:
    """A client like the given one that never repeats a call by itself (slack B4) and never logs what it carries."""
    logger = logging.getLogger("bot.slack")
    logger.setLevel(logging.WARNING)
    bare = WebClient(client.token, client.base_url, seconds, client.ssl, retry_handlers=[], logger=logger)
    bare.proxy = client.proxy  # the constructor would take one from the environment instead
    return bare
