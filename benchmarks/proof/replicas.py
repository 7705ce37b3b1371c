"""The bot in processes of their own that may be killed: each a replica that ticks when it is told what time it is."""

from __future__ import annotations

import logging
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import NoReturn

from slack_sdk import WebClient

from benchmarks.proof import client
from benchmarks.proof.client import CONTEXT, KILLED
from bot.answers import Numbers
from bot.app import Bot
from bot.settings import BotSettings
from connector.errors import WarehouseError
from connector.store import Store

PATIENCE = 120.0  # seconds a tick may take on a busy machine
CONTEXT.set_forkserver_preload([client.__name__, __name__])


@dataclass(frozen=True)
class Place:
    """What a replica is told: the store it shares, the Slack it talks to, and its settings."""

    store: str
    slack_url: str
    bot_token: str
    app_token: str
    settings: BotSettings


@dataclass
class Replica:
    """One process with a bot in it. It does nothing between two ticks but answer clicks."""

    place: Place
    born: int = 0
    _process: BaseProcess = field(init=False, repr=False)
    _pipe: Connection = field(init=False, repr=False)

    def begin(self, now: datetime) -> None:
        """Start, connect to Slack, and wait for the first tick. Raises RuntimeError when it does not come up."""
        self._pipe, there = CONTEXT.Pipe()
        self._process = CONTEXT.Process(target=_live, args=(there, self.place), daemon=True)
        self._process.start()
        there.close()
        self._pipe.send(now)
        if not self.ticked():
            raise RuntimeError("a replica was killed before anybody wanted it to be")
        self.born += 1

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process.pid is not None
        return self._process.pid

    def tick(self, now: datetime) -> None:
        """Have it tick at this moment; `ticked` waits for the end."""
        with suppress(OSError):  # killed meanwhile: `ticked` will say so
            self._pipe.send(now)

    def ticked(self) -> bool:
        """Wait until it is done. False: it was killed. Raises RuntimeError when it died of something else, or hangs."""
        try:
            if not self._pipe.poll(PATIENCE):
                raise RuntimeError("a replica does not end its tick; its words are above")
            self._pipe.recv()
        except (EOFError, OSError):
            self._buried()
            return False
        return True

    def stop(self) -> None:
        """Let it hang up and end."""
        self._pipe.close()
        self._process.join(PATIENCE)
        self._process.close()

    def _buried(self) -> None:
        self._process.join(PATIENCE)
        code = self._process.exitcode
        self._pipe.close()
        if code != KILLED:
            raise RuntimeError(f"a replica ended with code {code}; its words are above")


class _Told:
    """The time, as the trial tells it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def _live(pipe: Connection, place: Place) -> None:
    logging.getLogger("bot").addHandler(logging.NullHandler())  # what goes wrong here goes wrong on purpose
    logging.getLogger("bot").propagate = False
    clock, over = _Told(pipe.recv()), threading.Event()

    def wait(_seconds: float) -> bool:
        try:
            pipe.send(None)
            clock.now = pipe.recv()
        except (EOFError, OSError):
            over.set()
        return over.is_set()

    web = WebClient(place.bot_token, base_url=place.slack_url, retry_handlers=[])
    web.proxy = None
    with closing(Store.open(place.store)) as store:
        bot = Bot(web, store, Numbers(_no_numbers, _no_numbers), clock, place.settings)
        bot.start(place.app_token, wait)
        over.wait()
        bot.stop()


def _no_numbers(*_: object) -> NoReturn:
    raise WarehouseError("nobody asks for numbers here")
