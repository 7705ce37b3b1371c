"""A person's acts: pressing, typing a command, opening the Home, sending a modal; and what they then see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from sandbox.slack.chat import content
from sandbox.slack.errors import SlackError
from sandbox.slack.interactions import (
    NoSuchThing,
    Press,
    action,
    block_actions,
    envelope,
    find_message,
    person,
    slash_command,
)
from sandbox.slack.line import Ack
from sandbox.slack.team import APP_ID, BOT_USER, SlackTeam
from sandbox.slack.views import parse_view

Act = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


def acts(team: SlackTeam) -> Act:
    """One door for all acts: `await act("click", {...})`, "command", "home", "submit" or "close".

    Raises LookupError for an unknown act and for things and people that are not there.
    """
    doors = {"click": click, "command": command, "home": home, "submit": submit, "close": close}

    async def act(kind: str, wanted: dict[str, Any]) -> dict[str, Any]:
        return await doors[kind](team, wanted)

    return act


async def click(team: SlackTeam, wanted: dict[str, Any]) -> dict[str, Any]:
    """Press an element of a message ("channel", "ts") or of a view ("view_id")."""
    press = Press(wanted["user"], wanted.get("action_id"), wanted.get("block_id"), wanted.get("value"))
    with team.lock:
        payload = _press_in_view(team, wanted["view_id"], press) if "view_id" in wanted else _press(team, wanted, press)
    return _told(await team.line.deliver(payload))


def _press(team: SlackTeam, wanted: dict[str, Any], press: Press) -> dict[str, Any]:
    return block_actions(team, find_message(team, wanted["channel"], wanted["ts"]), press)


def _press_in_view(team: SlackTeam, view_id: str, press: Press) -> dict[str, Any]:
    view = _view(team, view_id)
    acted = action(view["blocks"], press, team.stamps.next())
    container = {"type": "view", "view_id": view_id}
    return {
        **envelope(team, press.user, "block_actions"),
        "container": container,
        "view": view,
        "actions": [acted],
    }


async def command(team: SlackTeam, wanted: dict[str, Any]) -> dict[str, Any]:
    """Type a slash command; what the app acknowledges with is shown as its reply."""
    with team.lock:
        payload = slash_command(team, wanted["command"], wanted.get("text", ""), wanted["user"], wanted["channel"])
    ack = await team.line.deliver(payload)
    with team.lock:
        _show(team, payload, ack)
    return {**_told(ack), "payload": ack.payload}


async def home(team: SlackTeam, wanted: dict[str, Any]) -> dict[str, Any]:
    """Open the app's Home tab."""
    user = person(team, wanted["user"])
    ts = team.stamps.next()
    event = {
        "type": "app_home_opened",
        "user": user["id"],
        "channel": f"D{user['id'][1:]}",
        "tab": "home",
        "event_ts": ts,
    }
    payload = {
        "type": "event_callback",
        "team_id": team.info["id"],
        "api_app_id": APP_ID,
        "event_id": f"Ev{ts.replace('.', '')}",
        "event_time": int(ts.split(".")[0]),
        "event": event,
    }
    return _told(await team.line.deliver(payload))


async def submit(team: SlackTeam, wanted: dict[str, Any]) -> dict[str, Any]:
    """Send a modal: "values" holds block_id -> action_id -> state. It closes unless the app answers otherwise.

    Errors about a block that is not in the modal are no answer: Slack shows the person its own.
    """
    with team.lock:
        view = {**_view(team, wanted["view_id"]), "state": {"values": wanted.get("values", {})}}
        payload = {**envelope(team, wanted["user"], "view_submission"), "view": view, "response_urls": []}
    ack = await team.line.deliver(payload)
    if not _about_it(view, ack):
        return {**_told(ack), "acknowledged": False, "payload": ack.payload}
    with team.lock:
        _after_submit(team, wanted["view_id"], ack)
    return {**_told(ack), "payload": ack.payload}


def _about_it(view: dict[str, Any], ack: Ack) -> bool:
    """Whether errors, if there are any, are about inputs of the modal."""
    errors = (ack.payload or {}).get("errors") or {}
    return set(errors) <= {block["block_id"] for block in view["blocks"] if block["type"] == "input"}


def _after_submit(team: SlackTeam, view_id: str, ack: Ack) -> None:
    """The modal closes, changes or, with errors, stays as it is."""
    answer = ack.payload or {}
    if answer.get("response_action") == "update":
        team.views.update(view_id, parse_view(answer["view"], "modal"), None)
    elif ack.acknowledged and answer.get("response_action") != "errors":
        team.views.stored.pop(view_id, None)


async def close(team: SlackTeam, wanted: dict[str, Any]) -> dict[str, Any]:
    """Cancel a modal. The app is not told: it did not ask for notify_on_close."""
    with team.lock:
        del team.views.stored[_view(team, wanted["view_id"])["id"]]
    return {"acknowledged": True, "elapsed_ms": 0}


def _view(team: SlackTeam, view_id: str) -> dict[str, Any]:
    if view_id not in team.views.stored:
        raise NoSuchThing(f"no view {view_id!r}")
    return team.views.stored[view_id]


def _told(ack: Ack) -> dict[str, Any]:
    return {"acknowledged": ack.acknowledged, "elapsed_ms": ack.elapsed_ms}


def _show(team: SlackTeam, asked: dict[str, Any], ack: Ack) -> None:
    """Put the reply, or Slack's own words about a missing or unreadable one, on the screen."""
    if ack.acknowledged and not ack.payload:
        return
    try:
        reply = ack.payload if ack.acknowledged else _failed(asked, "operation_timeout")
        show_reply(team, asked["channel_id"], asked["user_id"], reply or {})
    except SlackError as refused:
        show_reply(team, asked["channel_id"], asked["user_id"], _failed(asked, refused.code))


def _failed(asked: dict[str, Any], code: str) -> dict[str, Any]:
    return {"text": f'{asked["command"]} failed with the error "{code}"'}


def show_reply(team: SlackTeam, channel: str, user: str, reply: dict[str, Any]) -> None:
    """Store a reply: in the channel when it says so, else for this person only. Raises SlackError as chat does."""
    text, blocks = content(reply.get("text"), reply.get("blocks"))
    only_for = None if reply.get("response_type") == "in_channel" else user
    team.post(channel, text or "", blocks, thread_ts=reply.get("thread_ts"), user=BOT_USER, only_for=only_for)
