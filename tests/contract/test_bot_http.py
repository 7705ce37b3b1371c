"""Slack over HTTP: whose requests are heard, and how, over the wire on the loopback (slack B1)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from bot.http_door import MOST_BYTES, PATH
from sandbox.serving import serve
from sandbox.slack.signed import signature
from tests.contract.bot_house import AE, FYI, House, furnished
from tests.unit.bot.told import payload

FORM = "application/x-www-form-urlencoded"
SECRET = "sandbox-signing-secret"


@dataclass
class Door:
    """A bot behind HTTP, and a stranger's way to it."""

    house: House
    web: httpx.Client

    def post(self, body: bytes, *, secret: str = SECRET, age: float = 0, **changes: Any) -> int:
        """Send a body signed now, or so many seconds ago, with some headers changed or, by None, left out."""
        stamp = str(int(self.house.clock().timestamp() - age))
        headers = {
            "content-type": FORM,
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": signature(secret, stamp, body),
        }
        changed = {name.replace("_", "-"): value for name, value in changes.items()}
        sent = {name: value.encode() for name, value in {**headers, **changed}.items() if value is not None}
        return self.web.post(PATH, content=body, headers=sent).status_code

    def command(self, **fields: str) -> bytes:
        """A whole slash command, changed."""
        usual = {
            "command": "/funnel",
            "text": "plg",
            "user_id": AE,
            "user_name": "ae",
            "team_id": "T0WORK0001",
            "channel_id": FYI,
            "response_url": f"{self.house.served.url}/response/R999",
            "trigger_id": "T1",
        }
        return urlencode({**usual, **fields}).encode()


@contextmanager
def opened(house: House) -> Iterator[Door]:
    app = house.bot.start_http(SECRET, lambda _seconds: house.stopping.wait())
    with serve(app) as served, httpx.Client(base_url=served.url, trust_env=False, timeout=20) as web:
        house.team.line.request_url = f"{served.url}{PATH}"
        yield Door(house, web)
        house.team.line.request_url = None


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with furnished(tmp_path) as house:
        house.team.line._wall = lambda: house.clock().timestamp()
        with opened(house) as door:
            yield door


def interactive(body: Any) -> bytes:
    """As Slack sends what somebody pressed."""
    return urlencode({"payload": json.dumps(body)}).encode()


# -------------------------------------------------------------------------------------------- what Slack itself sends


def test_commands_and_clicks_arrive_over_http(door: Door) -> None:
    """The same listeners as over a socket: a click takes the alert, a command is answered and can be shared."""
    house = door.house
    house.tell(payload())
    house.tick()
    assert house.click(AE)
    assert house.command("plg payload")["acknowledged"]  # a word Bolt's own reading of forms stumbles over
    assert house.command("plg")["acknowledged"]
    house.hang_up()
    assert house.raised()[0].acknowledged_by == AE
    texts = [each["text"] for each in house.whispers(AE)]
    assert any("I do not understand “payload”" in text for text in texts)
    assert any("30.0 % of Signup" in text for text in texts)


def test_slack_can_verify_the_address(door: Door) -> None:
    """The challenge comes back, to a signed request only."""
    body = json.dumps({"type": "url_verification", "challenge": "abc"}).encode()
    stamp = str(int(door.house.clock().timestamp()))
    headers = {
        "content-type": "application/json",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": signature(SECRET, stamp, body),
    }
    assert door.web.post(PATH, content=body, headers=headers).json() == {"challenge": "abc"}
    assert door.post(body, secret="another") == 401


