"""The Slack stand-in, driven by the real slack_sdk client and a real Bolt app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from slack_bolt import Ack, App, BoltRequest, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.control import Control
from sandbox.serving import Served, serve
from sandbox.slack import SlackTeam, slack_app
from tests.sandbox.socket_app import connected

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


@pytest.fixture
def world() -> Iterator[World]:
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


# ---------------------------------------------------------------------------------------- tokens and directory


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


# ---------------------------------------------------------------------------------------- posting


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


# ---------------------------------------------------------------------------------------- updating


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


# ---------------------------------------------------------------------------------------- block kit

PLAIN = {"type": "plain_text", "text": "t"}
OPTION = {"text": PLAIN, "value": "v"}


def chart(categories: int = 2, label: str = "c", kind: str = "bar") -> dict[str, Any]:
    labels = [f"{label}{n}" for n in range(categories)]
    series = [{"name": "Users", "data": [{"label": each, "value": 1} for each in labels]}]
    body = {"type": kind, "series": series, "axis_config": {"categories": labels}}
    return {"type": "data_visualization", "title": "Funnel", "chart": body}


def table(rows: int = 2, columns: int = 2) -> dict[str, Any]:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}] * columns] * rows}


def overflow(options: int, **option: Any) -> dict[str, Any]:
    return actions({"type": "overflow", "action_id": "more", "options": [{**OPTION, **option}] * options})


FINE = {
    "section at 3000": section("x" * 3000),
    "ten fields at 2000": {"type": "section", "fields": [{"type": "mrkdwn", "text": "x"}] * 10},
    "header at 150": {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}},
    "25 buttons": actions(*[button(f"b{n}") for n in range(25)]),
    "button at its limits": actions(button("a" * 255, value="v" * 2000, url="u" * 3000, style="primary")),
    "overflow of five": overflow(5),
    "verbatim context": {"type": "context", "elements": [{"type": "mrkdwn", "text": "x", "verbatim": True}] * 10},
    "chart": chart(20),
    "pie": {
        "type": "data_visualization",
        "title": "Mix",
        "chart": {"type": "pie", "segments": [{"label": "PLG", "value": 2}]},
    },
    "table": table(100, 20),
    "rich text": {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "*raw*"}]}],
    },
    "user select": actions({"type": "users_select", "action_id": "to", "placeholder": PLAIN}),
}


@pytest.mark.parametrize("block", FINE.values(), ids=FINE)
def test_blocks_at_their_limits_are_accepted(world: World, block: dict[str, Any]) -> None:
    """What Block Kit allows, the stand-in takes (B2)."""
    assert world.web.chat_postMessage(channel=HOT, text="t", blocks=[block])["ok"] is True


REFUSED = {
    "section at 3001": (section("x" * 3001), "/blocks/0/text/text"),
    "empty section": (section(""), "/blocks/0/text/text"),
    "section without text": ({"type": "section"}, "/blocks/0"),
    "eleven fields": ({"type": "section", "fields": [PLAIN] * 11}, "/blocks/0/fields"),
    "field at 2001": (
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2001}]},
        "/blocks/0/fields/0/text",
    ),
    "mrkdwn header": ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type"),
    "header at 151": ({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}, "/blocks/0/text/text"),
    "26 buttons": (actions(*[button(f"b{n}") for n in range(26)]), "/blocks/0/elements"),
    "same action twice": (actions(button(), button()), "/blocks/0/elements"),
    "button text at 76": (
        actions({**button(), "text": {"type": "plain_text", "text": "x" * 76}}),
        "/blocks/0/elements/0/text/text",
    ),
    "button value at 2001": (actions(button(value="v" * 2001)), "/blocks/0/elements/0/value"),
    "button url at 3001": (actions(button(url="u" * 3001)), "/blocks/0/elements/0/url"),
    "action id at 256": (actions(button("a" * 256)), "/blocks/0/elements/0/action_id"),
    "block id at 256": ({"type": "divider", "block_id": "b" * 256}, "/blocks/0/block_id"),
    "unknown style": (actions(button(style="green")), "/blocks/0/elements/0/style"),
    "overflow of six": (overflow(6), "/blocks/0/elements/0/options"),
    "overflow of none": (overflow(0), "/blocks/0/elements/0/options"),
    "option value at 151": (overflow(1, value="v" * 151), "/blocks/0/elements/0/options/0/value"),
    "option text at 76": (
        overflow(1, text={"type": "plain_text", "text": "x" * 76}),
        "/blocks/0/elements/0/options/0/text/text",
    ),
    "101 options": (
        actions({"type": "static_select", "action_id": "s", "options": [OPTION] * 101}),
        "/blocks/0/elements/0/options",
    ),
    "eleven in context": ({"type": "context", "elements": [PLAIN] * 11}, "/blocks/0/elements"),
    "confirm title at 101": (
        actions(
            button(
                confirm={
                    "title": {"type": "plain_text", "text": "x" * 101},
                    "text": PLAIN,
                    "confirm": PLAIN,
                    "deny": PLAIN,
                }
            )
        ),
        "/blocks/0/elements/0/confirm/title/text",
    ),
    "unknown type": ({"type": "banner"}, "/blocks/0/type"),
    "unknown key": ({**section("x"), "colour": "red"}, "/blocks/0"),
    "bare text": ({"type": "section", "text": "x"}, "/blocks/0/text"),
    "chart title at 51": ({**chart(), "title": "x" * 51}, "/blocks/0/title"),
    "21 categories": (chart(21), "/blocks/0/chart/axis_config/categories"),
    "label at 21": (chart(1, label="x" * 20), "/blocks/0/chart/axis_config/categories/0"),
    "unknown chart": (chart(kind="radar"), "/blocks/0/chart/type"),
    "101 rows": (table(101), "/blocks/0/rows"),
    "21 columns": (table(1, 21), "/blocks/0/rows/0"),
}


@pytest.mark.parametrize(("block", "pointer"), REFUSED.values(), ids=REFUSED)
def test_blocks_past_a_limit_are_refused_with_the_place(world: World, block: dict[str, Any], pointer: str) -> None:
    """invalid_blocks names the offending place by JSON pointer (B2)."""
    body = refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", blocks=[block]))
    assert body["error"] == "invalid_blocks"
    assert any(message.endswith(f"[json-pointer:{pointer}]") for message in body["response_metadata"]["messages"])


def test_chart_points_belong_to_the_categories(world: World) -> None:
    """A series whose labels differ from the axis is refused."""
    block = chart()
    block["chart"]["axis_config"]["categories"] = ["other", "c1"]
    body = refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", blocks=[block]))
    assert "/blocks/0/chart/series/0/data" in body["errors"][0]


@pytest.mark.parametrize(
    ("blocks", "code"),
    [
        ([{"type": "divider"}] * 50, None),
        ([{"type": "divider"}] * 51, "invalid_blocks"),
        ([chart()] * 2, None),
        ([chart()] * 3, "invalid_blocks"),
        ([{"type": "divider", "block_id": "same"}] * 2, "invalid_blocks"),
        ([section("x" * 2640)] * 5, None),
        ([section("x" * 2641)] * 5, "msg_blocks_too_long"),
    ],
)
def test_a_message_as_a_whole_has_limits(world: World, blocks: list[dict[str, Any]], code: str | None) -> None:
    """50 blocks, two charts, unique block ids, about 13,200 characters (B2)."""
    form = {"channel": HOT, "text": "t", "blocks": json.dumps(blocks)}
    told = world.person.post(
        "/api/chat.postMessage", data=form, headers={"Authorization": "Bearer xoxb-sandbox"}
    ).json()
    assert told.get("error") == code


def test_blocks_that_are_not_json_are_told_apart(world: World) -> None:
    """Unreadable blocks are invalid_blocks_format."""
    assert refused(lambda: world.web.chat_postMessage(channel=HOT, text="t", blocks="[{"))["error"] == (
        "invalid_blocks_format"
    )


# ---------------------------------------------------------------------------------------- socket mode


@dataclass
class Heard:
    """What the Bolt app was told, newest last."""

    bodies: list[dict[str, Any]] = field(default_factory=list)


def bolt_app(world: World, heard: Heard, pool: ThreadPoolExecutor) -> App:
    app = App(client=world.web, signing_secret="sandbox-signing-secret", listener_executor=pool)

    @app.action("claim")
    def claim(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        heard.bodies.append(body)
        ack()
        text = f"claimed by {body['user']['name']}"
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text=text, blocks=[section(text)])

    @app.action("more")
    def more(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        heard.bodies.append(body)
        ack()
        respond(text="snoozed", response_type="ephemeral", replace_original=False)

    @app.command("/funnel")
    def funnel(ack: Ack, command: dict[str, Any]) -> None:
        heard.bodies.append(command)
        ack(text=f"funnel of {command['text']}", blocks=[section("funnel"), actions(button("share"))])

    @app.action("share")
    def share(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        heard.bodies.append(body)
        ack()
        respond(delete_original=True)

    @app.command("/broken")
    def broken(ack: Ack) -> None:
        ack(blocks=[{"type": "banner"}])

    @app.action("reason")
    def reason(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal())
        ack()

    @app.view("dismiss")
    def dismiss(ack: Ack, body: dict[str, Any]) -> None:
        heard.bodies.append(body)
        if body["view"]["state"]["values"]:
            ack()
        else:
            ack(response_action="errors", errors={"why": "a reason is needed"})

    @app.event("app_home_opened")
    def opened(event: dict[str, Any], client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [section("your queue")]})

    return app


def modal() -> dict[str, Any]:
    return {"type": "modal", "callback_id": "dismiss", "title": PLAIN, "submit": PLAIN, "blocks": [section("why?")]}


@contextmanager
def listening(world: World, heard: Heard) -> Iterator[None]:
    """The Bolt app, connected; at the end every listener has finished."""
    with ThreadPoolExecutor(max_workers=4) as pool, connected(bolt_app(world, heard, pool)):
        yield


def claim_button(world: World) -> str:
    return world.post([section("hot account"), actions(button(value="alert-7"))])


def test_a_click_reaches_the_app_and_changes_the_message(world: World) -> None:
    """A press travels over Socket Mode, is acknowledged, and the handler updates the message."""
    ts, heard = claim_button(world), Heard()
    with listening(world, heard):
        told = world.act("click", channel=HOT, ts=ts, action_id="claim", user=AE)
    assert told["acknowledged"] is True
    message = world.team.records("messages")[0]
    assert (message["text"], len(message["history"])) == ("claimed by ae1", 1)
    assert world.control.counts()["update"] == 1


def test_a_click_carries_what_slack_sends(world: World) -> None:
    """The payload names person, team, message, button and a response URL."""
    ts, heard = claim_button(world), Heard()
    with listening(world, heard):
        world.act("click", channel=HOT, ts=ts, block_id="alert-1", user=AE)
    body = heard.bodies[0]
    assert (body["type"], body["team"]["id"], body["channel"]) == (
        "block_actions",
        "T0WORK0001",
        {"id": HOT, "name": "pls-hot"},
    )
    assert body["user"] == {"id": AE, "username": "ae1", "name": "ae1", "team_id": "T0WORK0001"}
    assert body["container"] == {"type": "message", "message_ts": ts, "channel_id": HOT, "is_ephemeral": False}
    action = body["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("claim", "alert-1", "alert-7")
    assert body["message"]["blocks"][0]["text"]["text"] == "hot account"


def test_an_overflow_option_and_a_response_url(world: World) -> None:
    """The chosen option arrives whole; the reply is stored for that person alone."""
    heard = Heard()
    ts = world.post([overflow(1, value="snooze-4h")])
    with listening(world, heard):
        world.act("click", channel=HOT, ts=ts, action_id="more", value="snooze-4h", user=SDR)
    assert heard.bodies[0]["actions"][0]["selected_option"]["value"] == "snooze-4h"
    assert [(each["only_for"], each["text"]) for each in world.team.records("ephemerals")] == [(SDR, "snoozed")]


@pytest.mark.parametrize(
    "wanted",
    [
        {"ts": "1700000000.999900", "action_id": "claim", "user": AE},
        {"action_id": "nothing", "user": AE},
        {"action_id": "claim", "user": LEAVER},
    ],
)
def test_pressing_what_is_not_there_is_404(world: World, wanted: dict[str, Any]) -> None:
    """A missing message, button or person is an error of the test, not a delivery."""
    answer = world.person.post("/_sandbox/click", json={"channel": HOT, "ts": claim_button(world), **wanted})
    assert answer.status_code == 404


def test_a_slash_command_is_answered_by_its_acknowledgement(world: World) -> None:
    """The ack's blocks are the reply, visible to the person who asked."""
    heard = Heard()
    with listening(world, heard):
        told = world.act("command", command="/funnel", text="30d", user=AE, channel=HOT)
    assert told["payload"]["text"] == "funnel of 30d"
    assert (heard.bodies[0]["user_name"], heard.bodies[0]["channel_name"]) == ("ae1", "pls-hot")
    reply = world.team.records("ephemerals")[0]
    assert (reply["only_for"], reply["blocks"][0]["text"]["text"]) == (AE, "funnel")


