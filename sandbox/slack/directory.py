"""Who and where: auth.*, team.*, users.* and conversations.*."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sandbox.slack.arguments import Arguments
from sandbox.slack.chat import team_url
from sandbox.slack.errors import SlackError
from sandbox.slack.pages import page
from sandbox.slack.team import APP_ID, BOT_ID, BOT_USER, SlackTeam


def api_test(team: SlackTeam, call: Arguments) -> dict[str, Any]:  # noqa: ARG001  every method takes both
    """api.test: the arguments come back."""
    return {"args": {name: value for name, value in call.given.items() if name != "token"}}


def auth_test(team: SlackTeam, call: Arguments) -> dict[str, Any]:  # noqa: ARG001
    """auth.test: which team and which app this token is for."""
    return {
        "url": team_url(team),
        "team": team.info["name"],
        "team_id": team.info["id"],
        "user": team.users[BOT_USER]["name"],
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "app_id": APP_ID,
        "is_enterprise_install": False,
    }


def team_info(team: SlackTeam, call: Arguments) -> dict[str, Any]:  # noqa: ARG001
    """team.info."""
    return {"team": {"domain": "workspace", **team.info}}


def lookup_by_email(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """users.lookupByEmail; deactivated people are not found (B8)."""
    email = call.text("email").casefold()
    for user in team.users.values():
        if (user.get("email") or "").casefold() == email and not user.get("deleted"):
            return {"user": _user(team, user)}
    raise SlackError("users_not_found")


def user_info(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """users.info."""
    return {"user": _user(team, team.user(call.text("user")))}


def user_list(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """users.list."""
    shown, cursor = page(list(team.users.values()), call, default=1000, most=1000)
    return {"members": [_user(team, user) for user in shown], "response_metadata": {"next_cursor": cursor}}


def conversation_open(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """conversations.open with one user: their direct conversation with the app."""
    people = call.text("users").split(",")
    if len(people) != 1:
        raise SlackError("method_not_supported_for_channel_type")
    already = f"D{people[0][1:]}" in team.channels
    channel = team.open_dm(people[0])
    body = channel.body() if call.flag("return_im") else {"id": channel.id}
    return {"channel": body, **({"no_op": True, "already_open": True} if already else {})}


def conversation_info(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """conversations.info."""
    return {"channel": team.channel(call.text("channel")).body()}


def conversation_list(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """conversations.list; private channels only where the app is a member."""
    kinds = set((call.maybe("types") or "public_channel").replace(" ", "").split(","))
    visible = [
        channel.body()
        for channel in team.channels.values()
        if _kind(channel.body()) in kinds
        and (channel.bot_member or not channel.is_private)
        and not (channel.is_archived and call.flag("exclude_archived"))
    ]
    shown, cursor = page(visible, call, default=100, most=1000)
    return {"channels": list(shown), "response_metadata": {"next_cursor": cursor}}


def conversation_join(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """conversations.join: public channels only."""
    channel = team.channel(call.text("channel"))
    if channel.is_archived:
        raise SlackError("is_archived")
    if channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    already = channel.bot_member
    channel.bot_member = True
    return {"channel": channel.body(), **({"warning": "already_in_channel"} if already else {})}


def usergroup_list(team: SlackTeam, call: Arguments) -> dict[str, Any]:  # noqa: ARG001
    """usergroups.list; who is in them is asked for apart."""
    return {"usergroups": [{key: group[key] for key in ("id", "handle", "name")} for group in team.usergroups]}


def usergroup_users(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """usergroups.users.list, of one group by id."""
    wanted = call.text("usergroup")
    for group in team.usergroups:
        if group["id"] == wanted:
            return {"users": list(group["users"])}
    raise SlackError("no_such_subteam")


def _kind(body: dict[str, Any]) -> str:
    if body["is_im"]:
        return "im"
    return "private_channel" if body["is_private"] else "public_channel"


def _user(team: SlackTeam, user: dict[str, Any]) -> dict[str, Any]:
    zone = user.get("tz") or "UTC"
    offset = team.clock().astimezone(ZoneInfo(zone)).utcoffset()
    return {
        "id": user["id"],
        "team_id": user.get("team_id", team.info["id"]),
        "name": user["name"],
        "real_name": user["real_name"],
        "deleted": bool(user.get("deleted")),
        "is_bot": bool(user.get("is_bot")),
        "is_restricted": bool(user.get("is_restricted")),
        "is_ultra_restricted": bool(user.get("is_ultra_restricted")),
        "is_stranger": bool(user.get("is_stranger")),
        "tz": zone,
        "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
        "profile": {"real_name": user["real_name"], "display_name": user["name"], "email": user.get("email")},
    }
