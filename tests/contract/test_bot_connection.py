"""The Socket Mode connection under a watchdog: however it goes deaf, clicks reach us again (slack E6)."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_sdk.socket_mode import SocketModeClient

from tests.contract.bot_house import AE, House, furnished
from tests.unit.bot.told import payload


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A connected bot, and an alert to click on."""
    with furnished(tmp_path) as built:
        built.tell(payload())
        built.tick()
        built.connect()
        yield built


def client(house: House) -> SocketModeClient:
    """What the bot is connected by at the moment."""
    line = house.bot._line
    assert line is not None
    assert line._handler is not None
    return line._handler.client


def opened(house: House) -> int:
    """Connections asked for."""
    return house.control.counts()["socket"]


def sockets(house: House) -> int:
    return len(house.team.line.clients)


def stale(house: House) -> None:
    """Let a minute pass without a pong: the client pings no more, and a pong still on its way is not for it."""
    held = client(house)
    held.current_app_monitor.shutdown()  # type: ignore[no-untyped-call]  # slack_sdk leaves it untyped
    assert held.current_session is not None
    held.current_session.session_id = "another"
    house.bot.watch()
    house.clock.move(61)


def reachable(house: House) -> None:
    """Slack learns of a new connection a little after we do."""
    end = time.monotonic() + 20
    while not sockets(house):
        assert time.monotonic() < end, "the new connection never came"


def test_a_good_connection_is_left_alone(house: House) -> None:
    """Looking at it costs nothing."""
    for _ in range(5):
        house.clock.move(15)
    house.bot.watch()
    first = opened(house)
    house.clock.move(15)
    house.bot.watch()
    assert opened(house) == first


def test_a_connection_that_went_deaf_is_replaced(house: House) -> None:
    """The socket is open and the client content, but nothing comes: a minute without a pong brings a new one."""
    house.team.line.deafen()
    assert house.bot.is_connected()
    assert not house.click(AE)
    stale(house)
    house.bot.watch()
    assert opened(house) == 2
    reachable(house)
    assert sockets(house) == 1
    assert house.click(AE)


def test_a_long_silence_is_not_trusted(house: House) -> None:
    """Pongs or not: after half an hour without a word the connection is renewed, the new one first."""
    house.team.line.deafen()
    for minute in range(31):
        session = client(house).current_session
        assert session is not None
        session.last_ping_pong_time = float(minute)  # a pong came
        house.clock.move(60)
        house.bot.watch()
        if minute < 29:
            assert opened(house) == 1
    assert (opened(house), sockets(house)) == (2, 1)
    assert house.click(AE)


def test_a_connection_that_was_cut_comes_back(house: House) -> None:
    """By the client itself or by the watchdog, whoever notices first; one is left in the end."""
    closed = threading.Event()
    client(house).on_close_listeners.append(lambda *_: closed.set())
    house.team.line.cut()
    assert closed.wait(10)
    with house.gate.moved:  # the client notices by itself as well, a little later
        assert house.gate.moved.wait_for(lambda: opened(house) >= 2, 10)
    reachable(house)
    assert house.click(AE)


def test_what_cannot_be_replaced_is_told_once_and_tried_again(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revoked token: one line, not one every few seconds; the old connection stays until there is a new one."""
    monkeypatch.setattr(logging.getLogger("bot.connection"), "propagate", True)
    house.team.line.deafen()
    stale(house)
    house.fault("apps.connections.open", 200, times=2, body={"ok": False, "error": "token_revoked"})
    with caplog.at_level(logging.ERROR, "bot.connection"):
        house.bot.watch()
        house.bot.watch()
    told = [each.getMessage() for each in caplog.records if each.name == "bot.connection"]
    assert len(told) == 1
    assert "is stale, and there is no new one: Slack refuses the token (token_revoked)" in told[0]
    assert house.bot.is_connected()
    house.bot.watch()
    reachable(house)
    assert house.click(AE)


def test_the_watchdog_ends_with_the_bot(house: House) -> None:
    """And a bot that is over does not connect again."""
    house.hang_up()
    house.bot.watch()
    assert not house.bot.is_connected()
    assert opened(house) == 1
