"""The payloads Slack sends when a person presses a button or types a command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from sandbox.slack.blocks import elements_of
from sandbox.slack.messages import Message
from sandbox.slack.team import APP_ID, BOT_ID, SlackTeam

_MENTION = re.compile(r"(?<!\S)@(\S+)")
VERIFICATION = "sandbox-verification"


class NoSuchThing(LookupError):
    """A person wanted to press, choose or address something that is not there."""


@dataclass(frozen=True)
class Press:
    """A person acts on an element, found by action id, block id or both; `value` picks an option or a user."""

    user: str
    action_id: str | None = None
    block_id: str | None = None
    value: str | None = None


def person(team: SlackTeam, user_id: str) -> dict[str, Any]:
    """Someone who can act. Raises NoSuchThing for unknown and deactivated people."""
    user = team.users.get(user_id)
    if user is None or user.get("deleted"):
        raise NoSuchThing(f"no active user {user_id!r}")
    return user


def find_message(team: SlackTeam, channel: str, ts: str) -> Message:
    """A message or ephemeral on somebody's screen. Raises NoSuchThing."""
    found = team.messages.get(channel, {}).get(ts) or team.ephemerals.get(ts)
    if found is None or found.channel != channel:
        raise NoSuchThing(f"no message {ts} in {channel}")
    return found


def block_actions(team: SlackTeam, message: Message, press: Press) -> dict[str, Any]:
    """The payload of a press on a message. Raises NoSuchThing when the element or option is not there."""
    acted = action(message.blocks or [], press, team.stamps.next())
    hidden = message.only_for is not None
    container = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": hidden,
        **({"thread_ts": message.thread_ts} if message.thread_ts else {}),
    }
    shown = {} if hidden else {"message": {**message.body(with_metadata=True), "bot_id": BOT_ID, "app_id": APP_ID}}
    return {
        **envelope(team, press.user, "block_actions"),
        "container": container,
        "channel": channel_of(team, message.channel),
        **shown,
        "state": {"values": _state(acted)},
        "response_url": response_url(team, message.channel, press.user, message.ts),
        "actions": [acted],
    }


def envelope(team: SlackTeam, user_id: str, kind: str) -> dict[str, Any]:
    """What every interactive payload carries."""
    user = person(team, user_id)
    return {
        "type": kind,
        "user": {
            "id": user_id,
            "username": user["name"],
            "name": user["name"],
            "team_id": user.get("team_id", team.info["id"]),
        },
        "api_app_id": APP_ID,
        "token": VERIFICATION,
        "trigger_id": team.tickets.trigger(user_id),
        "team": {"id": team.info["id"], "domain": team.info.get("domain", "workspace")},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def slash_command(team: SlackTeam, command: str, text: str, user_id: str, channel: str) -> dict[str, Any]:
    """The form of a slash command. Raises NoSuchThing when the channel or person is not there."""
    user, place = person(team, user_id), channel_of(team, channel)
    return {
        "token": VERIFICATION,
        "team_id": user.get("team_id", team.info["id"]),
        "team_domain": team.info.get("domain", "workspace"),
        "channel_id": place["id"],
        "channel_name": place["name"],
        "user_id": user_id,
        "user_name": user["name"],
        "command": command,
        "text": escaped(team, text),
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url(team, channel, user_id),
        "trigger_id": team.tickets.trigger(user_id),
    }


def escaped(team: SlackTeam, text: str) -> str:
    """A command's text as apps get it that set should_escape: mentions by id, and & < > as entities (B7)."""
    names = {user["name"]: user_id for user_id, user in team.users.items()}
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MENTION.sub(lambda at: f"<@{names[at[1]]}|{at[1]}>" if at[1] in names else at[0], safe)


def channel_of(team: SlackTeam, channel_id: str) -> dict[str, str]:
    """A conversation as payloads name it. Raises NoSuchThing."""
    channel = team.channels.get(channel_id)
    if channel is None:
        raise NoSuchThing(f"no channel {channel_id!r}")
    if channel.person is not None:
        return {"id": channel.id, "name": "directmessage"}
    return {"id": channel.id, "name": "privategroup" if channel.is_private else channel.name}


def response_url(team: SlackTeam, channel: str, user: str, ts: str | None = None) -> str:
    """A fresh response URL on the stand-in itself."""
    return f"{team.line.base_url}/response/{team.tickets.reply(channel, user, ts)}"


def action(blocks: list[dict[str, Any]], press: Press, at: str) -> dict[str, Any]:
    """The action a press amounts to. Raises NoSuchThing."""
    for block in blocks:
        for element in elements_of(block):
            if press.block_id in (None, block["block_id"]) and press.action_id in (None, element["action_id"]):
                shared = {"block_id": block["block_id"], "action_id": element["action_id"]}
                return {**shared, "type": element["type"], "action_ts": at, **_chosen(element, press.value)}
    raise NoSuchThing(f"no element {press.action_id or press.block_id!r}")


def _chosen(element: dict[str, Any], value: str | None) -> dict[str, Any]:
    if element["type"] == "button":
        return {key: element[key] for key in ("text", "value") if key in element}
    if element["type"] in ("overflow", "static_select", "radio_buttons"):
        return {"selected_option": _option(element, value)}
    field = {"users_select": "selected_user", "datepicker": "selected_date"}.get(element["type"], "selected_value")
    return {field: value}


def _option(element: dict[str, Any], value: str | None) -> dict[str, Any]:
    grouped = [option for group in element.get("option_groups", []) for option in group["options"]]
    for option in [*element.get("options", []), *grouped]:
        if option["value"] == value:
            return dict(option)
    raise NoSuchThing(f"no option {value!r} in {element['action_id']}")


def _state(acted: dict[str, Any]) -> dict[str, Any]:
    """Buttons and overflow menus keep no state; whatever was chosen elsewhere is repeated here."""
    if acted["type"] in ("button", "overflow"):
        return {}
    kept = {key: value for key, value in acted.items() if key not in ("block_id", "action_id", "action_ts")}
    return {acted["block_id"]: {acted["action_id"]: kept}}