def test_a_button_on_an_ephemeral_reply_works(world: World) -> None:
    """An ephemeral press has no message but can delete the original through its response URL."""
    heard = Heard()
    with listening(world, heard):
        world.act("command", command="/funnel", text="", user=AE, channel=HOT)
        ts = world.team.records("ephemerals")[0]["ts"]
        world.act("click", channel=HOT, ts=ts, action_id="share", user=AE)
    assert heard.bodies[-1]["container"]["is_ephemeral"] is True
    assert "message" not in heard.bodies[-1]
    assert world.team.records("ephemerals") == []


def test_a_reply_slack_would_not_show_becomes_its_error(world: World) -> None:
    """An ack with unknown blocks shows the person Slack's own failure line."""
    with listening(world, Heard()):
        world.act("command", command="/broken", text="", user=AE, channel=HOT)
    assert world.team.records("ephemerals")[0]["text"] == '/broken failed with the error "invalid_blocks"'


def test_without_an_app_a_command_fails_visibly(world: World) -> None:
    """No connection: not acknowledged, and the person is told."""
    told = world.act("command", command="/funnel", text="", user=AE, channel=HOT)
    assert told["acknowledged"] is False
    assert "operation_timeout" in world.team.records("ephemerals")[0]["text"]


def test_a_modal_opens_with_a_fresh_trigger_and_is_submitted(world: World) -> None:
    """views.open uses the press's trigger; the modal stays while the app finds errors, then closes."""
    heard = Heard()
    ts = world.post([actions(button("reason"))])
    with listening(world, heard):
        world.act("click", channel=HOT, ts=ts, action_id="reason", user=AE)
        view_id = world.team.records("views")[0]["id"]
        assert world.act("submit", view_id=view_id, user=AE)["payload"]["errors"] == {"why": "a reason is needed"}
        values = {"why": {"code": {"type": "plain_text_input", "value": "too small"}}}
        world.act("submit", view_id=view_id, user=AE, values=values)
    assert heard.bodies[-1]["view"]["state"]["values"] == values
    assert world.team.records("views") == []


