"""The Web API's door: reads the call, checks the token, finds the method, answers as Slack does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.slack import chat, directory, history
from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.team import APP_ID, SlackTeam
from sandbox.slack.views import parse_view

Method = Callable[[SlackTeam, Arguments], dict[str, Any]]


def open_view(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """views.open: a modal for the person whose trigger this is."""
    view = parse_view(call.raw("view"), "modal")
    return {"view": team.views.open(view, team.tickets.use_trigger(call.text("trigger_id")))}


def update_view(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """views.update, by id or external id."""
    view_id = call.maybe("view_id") or team.views.by_external_id(call.text("external_id"))
    return {"view": team.views.update(view_id, parse_view(call.raw("view"), "modal"), call.maybe("hash"))}


def publish_view(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """views.publish: someone's App Home."""
    user = team.user(call.text("user_id"))
    return {"view": team.views.publish(parse_view(call.raw("view"), "home"), user["id"], call.maybe("hash"))}


def open_connection(team: SlackTeam, call: Arguments) -> dict[str, Any]:
    """apps.connections.open: where to connect for Socket Mode."""
    address = call.base_url.replace("http", "ws", 1)
    return {"url": f"{address}/link?ticket={team.tickets.socket()}&app_id={APP_ID}"}


@dataclass(frozen=True)
class Entry:
    """One method: what it counts as, and what does it."""

    kind: str
    method: Method


METHODS: dict[str, Entry] = {
    "chat.postMessage": Entry("post", chat.post_message),
    "chat.update": Entry("update", chat.update),
    "chat.postEphemeral": Entry("ephemeral", chat.post_ephemeral),
    "chat.getPermalink": Entry("permalink", chat.permalink),
    "conversations.history": Entry("history", history.history),
    "conversations.replies": Entry("history", history.replies),
    "conversations.open": Entry("directory", directory.conversation_open),
    "conversations.info": Entry("directory", directory.conversation_info),
    "conversations.list": Entry("directory", directory.conversation_list),
    "conversations.join": Entry("directory", directory.conversation_join),
    "users.lookupByEmail": Entry("directory", directory.lookup_by_email),
    "users.info": Entry("directory", directory.user_info),
    "users.list": Entry("directory", directory.user_list),
    "usergroups.list": Entry("directory", directory.usergroup_list),
    "usergroups.users.list": Entry("directory", directory.usergroup_users),
    "team.info": Entry("directory", directory.team_info),
    "auth.test": Entry("directory", directory.auth_test),
    "api.test": Entry("test", directory.api_test),
    "views.open": Entry("views", open_view),
    "views.update": Entry("views", update_view),
    "views.publish": Entry("views", publish_view),
    "apps.connections.open": Entry("socket", open_connection),
}


async def answer(team: SlackTeam, request: Request) -> Response:
    """Serve one call of the Web API."""
    name = request.path_params["method"]
    body = await request.body()
    try:
        call = Arguments.read(
            request.headers.get("content-type", ""),
            request.scope["query_string"],
            body,
            request.headers.get("authorization"),
            str(request.base_url).rstrip("/"),
        )
        with team.lock:
            result = _run(team, name, call)
    except SlackError as refused:
        return JSONResponse(refused.body(), status_code=refused.status, headers=refused.headers())
    return JSONResponse({"ok": True, **result})


def _run(team: SlackTeam, name: str, call: Arguments) -> dict[str, Any]:
    entry = METHODS.get(name)
    if entry is None:
        raise SlackError("unknown_method")
    if name != "api.test":
        _authorise(team, name, call.token)
    return entry.method(team, call)


def _authorise(team: SlackTeam, name: str, token: str | None) -> None:
    if not token:
        raise SlackError("not_authed")
    if token not in (team.bot_token, team.app_token):
        raise SlackError("invalid_auth")
    wanted = team.app_token if name == "apps.connections.open" else team.bot_token
    if token != wanted:
        raise SlackError("not_allowed_token_type")
