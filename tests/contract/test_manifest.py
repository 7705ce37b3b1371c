"""bot/manifest.yaml is what the code uses and nothing else: commands, scopes, events, interactivity."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from slack_sdk import WebClient

from bot.app import listen
from bot.views.manual import COMMAND
from tests.contract.bot_house import ROOT

CODE = (*(ROOT / "bot").rglob("*.py"), *(ROOT / "plsync").rglob("*.py"))
READ_A_CHANNEL = {"channels:read", "groups:read"}
READ_MESSAGES = {"channels:history", "groups:history", "im:history"}  # public, private, direct: where alerts are posted
# What Slack's documentation asks for each method, of a bot token and in the conversations we use it in.
SCOPES: dict[str, set[str]] = {
    "auth_test": set(),
    "apps_connections_open": set(),  # of the app token: connections:write
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_getPermalink": set(),
    "conversations_history": READ_MESSAGES,
    "conversations_replies": READ_MESSAGES,
    "conversations_info": READ_A_CHANNEL,
    "conversations_list": READ_A_CHANNEL,
    "conversations_open": {"im:write"},
    "usergroups_list": {"usergroups:read"},
    "usergroups_users_list": {"usergroups:read"},
    "users_info": {"users:read", "users:read.email"},  # without the latter it tells no e-mail
    "users_lookupByEmail": {"users:read", "users:read.email"},
    "views_open": set(),
    "views_update": set(),
    "views_publish": set(),
    "blocks_validate": set(),
}
METHOD = re.compile(r"[a-z]+(_[a-zA-Z]+)+")


class Listening:
    """Stands for a Bolt app and notes what it is told to listen to."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Any]] = {}

    def __getattr__(self, kind: str) -> Callable[..., Any]:
        def listen_to(*what: Any, **more: Any) -> Callable[..., Any]:
            self.heard.setdefault(kind, []).extend(what)
            return lambda *functions, **options: None

        return listen_to


def manifest() -> dict[str, Any]:
    text = (ROOT / "bot" / "manifest.yaml").read_text(encoding="utf-8")
    told: dict[str, Any] = yaml.safe_load(text)
    return told


def listened() -> dict[str, list[Any]]:
    """Everything the bot registers, by kind."""
    app = Listening()
    there: Any = app
    anything: Any = Listening()
    listen(there, anything, anything, anything, anything, anything)
    return app.heard


def called() -> Iterator[str]:
    """Every method of the Web API that the code calls."""
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and METHOD.fullmatch(node.attr) and hasattr(WebClient, node.attr):
                yield node.attr


def test_every_command_is_declared() -> None:
    """Those the code listens to by name, and no other; mentions in them come as ids."""
    listed = manifest()["features"]["slash_commands"]
    assert {each["command"] for each in listed} == {one for one in listened()["command"] if isinstance(one, str)}
    assert all(each["should_escape"] for each in listed)
    hint = next(each["usage_hint"] for each in listed if each["command"] == COMMAND)
    assert all(word in hint for word in ("plg", "sales", "account NAME", "tier", "sla", "queue", "help"))


def test_scopes_are_those_of_the_methods_called() -> None:
    """Each method's scopes, and `commands`; whoever calls another method says here what it needs."""
    methods = set(called())
    assert methods >= {"chat_postMessage", "chat_update", "users_info", "conversations_history"}
    assert methods <= SCOPES.keys(), "say in SCOPES what the new method needs"
    wanted = {"commands"}.union(*(SCOPES[method] for method in methods))
    listed = manifest()["oauth_config"]["scopes"]
    assert listed.keys() == {"bot"}
    assert listed["bot"] == sorted(wanted)


def test_interactivity_and_events_are_those_listened_to() -> None:
    """Buttons and forms need interactivity; only events somebody listens to are sent."""
    heard, settings = listened(), manifest()["settings"]
    pressed = any(heard.get(kind) for kind in ("action", "view", "shortcut", "options"))
    assert settings["interactivity"]["is_enabled"] is pressed
    events = [one for one in heard.get("event", []) if isinstance(one, str)]
    assert settings.get("event_subscriptions", {}).get("bot_events", []) == sorted(events)
    home = manifest()["features"]["app_home"]
    assert home["home_tab_enabled"] is ("app_home_opened" in events)
    assert home["messages_tab_enabled"] is True


def test_it_can_be_pasted_as_it_stands() -> None:
    """Socket Mode, no address of anybody's, nothing longer than Slack takes (slack B2)."""
    told = manifest()
    assert told["settings"]["socket_mode_enabled"] is True
    assert "://" not in str(told)
    assert len(told["display_information"]["name"]) <= 35
    assert len(told["display_information"]["description"]) <= 140
    assert len(told["features"]["bot_user"]["display_name"]) <= 80
    assert all(len(each["description"]) <= 2_000 for each in told["features"]["slash_commands"])


def test_there_is_one_manifest() -> None:
    """Two would differ."""
    assert [path.name for path in Path(ROOT / "bot").glob("*manifest*")] == ["manifest.yaml"]