def test_opening_the_home_lets_the_app_publish_it(world: World) -> None:
    """app_home_opened arrives as an event and views.publish stores the Home."""
    with listening(world, Heard()):
        assert world.act("home", user=AE)["acknowledged"] is True
    assert world.team.records("views")[0]["blocks"][0]["text"]["text"] == "your queue"


def test_a_socket_ticket_needs_the_app_token_and_works_once(world: World) -> None:
    """apps.connections.open is closed to the bot token (B1)."""
    assert refused(lambda: world.web.apps_connections_open(app_token="xoxb-sandbox"))["error"] == (
        "not_allowed_token_type"
    )
    url = world.web.apps_connections_open(app_token="xapp-sandbox")["url"]
    ticket = url.split("ticket=")[1].split("&")[0]
    assert [world.team.tickets.use_socket(ticket) for _ in range(2)] == [True, False]


# ---------------------------------------------------------------------------------------- http, views, limits of time


def test_without_a_socket_a_click_is_posted_signed(world: World) -> None:
    """Bolt verifies the signature of what is posted to the configured request URL (B1)."""
    heard, ts = Heard(), claim_button(world)
    with ThreadPoolExecutor(max_workers=2) as pool:
        app = bolt_app(world, heard, pool)

        async def events(request: Request) -> Response:
            body = (await request.body()).decode()
            result = app.dispatch(BoltRequest(body=body, headers=dict(request.headers)))
            return PlainTextResponse(result.body or "", status_code=result.status)

        with serve(Starlette(routes=[Route("/slack", events, methods=["POST"])])) as bolt:
            world.act("request-url", url=f"{bolt.url}/slack")
            told = world.act("click", channel=HOT, ts=ts, action_id="claim", user=AE)
            reply = world.act("command", command="/funnel", text="7d", user=AE, channel=HOT)
    assert told["acknowledged"] is True
    assert world.team.records("messages")[0]["text"] == "claimed by ae1"
    assert reply["payload"]["text"] == "funnel of 7d"