def test_the_loop_is_free_while_a_look_up_waits(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight requests wait for Slack to say who asks, and a forged one is refused meanwhile."""
    people, everybody, told = door.house.bot._desk.people, threading.Barrier(9), threading.Event()
    look_up = people.colleague

    def wait(*args: Any) -> Any:
        everybody.wait(20)
        told.wait(20)
        return look_up(*args)

    monkeypatch.setattr(people, "colleague", wait)
    with ThreadPoolExecutor(8) as many:
        asked = [many.submit(door.post, door.command(trigger_id=f"T{number}")) for number in range(8)]
        everybody.wait(20)
        assert door.post(door.command(), secret="forged") == 401
        told.set()
        assert [one.result() for one in asked] == [200] * 8


# --------------------------------------------------------------------------------------------------------- forgeries


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"secret": "another"}, 401),
        ({"age": 301}, 401),
        ({"age": -301}, 401),
        ({"x_slack_request_timestamp": "yesterday"}, 401),
        ({"x_slack_request_timestamp": "-1"}, 401),
        ({"x_slack_request_timestamp": "1" * 5_000}, 401),
        ({"x_slack_request_timestamp": "²"}, 401),
        ({"x_slack_request_timestamp": ""}, 401),
        ({"x_slack_request_timestamp": None}, 401),
        ({"x_slack_signature": None}, 401),
        ({"x_slack_signature": ""}, 401),
        ({"x_slack_signature": "v0=é"}, 401),
        ({"x_slack_signature": "v1=0"}, 401),
    ],
)
def test_what_is_not_signed_by_slack_now_is_refused(door: Door, changes: dict[str, Any], status: int) -> None:
    """Forged, old, from the future, without a number, without a header: 401, never an error of ours."""
    assert door.post(door.command(), **changes) == status
    door.house.hang_up()
    assert door.house.whispers(AE) == []


def test_a_signature_is_of_one_body(door: Door) -> None:
    """Somebody who saw one request cannot sign another with it."""
    stamp = str(int(door.house.clock().timestamp()))
    seen = signature(SECRET, stamp, door.command())
    assert door.post(door.command(text="sales"), x_slack_signature=seen) == 401


def test_more_than_slack_sends_is_not_read(door: Door) -> None:
    """A huge body is 413 by the length it claims, and as soon as it is too long where it claims none."""
    huge = b"x" * (MOST_BYTES + 1)
    assert door.post(huge) == 413
    stamp = str(int(door.house.clock().timestamp()))
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": "v0=0"}
    pieces = (b"x" * 100_000 for _ in range(20))
    assert door.web.post(PATH, content=pieces, headers=headers).status_code == 413


def test_a_replayed_command_is_answered_once(door: Door) -> None:
    """A request that was recorded is signed, and within its five minutes; it is acknowledged, and that is all."""
    house = door.house
    url = house.team.tickets.reply(FYI, AE)
    body = door.command(response_url=f"{house.served.url}/response/{url}")
    assert [door.post(body) for _ in range(3)] == [200, 200, 200]
    house.hang_up()
    assert len(house.whispers(AE)) == 1


# --------------------------------------------------------------------------------------------------------- malformed


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[1]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"payload=%7B", FORM, 400),
        (b"payload=[]", FORM, 400),
        (b"payload=null", FORM, 400),
        (b"\xff\xfe\x00", FORM, 200),
        (b"\xff\xfe\x00", "application/json", 400),
        (interactive({"type": "block_actions"}), FORM, 400),
        (interactive({"type": "block_actions", "actions": ["x"]}), FORM, 400),
        (interactive({"type": "block_actions", "actions": [{}], "user": AE, "team": []}), FORM, 200),
        (interactive({"type": "block_actions", "actions": [{"action_id": 5}]}), FORM, 400),
        (interactive({"type": "block_actions", "actions": [{}], "user": {"id": 5}}), FORM, 200),
        (interactive({"command": ["/funnel"]}), FORM, 400),
        (interactive({"type": "event_callback", "event": "x"}), FORM, 400),
        (interactive({"type": "event_callback", "authorizations": [5]}), FORM, 400),
    ],
)
def test_a_signed_payload_that_is_none_is_no_error_of_ours(door: Door, body: bytes, kind: str, status: int) -> None:
    """Damaged on the way, or of a kind nobody listens to: answered, and nothing is done."""
    assert door.post(body, content_type=kind) == status


def test_other_paths_and_methods_lead_nowhere(door: Door) -> None:
    """Neither health nor metrics are on this port."""
    assert door.web.get(PATH).status_code == 405
    assert [door.web.get(path).status_code for path in ("/", "/healthz", "/metrics")] == [404, 404, 404]
