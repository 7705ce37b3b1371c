"""The left-hand side: the conversation in view, and what else is there, as one person sees it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sandbox.page.worlds import Readable, read

MOST_MESSAGES = 60


def chat_side(team: Readable, channel: str, user: str) -> dict[str, Any]:
    """Channels with their counts, people, and the newest messages of `channel` (the first one when unknown)."""
    everyone = read(team, "users")
    people = [person for person in everyone if not person.get("is_bot") and not person.get("deleted")]
    by_channel: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message in read(team, "messages"):
        by_channel[message["channel"]].append(message)
    channels = [_channel(each, by_channel[each["id"]]) for each in read(team, "channels")]
    known = {each["id"] for each in channels}
    current = channel if channel in known else next(iter(each["id"] for each in channels), "")
    acting = user or next(iter(person["id"] for person in people), "")
    whispers = [each for each in read(team, "ephemerals") if each["channel"] == current and each["only_for"] == acting]
    return {
        "channels": channels,
        "channel": current,
        "people": [{"id": person["id"], "name": person["real_name"]} for person in people],
        "names": {person["id"]: person["real_name"] for person in everyone},
        "acting": acting,
        "messages": [_message(each) for each in _threaded(by_channel[current], whispers)],
        "views": [view for view in read(team, "views") if view["user"] == acting],
    }


def _channel(channel: dict[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": channel["id"],
        "name": channel["name"],
        "person": channel.get("user"),
        "private": channel["is_private"],
        "count": len(messages),
        "latest": max((_moved(message) for message in messages), default=""),
    }


def _threaded(messages: list[dict[str, Any]], whispers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The newest messages with their replies right under them, oldest first."""
    replies: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message in messages:
        if message["thread_ts"]:
            replies[message["thread_ts"]].append(message)
    for whisper in whispers:
        if whisper["thread_ts"]:
            replies[whisper["thread_ts"]].append(whisper)
    tops = sorted((each for each in (*messages, *whispers) if not each["thread_ts"]), key=lambda each: each["ts"])
    return [shown for top in tops[-MOST_MESSAGES:] for shown in (top, *replies[top["ts"]])]


def _message(message: dict[str, Any]) -> dict[str, Any]:
    history = message["history"]
    kept = ("channel", "ts", "thread_ts", "user", "text", "blocks", "only_for")
    return {
        **{key: message[key] for key in kept},
        "changes": len(history),
        "changed_at": history[-1]["changed_at"] if history else "",
    }


def _moved(message: dict[str, Any]) -> str:
    history = message["history"]
    return str(history[-1]["changed_at"] if history else message["ts"])