def test_a_response_url_serves_five_times_within_half_an_hour(world: World) -> None:
    """The sixth use and a late one answer 404 (B2)."""
    used = world.team.tickets.reply(HOT, AE)
    statuses = [world.person.post(f"/response/{used}", json={"text": "t"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]
    late = world.team.tickets.reply(HOT, AE)
    world.clock.now += timedelta(minutes=31)
    assert world.person.post(f"/response/{late}", json={"text": "t"}).json()["error"] == "expired_url"


def test_a_response_can_replace_the_message_or_go_to_the_channel(world: World) -> None:
    """replace_original changes the message; in_channel posts a new one."""
    ts = claim_button(world)
    ticket = world.team.tickets.reply(HOT, AE, ts)
    world.person.post(f"/response/{ticket}", json={"text": "replaced", "replace_original": True})
    world.person.post(f"/response/{ticket}", json={"text": "for all", "response_type": "in_channel"})
    assert [message["text"] for message in world.team.records("messages")] == ["replaced", "for all"]


def test_a_trigger_is_used_once_within_three_seconds(world: World) -> None:
    """A late trigger opens nothing (B2)."""
    fresh, late = (world.team.tickets.trigger(AE) for _ in range(2))
    assert world.web.views_open(trigger_id=fresh, view=modal())["view"]["user"] == AE
    assert refused(lambda: world.web.views_open(trigger_id=fresh, view=modal()))["error"] == "invalid_trigger_id"
    world.clock.ticks += 3.1
    assert refused(lambda: world.web.views_open(trigger_id=late, view=modal()))["error"] == "expired_trigger_id"


def test_a_home_is_published_only_over_the_version_known(world: World) -> None:
    """`hash` guards against two writers (B8)."""
    home = {"type": "home", "blocks": [section("one")]}
    first = world.web.views_publish(user_id=AE, view=home)["view"]["hash"]
    changed = {"type": "home", "blocks": [section("two")]}
    world.web.views_publish(user_id=AE, view=changed, hash=first)
    assert refused(lambda: world.web.views_publish(user_id=AE, view=home, hash=first))["error"] == "hash_conflict"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": {"type": "plain_text", "text": "x" * 25}}, "/view/title/text"),
        ({"blocks": [chart()]}, "/view/blocks/0/type"),
        ({"private_metadata": "x" * 3001}, "/view/private_metadata"),
        ({"blocks": [{"type": "divider"}] * 101}, "/view/blocks"),
    ],
)
def test_a_view_is_checked_like_a_message(world: World, change: dict[str, Any], pointer: str) -> None:
    """Titles of 24 characters, 100 blocks, no chart in a modal (B2)."""
    trigger = world.team.tickets.trigger(AE)
    body = refused(lambda: world.web.views_open(trigger_id=trigger, view={**modal(), **change}))
    assert (body["error"], pointer in body["errors"][0]) == ("invalid_arguments", True)


# ---------------------------------------------------------------------------------------- control


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
