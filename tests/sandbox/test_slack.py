"""The Slack stand-in's Web API, driven by the real slack_sdk client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack_world import (
    AE,
    HOT,
    LEAVER,
    OLD,
    OPEN,
    SECRET,
    World,
    refused,
    section,
    slack_world,
)


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as served:
        yield served


def test_auth_test_names_the_team_and_the_bot(world: World) -> None:
    """auth.test tells the app who it is, so that the store can be bound to the team (D9)."""
    told = world.web.auth_test()
    assert (told["team_id"], told["user_id"]) == ("T0WORK0001", "U0APP00000")
    assert told["bot_id"] == "B0APP00000"


@pytest.mark.parametrize(
    ("token", "code"), [("xoxb-wrong", "invalid_auth"), ("xapp-sandbox", "not_allowed_token_type")]
)
def test_wrong_tokens_are_refused(world: World, token: str, code: str) -> None:
    """A token that is not the bot's opens nothing."""
    assert refused(lambda: world.web.auth_test(token=token))["error"] == code


def test_a_call_without_a_token_is_refused(world: World) -> None:
    """No token is told apart from a wrong one."""
    assert world.person.post("/api/auth.test").json() == {"ok": False, "error": "not_authed"}


def test_an_unknown_method_is_refused(world: World) -> None:
    """A misspelt method is an error, not an empty success."""
    assert refused(lambda: world.web.api_call("chat.postMesage"))["error"] == "unknown_method"


def test_user_groups_are_listed_and_their_members_apart(world: World) -> None:
    """By id, as Slack does; an unknown one is refused."""
    world.team.usergroups = [{"id": "S0LEAD0001", "handle": "leaders", "name": "Leaders", "users": [AE]}]
    (group,) = world.web.usergroups_list()["usergroups"]
    assert group == {"id": "S0LEAD0001", "handle": "leaders", "name": "Leaders"}
    assert world.web.usergroups_users_list(usergroup="S0LEAD0001")["users"] == [AE]
    assert refused(lambda: world.web.usergroups_users_list(usergroup="S0"))["error"] == "no_such_subteam"


def test_people_are_found_by_email_with_their_time_zone(world: World) -> None:
    """users.lookupByEmail carries the zone business hours are counted in (B8)."""
    user = world.web.users_lookupByEmail(email="AE1@workspace.example")["user"]
    assert (user["id"], user["tz"], user["tz_offset"]) == (AE, "Asia/Tokyo", 9 * 3600)


def test_deactivated_people_are_not_found_by_email(world: World) -> None:
    """A leaver answers users_not_found, and users.info still says deleted (B8)."""
    body = refused(lambda: world.web.users_lookupByEmail(email="gone@workspace.example"))
    assert body["error"] == "users_not_found"
    assert world.web.users_info(user=LEAVER)["user"]["deleted"] is True


def test_users_are_listed_in_pages(world: World) -> None:
    """The client follows cursors to the end: four people and the bot."""
    assert [len(page["members"]) for page in world.web.users_list(limit=2)] == [2, 2, 1]


def test_channels_are_listed_by_kind(world: World) -> None:
    """Private channels appear only to members; archived ones can be left out."""
    listed = world.web.conversations_list(types="public_channel,private_channel", exclude_archived=True)
    assert {channel["name"] for channel in listed["channels"]} == {"pls-hot", "general"}


def test_timestamps_are_unique_and_increase_while_the_clock_stands(world: World) -> None:
    """Two messages in one second have two timestamps, ordered as text (trap 16)."""
    first, second = (world.web.chat_postMessage(channel=HOT, text="hello")["ts"] for _ in range(2))
    assert (first, second) == ("1700000000.000100", "1700000000.000200")


def test_json_and_form_bodies_are_read_alike(world: World) -> None:
    """slack_sdk sends structures as JSON and plain values as a form; blocks may be JSON text in a form."""
    blocks = [section("from a form")]
    form = {"channel": HOT, "text": "t", "blocks": json.dumps(blocks), "token": "xoxb-sandbox"}
    assert world.person.post("/api/chat.postMessage", data=form).json()["ok"] is True
    world.web.chat_postMessage(channel=HOT, text="t", blocks=blocks)
    formed, sent = world.team.records("messages")
    assert formed["blocks"][0]["text"] == sent["blocks"][0]["text"] == {"type": "mrkdwn", "text": "from a form"}


