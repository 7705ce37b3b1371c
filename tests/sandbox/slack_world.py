"""The Slack stand-in as the tests meet it: a small team, a real slack_sdk client, and a person's hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.control import Control
from sandbox.serving import Served, serve
from sandbox.slack import SlackTeam, slack_app

AE, SDR, LEAVER, GUEST = "U0AE000001", "U0SDR00001", "U0GONE0001", "U0GUEST001"
HOT, OPEN, SECRET, OLD = "C0HOT00001", "C0OPEN0001", "C0SECRET01", "C0OLD00001"

SEED: dict[str, Any] = {
    "team": {"id": "T0WORK0001", "name": "Workspace"},
    "users": [
        {"id": AE, "name": "ae1", "real_name": "Enterprise AE 1", "email": "ae1@workspace.example", "tz": "Asia/Tokyo"},
        {"id": SDR, "name": "sdr1", "real_name": "SDR 1", "email": "sdr1@workspace.example", "tz": "UTC"},
        {
            "id": LEAVER,
            "name": "gone",
            "real_name": "Former AE",
            "email": "gone@workspace.example",
            "tz": "UTC",
            "deleted": True,
        },
        {
            "id": GUEST,
            "name": "guest",
            "real_name": "Guest",
            "email": "guest@partner.example",
            "tz": "UTC",
            "is_restricted": True,
        },
    ],
    "channels": [
        {"id": HOT, "name": "pls-hot", "is_private": False, "bot_member": True},
        {"id": OPEN, "name": "general", "is_private": False, "bot_member": False},
        {"id": SECRET, "name": "board", "is_private": True, "bot_member": False},
        {"id": OLD, "name": "old", "is_private": False, "bot_member": True, "is_archived": True},
    ],
}


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: datetime = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    ticks: float = 0.0

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.ticks


@dataclass
class World:
    """A running stand-in, and two ways to talk to it: as the app, and as its control side."""

    team: SlackTeam
    control: Control
    served: Served
    clock: Clock
    web: WebClient
    person: httpx.Client

    def act(self, kind: str, **wanted: Any) -> dict[str, Any]:
        answer = self.person.post(f"/_sandbox/{kind}", json=wanted)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def post(self, blocks: list[dict[str, Any]], text: str = "an alert") -> str:
        return str(self.web.chat_postMessage(channel=HOT, text=text, blocks=blocks)["ts"])


@contextmanager
def slack_world() -> Iterator[World]:
    """Serve a fresh team."""
    clock = Clock()
    team = SlackTeam(SEED, clock, monotonic=clock.seconds)
    app, control = slack_app(team)
    with serve(app) as served, httpx.Client(base_url=served.url, trust_env=False) as person:
        web = WebClient(token="xoxb-sandbox", base_url=f"{served.url}/api/", retry_handlers=[])
        web.proxy = None
        yield World(team, control, served, clock, web, person)


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as caught:
        call()
    body: dict[str, Any] = caught.value.response.data
    return body


def button(action_id: str = "claim", **more: Any) -> dict[str, Any]:
    return {"type": "button", "action_id": action_id, "text": {"type": "plain_text", "text": "I'm on it"}, **more}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "block_id": "alert-1", "elements": list(elements)}


def modal() -> dict[str, Any]:
    """A small modal."""
    title = {"type": "plain_text", "text": "t"}
    why = {
        "type": "input",
        "block_id": "why",
        "label": title,
        "element": {"type": "plain_text_input", "action_id": "code"},
    }
    return {
        "type": "modal",
        "callback_id": "dismiss",
        "title": title,
        "submit": title,
        "blocks": [section("why?"), why],
    }


def overflow(options: int, **option: Any) -> dict[str, Any]:
    """An actions block with one overflow menu of equal options."""
    choice = {"text": {"type": "plain_text", "text": "t"}, "value": "v", **option}
    return actions({"type": "overflow", "action_id": "more", "options": [choice] * options})
