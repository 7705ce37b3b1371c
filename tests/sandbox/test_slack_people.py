"""People and a real Bolt app: presses, commands, modals and the Home over Socket Mode and signed HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from slack_bolt import Ack, App, BoltRequest, Respond
from slack_sdk import WebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.serving import serve
from tests.sandbox.slack_world import (
    AE,
    HOT,
    LEAVER,
    SDR,
    World,
    actions,
    button,
    modal,
    overflow,
    refused,
    section,
    slack_world,
)
from tests.sandbox.socket_app import connected


@pytest.fixture
def world() -> Iterator[World]:
    with slack_world() as served:
        yield served


@dataclass
class Heard:
    """What the Bolt app was told, newest last."""

    bodies: list[dict[str, Any]] = field(default_factory=list)
    patience: Event = field(default_factory=Event)


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

    @app.action("slow")
    def slow(ack: Ack) -> None:
        heard.patience.wait(timeout=10)
        ack()

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


def test_a_command_is_escaped_as_slack_does_it(world: World) -> None:
    """People by id, & < > as entities; whoever is not there stays text (B7)."""
    heard = Heard()
    with listening(world, heard):
        world.act("command", command="/funnel", text="plg @ae1 @nobody a@ae1 <b> & c", user=AE, channel=HOT)
    assert heard.bodies[0]["text"] == f"plg <@{AE}|ae1> @nobody a@ae1 &lt;b&gt; &amp; c"


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


def test_a_late_acknowledgement_does_not_count(world: World) -> None:
    """The person stops waiting when the time for an answer is over (B1); a later answer is dropped."""
    world.team.line.ack_seconds = 0.05
    heard, ts = Heard(), world.post([actions(button("slow"))])
    with listening(world, heard):
        told = world.act("click", channel=HOT, ts=ts, action_id="slow", user=AE)
        heard.patience.set()
    assert told["acknowledged"] is False


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


def test_errors_about_no_input_are_no_answer(world: World) -> None:
    """Slack takes errors only about inputs of the modal, and the modal stays."""
    ts = world.post([actions(button("reason"))])
    with listening(world, Heard()):
        world.act("click", channel=HOT, ts=ts, action_id="reason", user=AE)
        (view,) = world.team.records("views")
        world.team.views.stored[view["id"]] = {**view, "blocks": [section("no question")]}
        assert world.act("submit", view_id=view["id"], user=AE)["acknowledged"] is False
    assert len(world.team.records("views")) == 1


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