def test_posting_to_a_person_opens_the_direct_conversation(world: World) -> None:
    """A user id leads to a D… conversation, the same one conversations.open names (B8)."""
    posted = world.web.chat_postMessage(channel=AE, text="hello")
    assert posted["channel"].startswith("D")
    assert world.web.conversations_open(users=AE)["channel"]["id"] == posted["channel"]


@pytest.mark.parametrize(
    ("channel", "code"),
    [
        ("C0NOWHERE1", "channel_not_found"),
        (SECRET, "channel_not_found"),
        (OPEN, "not_in_channel"),
        (OLD, "is_archived"),
        (LEAVER, "user_disabled"),
    ],
)
def test_places_that_cannot_be_written_to_say_why(world: World, channel: str, code: str) -> None:
    """Each dead end has its own word, so that a fallback route can be chosen."""
    assert refused(lambda: world.web.chat_postMessage(channel=channel, text="t"))["error"] == code


def test_joining_a_public_channel_makes_it_writable(world: World) -> None:
    """conversations.join is the way out of not_in_channel."""
    world.web.conversations_join(channel=OPEN)
    assert world.web.chat_postMessage(channel=OPEN, text="t")["ok"] is True


def test_an_empty_and_an_endless_text_are_refused(world: World) -> None:
    """A message says something, in at most 40,000 characters (B2)."""
    empty = world.person.post("/api/chat.postMessage", data={"channel": HOT, "token": "xoxb-sandbox"})
    assert empty.json()["error"] == "no_text"
    assert refused(lambda: world.web.chat_postMessage(channel=HOT, text="x" * 40_001))["error"] == "msg_too_long"


def test_more_than_a_burst_per_channel_is_rate_limited(world: World) -> None:
    """The 21st message of a second answers 429 with Retry-After; another channel is free; time heals (B3)."""
    for _ in range(20):
        world.web.chat_postMessage(channel=HOT, text="t")
    with pytest.raises(SlackApiError) as caught:
        world.web.chat_postMessage(channel=HOT, text="t")
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["retry-after"] == "1"
    assert world.web.chat_postMessage(channel=AE, text="t")["ok"] is True
    world.clock.now += timedelta(seconds=1)
    assert world.web.chat_postMessage(channel=HOT, text="t")["ok"] is True


def test_metadata_comes_back_in_history_when_asked_for(world: World) -> None:
    """Metadata is the only key to reconcile an unknown post by (B5)."""
    metadata = {"event_type": "alert", "event_payload": {"alert_id": "a1"}}
    world.web.chat_postMessage(channel=HOT, text="t", metadata=metadata)
    plain = world.web.conversations_history(channel=HOT)["messages"][0]
    full = world.web.conversations_history(channel=HOT, include_all_metadata=True)["messages"][0]
    assert "metadata" not in plain
    assert full["metadata"] == metadata


def test_malformed_metadata_is_refused(world: World) -> None:
    """Metadata without its payload is an error."""
    call = lambda: world.web.chat_postMessage(channel=HOT, text="t", metadata={"event_type": "alert"})  # noqa: E731
    assert refused(call)["error"] == "invalid_metadata_format"


def test_history_is_newest_first_since_a_moment_in_pages(world: World) -> None:
    """`oldest` is exclusive and cursors reach every message once."""
    stamps = [world.web.chat_postMessage(channel=HOT, text=str(n))["ts"] for n in range(5)]
    pages = world.web.conversations_history(channel=HOT, oldest=stamps[0], limit=3)
    assert [[message["text"] for message in page["messages"]] for page in pages] == [["4", "3", "2"], ["1"]]


def test_replies_are_threaded_and_kept_out_of_the_channel(world: World) -> None:
    """A reply shows in its thread and as a count on its parent."""
    parent = world.web.chat_postMessage(channel=HOT, text="parent")["ts"]
    world.web.chat_postMessage(channel=HOT, text="reply", thread_ts=parent)
    listed = world.web.conversations_history(channel=HOT)["messages"]
    assert [(message["text"], message["reply_count"]) for message in listed] == [("parent", 1)]
    thread = world.web.conversations_replies(channel=HOT, ts=parent)["messages"]
    assert [message["text"] for message in thread] == ["parent", "reply"]


def test_a_reply_to_nothing_is_refused(world: World) -> None:
    """A thread that is not there is an error, and so is a timestamp that is none."""
    missing = refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", thread_ts="1700000000.999900"))
    assert missing["error"] == "thread_not_found"
    wrong = refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", thread_ts="1700000000"))
    assert wrong["error"] == "invalid_thread_ts"


def test_a_permalink_names_channel_and_message(world: World) -> None:
    """chat.getPermalink gives an address for the CRM."""
    ts = world.web.chat_postMessage(channel=HOT, text="t")["ts"]
    link = world.web.chat_getPermalink(channel=HOT, message_ts=ts)["permalink"]
    assert link == f"https://workspace.slack.example/archives/{HOT}/p1700000000000100"


def test_a_text_alone_drops_the_blocks_and_keeps_the_metadata(world: World) -> None:
    """chat.update without blocks removes them; omitted metadata stays (B6)."""
    metadata = {"event_type": "alert", "event_payload": {"alert_id": "a1"}}
    ts = world.web.chat_postMessage(channel=HOT, text="t", blocks=[section("b")], metadata=metadata)["ts"]
    world.web.chat_update(channel=HOT, ts=ts, text="done")
    message = world.team.records("messages")[0]
    assert (message["text"], message["blocks"], message["metadata"]) == ("done", None, metadata)
    assert message["history"][0]["blocks"][0]["text"]["text"] == "b"


def test_new_blocks_replace_the_old_without_an_edited_mark(world: World) -> None:
    """An update with blocks shows no "edited", and its block ids are new (B6)."""
    ts = world.post([section("before")])
    before = world.team.records("messages")[0]["blocks"][0]["block_id"]
    world.web.chat_update(channel=HOT, ts=ts, text="t", blocks=[section("after")])
    message = world.team.records("messages")[0]
    assert message["edited"] is False
    assert message["blocks"][0]["block_id"] != before


def test_only_own_messages_that_exist_can_be_updated(world: World) -> None:
    """Updating a stranger's message, a missing one, or one by user id is refused (B6)."""
    ts = world.web.chat_postMessage(channel=AE, text="t")["ts"]
    theirs = world.team.post(HOT, "mine", None, user=AE).ts
    update = world.web.chat_update
    assert refused(lambda: update(channel=HOT, ts=theirs, text="x"))["error"] == "cant_update_message"
    assert refused(lambda: update(channel=HOT, ts=ts, text="x"))["error"] == "message_not_found"
    assert refused(lambda: update(channel=AE, ts=ts, text="x"))["error"] == "channel_not_found"


def test_an_ephemeral_is_kept_apart_for_one_person(world: World) -> None:
    """chat.postEphemeral reaches one user and no history."""
    world.web.chat_postEphemeral(channel=HOT, user=AE, text="only you")
    assert world.web.conversations_history(channel=HOT)["messages"] == []
    assert [(each["only_for"], each["text"]) for each in world.team.records("ephemerals")] == [(AE, "only you")]


def test_faults_answer_instead_of_slack_and_everything_is_counted(world: World) -> None:
    """A scripted 503 stores nothing; the log tells posts from the rest."""
    world.person.post("/_sandbox/faults", json={"match": "chat.postMessage", "status": 503})
    assert refused(lambda: world.web.chat_postMessage(channel=HOT, text="t"))["error"] == "service_unavailable"
    world.web.chat_postMessage(channel=HOT, text="t")
    world.web.auth_test()
    assert world.control.counts() == {"fault": 1, "post": 1, "directory": 1}


def test_an_administrator_archives_a_channel_and_reset_restores_it(world: World) -> None:
    """Edits through the control side are what the app meets next; reset undoes them."""
    edit = {"object": "channels", "id": HOT, "fields": {"is_archived": True}, "by": "admin"}
    assert world.person.post("/_sandbox/edit", json=edit).json()["is_archived"] is True
    assert refused(lambda: world.web.chat_postMessage(channel=HOT, text="t"))["error"] == "is_archived"
    world.person.post("/_sandbox/reset")
    assert world.web.chat_postMessage(channel=HOT, text="t")["ok"] is True
