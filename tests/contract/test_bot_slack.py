"""The bot against the Slack stand-in: posting once, acknowledging, superseding, `/funnel`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.app import Bot
from bot.lifecycle import Verdict
from bot.moves import Click, acknowledge
from bot.people import People
from bot.places import Places
from bot.refusals import understand
from bot.sla.policy import DEFAULTS
from connector.errors import AccessError, ConfigError, TransientError
from connector.model import NewFact
from connector.store import alerts, bindings, facts, pauses
from tests.contract.bot_house import (
    AE,
    FYI,
    GUEST,
    HOT,
    OPS,
    SDR,
    SDR_DIRECT,
    SETTINGS,
    START,
    House,
    furnished,
    measure,
)
from tests.unit.bot.told import OWNER, SQL_OWNER, fyi_payload, payload

SQL_SEEN: dict[str, Any] = {
    "episode": "usage_limit:2026-01-12",
    "rule": "sql-supersedes-pql",
    "reason": "SQL owned by SDR 1 since 2026-01-12",
    "owner": SQL_OWNER,
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with furnished(tmp_path) as built:
        yield built


OWNERS = f"person:{OWNER}"
AE_DIRECT = f"D{AE[1:]}"


def unowned(**changes: Any) -> dict[str, Any]:
    """A Hot alert of an account that is nobody's: it has its channel alone."""
    return payload(routed_to=None, **changes)


def posts(house: House) -> int:
    return house.control.counts()["post"]


def states(house: House) -> list[tuple[str, str]]:
    return [(each.target, each.state) for each in house.deliveries()]


# -------------------------------------------------------------------------------------------------- intake and posting


def test_a_hot_alert_is_shown_in_its_channel_and_to_its_owner(house: House) -> None:
    """A fact becomes one open alert in two places, each with the button; only the owner's own one mentions them."""
    house.tell(payload())
    house.tick()

    (message,), (direct,) = house.messages(HOT), house.messages(AE_DIRECT)
    assert f"*Owner:* {OWNER}" in message["text"]
    assert f"<@{AE}>" not in message["text"]
    assert f"*Owner:* <@{AE}>" in direct["text"]
    for each in (message, direct):
        assert each["blocks"][-1]["elements"][0]["action_id"] == "acknowledge"
    assert message["metadata"] == {
        "event_type": "plsync_alert",
        "event_payload": {"alert": "1", "kind": "hot_pql", "version": 1, "purpose": "alert"},
    }
    assert [(a.state, a.owner_email) for a in house.raised()] == [("open", "enterprise-ae-1@workspace.example")]
    assert states(house) == [("channel:plg-hot", "sent"), (OWNERS, "sent")]


def test_ticking_again_posts_nothing_more(house: House) -> None:
    """One alert per episode, however often the tick fires or the fact is told (invariant 12)."""
    for _ in range(3):
        house.tell(payload())
        house.tick(seconds=5)
    assert len(house.messages(HOT)) == 1
    assert house.control.counts()["update"] == 0


def test_two_replicas_post_once(house: House) -> None:
    """A second bot on the same store finds the fact taken and the delivery claimed."""
    other = Bot(house.client, house.store, measure, house.clock, SETTINGS)
    house.tell(payload())
    house.tick()
    other.tick()
    assert len(house.messages(HOT)) == 1


def test_an_alert_knows_its_promise_before_it_is_posted(house: House) -> None:
    """What the first message shows as due is planned in the tick that raises the alert: nothing is rewritten for it."""
    timed = Bot(house.client, house.store, measure, house.clock, replace(SETTINGS, policies=DEFAULTS))
    house.tell(payload())
    timed.tick()
    (alert,) = house.raised()
    assert (alert.due_at, alert.version) == (START + timedelta(hours=1), 1)
    assert house.control.counts()["update"] == 0


def timed(house: House) -> Bot:
    """A bot with the shipped promises, and an alert it has posted."""
    bot = Bot(house.client, house.store, measure, house.clock, replace(SETTINGS, policies=DEFAULTS))
    house.tell(payload())
    bot.tick()
    return bot


def test_rungs_fire_with_nobody_pressing_anything(house: House) -> None:
    """Each once: the breaches where the alert is and to its owner, the last one to whoever is there for a manager."""
    bot = timed(house)
    house.clock.move(8 * 3600)
    for _ in range(8):
        bot.tick()
        house.clock.move(16)

    assert house.raised()[0].state == "escalated"
    alert, *replies = house.messages(HOT)
    assert "Escalated" in alert["text"]
    assert {reply["thread_ts"] for reply in replies} == {alert["ts"]}
    assert sorted("taken" in reply["text"] for reply in replies) == [False, False, True]
    assert ["needs a manager" in one["text"] for one in house.messages(OPS)] == [True]
    (shown,) = house.messages(AE_DIRECT)  # the day is over: what is said waits for the owner's hours (D37)

    house.clock.move(16 * 3600)
    for _ in range(3):
        bot.tick()
        house.clock.move(2)
    _, *direct = house.messages(AE_DIRECT)
    assert {reply["thread_ts"] for reply in direct} == {shown["ts"]}
    assert ["taken" in reply["text"] for reply in direct] == [True, False]
    assert {each.state for each in house.deliveries()} == {"sent"}


def test_rungs_fire_also_while_slack_is_paused(house: House) -> None:
    """What is to be said of them waits (D31)."""
    bot = timed(house)
    with house.store.write() as conn:
        pauses.pause(conn, "slack", house.clock(), "RevOps")
    house.clock.move(8 * 3600)
    bot.tick()

    assert house.raised()[0].state == "escalated"
    waiting = [each.purpose for each in house.deliveries() if each.state == "pending"]
    assert set(waiting) == {"acknowledge_breach", "breach", "manager"}
    assert len(house.messages(HOT)) == 1


def test_a_rung_in_doubt_is_found_among_the_replies(house: House) -> None:
    """Accepted and the answer lost: the reply is found in its thread, and not said again (slack B9)."""
    bot = timed(house)
    house.control.order({"match": "chat.postMessage", "action": "drop_after_accept"})
    house.clock.move(3600)
    for _ in range(4):
        bot.tick()
        house.clock.move(61)

    told = [
        one["text"]
        for one in (*house.messages(HOT), *house.messages(f"D{AE[1:]}"))
        if "Nobody has taken" in one["text"]
    ]
    assert len(told) == 2
    assert {each.state for each in house.deliveries() if each.purpose == "acknowledge_breach"} == {"sent"}


def test_what_is_over_needs_no_reminder(house: House) -> None:
    """An SQL comes between the breach and its message: nobody is told of a promise that nobody has to keep."""
    bot = timed(house)
    with house.store.write() as conn:
        pauses.pause(conn, "slack", house.clock(), "RevOps")
    house.clock.move(3600)
    bot.tick()
    with house.store.write() as conn:
        pauses.resume(conn, ["slack"])
    house.tell(SQL_SEEN, kind="sql_seen")
    bot.tick()

    assert not [one for one in house.messages(HOT) if "Nobody has taken" in one["text"]]
    assert {each.state for each in house.deliveries() if each.purpose != "alert"} == {"failed"}


def test_a_slack_user_is_a_place_too(house: House) -> None:
    """Whoever took an alert is known by their id alone."""
    assert Places(house.client, People(house.client)).find(f"user:{SDR}", START) == SDR_DIRECT


def test_an_fyi_goes_to_its_reader_alone(house: House) -> None:
    """The SQL owner gets a direct message; the channels stay quiet."""
    house.tell(fyi_payload())
    house.tick()
    (message,) = house.messages(SDR_DIRECT)
    assert "Without the SQL this would have gone to an AE" in message["text"]
    assert house.messages(HOT) == house.messages(FYI) == []


@pytest.mark.parametrize("routed_to", ["nobody@workspace.example", None, "pool: size unknown"])
def test_an_fyi_without_a_known_reader_goes_to_the_channel(house: House, routed_to: str | None) -> None:
    """Unknown to Slack, unknown to us, or no person: somebody still sees it, and only once."""
    house.tell(fyi_payload(routed_to=routed_to))
    for _ in range(3):
        house.tick(seconds=1)
    assert len(house.messages(FYI)) == 1


def test_a_channel_that_refuses_falls_back_to_operations(house: House) -> None:
    """The bot was removed from the Hot channel: the alert is planned once more, for operations."""
    house.team.edit("channels", HOT, {"bot_member": False}, "an administrator")
    house.tell(unowned())
    for _ in range(3):
        house.tick(seconds=1)
    assert states(house) == [("channel:plg-hot", "failed"), ("channel:revops", "sent")]
    alert, told = house.messages(OPS)
    assert alert["blocks"][-1]["elements"][0]["action_id"] == "acknowledge"
    assert "*channel:plg-hot*: the bot is not in this channel" in told["text"]


def test_nowhere_to_go_is_kept_as_failed(house: House) -> None:
    """When operations refuse too, nothing loops: the deliveries say what Slack said."""
    for channel in (HOT, OPS):
        house.team.edit("channels", channel, {"is_archived": True}, "an administrator")
    house.tell(unowned())
    for _ in range(4):
        house.tick(seconds=1)
    assert states(house) == [("channel:plg-hot", "failed"), ("channel:revops", "failed")]
    assert house.deliveries()[0].error == "channel_not_found"  # archived channels are not listed


def test_facts_of_a_later_version_stay_where_they_are(house: House) -> None:
    """A kind this bot does not know is left for one that does."""
    house.tell({}, kind="renewal_seen")
    house.tell(payload())
    house.tick()
    assert len(house.messages(HOT)) == 1
    with house.store.read() as conn:
        assert conn.exec_driver_sql("SELECT kind FROM facts WHERE taken_at IS NULL").scalars().all() == ["renewal_seen"]


# ------------------------------------------------------------------------------------------------------------ just once


def test_a_lost_answer_does_not_post_twice(house: House) -> None:
    """Slack accepted, the connection dropped: the message is found by its stamp and adopted (slack B9)."""
    house.gate.drop = "/api/chat.postMessage"
    house.tell(unowned())
    house.tick()
    assert states(house) == [("channel:plg-hot", "unknown")]

    house.tick(seconds=1)
    assert states(house) == [("channel:plg-hot", "sent")]
    assert house.deliveries()[0].ts == house.messages(HOT)[0]["ts"]
    house.tick(seconds=120)
    assert len(house.messages(HOT)) == posts(house) == 1


def test_dying_after_the_post_does_not_post_twice(house: House) -> None:
    """Killed between Slack's acceptance and our record: a later process finds the message before it posts again."""
    house.tell(unowned())
    house.tick()
    with house.store.write() as conn:
        conn.exec_driver_sql("UPDATE deliveries SET state = 'sending', channel = NULL, ts = NULL")

    heir = Bot(house.client, house.store, measure, house.clock, SETTINGS)
    for _ in range(3):
        house.clock.move(61)
        heir.tick()
    assert states(house) == [("channel:plg-hot", "sent")]
    assert len(house.messages(HOT)) == posts(house) == 1


def test_dying_before_the_post_does_not_lose_it(house: House) -> None:
    """Killed between the claim and the post: not there after the grace, so it is posted, once."""
    house.tell(unowned())
    house.fault("chat.postMessage", 500, body="upstream is gone")
    house.tick()
    assert states(house) == [("channel:plg-hot", "unknown")]
    house.tick(seconds=5)
    assert (states(house), posts(house)) == ([("channel:plg-hot", "unknown")], 0)

    house.tick(seconds=20)
    assert states(house) == [("channel:plg-hot", "sent")]
    house.tick(seconds=120)
    assert len(house.messages(HOT)) == 1


def test_an_adopted_message_is_brought_up_to_date(house: House) -> None:
    """The stamp tells which version was posted; what happened meanwhile is shown by the next update."""
    house.gate.drop = "/api/chat.postMessage"
    house.tell(payload())
    house.tick()
    house.tell(SQL_SEEN, kind="sql_seen")
    house.tick(seconds=1)
    assert house.messages(HOT)[0]["text"].splitlines()[1] == "Superseded · Golden sentence"


def test_an_unreadable_history_prefers_a_repeat(house: House) -> None:
    """Without the history scope nobody can look: a possible repeat beats a Hot alert nobody sees (slack B9)."""
    house.fault("conversations.history", 200, times=9, body={"ok": False, "error": "missing_scope"})
    house.gate.drop = "/api/chat.postMessage"
    house.tell(unowned())
    for _ in range(3):
        house.tick(seconds=15)
    assert states(house) == [("channel:plg-hot", "sent")]
    assert len(house.messages(HOT)) == 2


def test_a_failing_lookup_is_tried_again_without_posting(house: House) -> None:
    """Nothing was posted yet, so nothing is in doubt: the delivery just waits."""
    house.fault("users.lookupByEmail", 503)
    house.tell(fyi_payload())
    house.tick()
    assert (states(house), posts(house)) == ([(f"person:{SQL_OWNER}", "pending")], 0)
    house.tick(seconds=10)
    assert states(house) == [(f"person:{SQL_OWNER}", "sent")]


# ---------------------------------------------------------------------------------------------------------------- pace


def test_too_many_requests_are_tried_later(house: House) -> None:
    """429: not before Slack says, and nobody sleeps meanwhile (slack E14)."""
    house.fault("chat.postMessage", 429, Retry_After="30")
    house.tell(unowned())
    house.tick()
    assert states(house) == [("channel:plg-hot", "pending")]
    house.tick(seconds=29)
    assert house.messages(HOT) == []
    house.tick(seconds=1)
    assert len(house.messages(HOT)) == 1


def test_a_flood_is_posted_a_few_at_once_then_one_a_second(tmp_path: Path) -> None:
    """Twelve alerts for one channel all arrive in order, without a single 429 from a channel that takes six."""
    with furnished(tmp_path, burst=6) as house:
        for number in range(12):
            house.tell(unowned(), key=f"account-{number:02d}")
        house.tick()
        assert len(house.messages(HOT)) == 5
        for _ in range(8):
            house.tick(seconds=1)
        assert len(house.messages(HOT)) == posts(house) == 12
        ids = [message["metadata"]["event_payload"]["alert"] for message in house.messages(HOT)]
        assert ids == [str(number) for number in range(1, 13)]


def test_one_busy_channel_does_not_hold_up_another(house: House) -> None:
    """A direct message goes out at once although the Hot channel has a queue."""
    for number in range(9):
        house.tell(payload(), key=f"account-{number}")
    house.tell(fyi_payload())
    house.tick()
    assert len(house.messages(HOT)) == 5
    assert len(house.messages(SDR_DIRECT)) == 1


# ------------------------------------------------------------------------------------------------------ acknowledging


def test_im_on_it_is_durable_and_shown(house: House) -> None:
    """A click over Socket Mode: the store knows who and when, and the message says it, without its button."""
    house.tell(payload())
    house.tick()
    house.connect()
    house.clock.move(240)
    assert house.click(AE)
    house.hang_up()

    (alert,) = house.raised()
    assert (alert.state, alert.acknowledged_by, alert.acknowledged_by_name) == ("acknowledged", AE, "Enterprise AE 1")
    assert alert.acknowledged_at == house.clock()
    (message,) = house.messages(HOT)
    assert f"*<@{AE}> is on it* since" in message["text"]
    assert "4 minutes after posting" in message["text"]
    assert [each["action_id"] for each in message["blocks"][-1]["elements"]] == ["contact", "not_a_fit", "more"]
    assert house.steps() == [("open", "acknowledged", AE, "slack")]
    assert house.whispers(AE) == []


def test_the_second_click_is_told_who_has_it(house: House) -> None:
    """First click wins; the loser gets an ephemeral, and the alert stays with the winner."""
    house.tell(payload())
    house.tick()
    house.connect()
    house.fault("chat.update", 503, times=9)  # the button is still there for the second person
    assert house.click(AE)
    assert house.click(SDR)
    house.hang_up()

    assert house.raised()[0].acknowledged_by == AE
    (whisper,) = house.whispers(SDR)
    assert whisper["text"].startswith(f"<@{AE}> has it since")
    assert len(house.messages(HOT)) == 1


def test_a_click_that_comes_twice_changes_nothing(house: House) -> None:
    """The same person's second click, or a redelivered first one: one transition, no words."""
    house.tell(payload())
    house.tick()
    house.connect()
    house.fault("chat.update", 503, times=2)
    assert house.click(AE)
    assert house.click(AE)
    house.hang_up()
    assert house.steps() == [("open", "acknowledged", AE, "slack")]
    assert house.raised()[0].version == 2
    assert house.whispers(AE) == []


def test_a_click_waits_for_nobody_elses_message(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """While Slack takes its time over one update, more people than there are workers are answered; all is shown."""
    monkeypatch.setattr("bot.app.WORKERS", 2)
    for number in range(4):
        house.tell(payload(), key=f"acme-{number}")
    house.tick()
    house.connect()
    house.gate.held = "/api/chat.update"
    assert [house.click(AE, message=message) for message in house.messages()] == [True] * 4
    house.gate.released.set()
    house.hang_up()
    house.tick()
    assert all("is on it" in message["text"] for message in house.messages())


def test_eight_clicks_at_once_have_one_winner(house: House) -> None:
    """The conditional update decides, not the order of threads (slack B9)."""
    house.tell(payload())
    house.tick()
    clicks = [Click(1, f"U{number}", f"AE {number}", START) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = [ruling.verdict for ruling in pool.map(lambda click: acknowledge(house.store, click), clicks)]
    assert sorted(verdicts) == ["taken"] * 7 + ["won"]
    assert clicks[verdicts.index(Verdict.WON)].user == house.raised()[0].acknowledged_by


def test_a_click_on_an_alert_that_is_not_there_is_answered(house: House) -> None:
    """A button whose value is no alert of this store."""
    wrong = {"type": "button", "action_id": "acknowledge", "text": {"type": "plain_text", "text": "I'm on it"}}
    message = house.team.post(HOT, "?", [{"type": "actions", "elements": [{**wrong, "value": "²"}]}])
    house.connect()
    assert house.click(AE, message={"channel": HOT, "ts": message.ts})
    house.hang_up()
    assert "not known any more" in house.whispers(AE)[0]["text"]


@pytest.mark.parametrize("status", [404, 500])
def test_a_lost_whisper_changes_nothing(house: House, status: int) -> None:
    """Slack does not take the answer: the alert keeps its owner, and the bot goes on."""
    house.tell(payload())
    house.tick()
    house.connect()
    house.fault("chat.update", 503, times=9)
    house.person.post("/_sandbox/faults", json={"match": "/response/", "status": status}).raise_for_status()
    assert house.click(AE)
    assert house.click(SDR)
    house.hang_up()
    assert house.raised()[0].acknowledged_by == AE
    assert house.whispers(SDR) == []


def test_an_update_that_failed_is_made_up_for(house: House) -> None:
    """The message shows the acknowledgement as soon as Slack takes the update."""
    house.tell(payload())
    house.tick()
    house.connect()
    house.fault("chat.update", 429, Retry_After="10")
    assert house.click(AE)
    house.hang_up()
    house.tick(seconds=9)
    assert "is on it" not in house.messages(HOT)[0]["text"]
    house.tick(seconds=1)
    assert "is on it" in house.messages(HOT)[0]["text"]


def test_a_message_that_is_gone_is_not_updated_for_ever(house: House) -> None:
    """Somebody deleted it: one try, then peace."""
    house.tell(unowned())
    house.tick()
    del house.team.messages[HOT]
    house.tell(SQL_SEEN, kind="sql_seen")
    for _ in range(3):
        house.tick(seconds=1)
    assert house.control.counts()["update"] == 1


def test_a_guest_cannot_take_an_alert(house: House) -> None:
    """Guests are refused politely (D42)."""
    house.tell(payload())
    house.tick()
    house.connect()
    assert house.click(GUEST)
    assert house.command("plg", user=GUEST)["acknowledged"]
    house.hang_up()
    assert house.raised()[0].state == "open"
    assert [whisper["text"] for whisper in house.whispers(GUEST)] == [
        "Only members of this workspace can do that; guests cannot."
    ] * 2


def test_a_click_does_not_wait_for_slack_to_say_who_it_was(house: House) -> None:
    """users.info fails: the click still counts, under the name that came along with it."""
    house.tell(payload())
    house.tick()
    house.connect()
    house.fault("users.info", 503)
    assert house.click(AE)
    house.hang_up()
    assert house.raised()[0].acknowledged_by_name == "enterprise ae 1"


def test_a_button_of_another_version_is_answered(house: House) -> None:
    """An action nobody listens to gets words instead of Slack's warning sign."""
    old = {"type": "button", "action_id": "escalate", "text": {"type": "plain_text", "text": "Escalate"}}
    message = house.team.post(HOT, "an old message", [{"type": "actions", "elements": [old]}])
    house.connect()
    assert house.click(AE, "escalate", {"channel": HOT, "ts": message.ts})
    house.hang_up()
    assert "another version" in house.whispers(AE)[0]["text"]


# -------------------------------------------------------------------------------------------------------- handing over


def owner_changed(owner: str, **changes: Any) -> dict[str, Any]:
    """The fact that an open alert is somebody else's now, as the connector tells it."""
    told = {"episode": "usage_limit:2026-01-12", "kind": "hot_pql", "owner": owner, "reason": "the CRM owner is SDR 1"}
    return {**told, **changes}


def hand_over(house: House, owner: str, **changes: Any) -> None:
    told = owner_changed(owner, **changes)
    dedupe = f"owner_changed:golden-sentence:{told['episode']}:{told['owner']}"
    with house.store.write() as conn:
        facts.append(conn, "r-000001", [NewFact("owner_changed", "golden-sentence", dedupe, house.clock(), told)])


def test_a_new_owner_takes_over_an_open_alert(house: House) -> None:
    """The message says whose it is and was, the new owner gets it in person, and the step is recorded (D43)."""
    house.tell(payload())
    house.tick()
    hand_over(house, SQL_OWNER)
    house.tick(seconds=60)

    (alert,) = house.raised()
    assert (alert.state, alert.owner_email, alert.version) == ("open", SQL_OWNER, 2)
    assert house.steps() == [("open", "open", SQL_OWNER, "system")]
    (shown,), (before,), (direct,) = (house.messages(place) for place in (HOT, AE_DIRECT, SDR_DIRECT))
    assert f"*Owner:* {SQL_OWNER}" in shown["text"]
    for message in (before, direct):
        assert f"*Owner:* <@{SDR}>" in message["text"]
    for message in (shown, before, direct):
        assert f"Was <@{AE}>'s: the CRM owner is SDR 1" in message["text"]
    assert direct["blocks"][-1]["elements"][0]["action_id"] == "acknowledge"
    assert states(house) == [("channel:plg-hot", "sent"), (OWNERS, "sent"), (f"person:{SQL_OWNER}", "sent")]


def test_the_new_owner_can_take_it(house: House) -> None:
    """A click in the direct message is the alert's, and both messages show it (D38)."""
    house.tell(payload())
    hand_over(house, SQL_OWNER)
    house.tick()
    house.connect()
    assert house.click(SDR, message=house.messages(SDR_DIRECT)[0])
    house.hang_up()
    house.tick(seconds=1)

    assert house.raised()[0].acknowledged_by == SDR
    assert all(f"*<@{SDR}> is on it*" in house.messages(place)[0]["text"] for place in (HOT, SDR_DIRECT))


def test_an_alert_goes_back_and_forth(house: House) -> None:
    """Each owner has one message, which shows the owner of the moment; nobody is told twice."""
    house.tell(payload())
    house.tick()
    hand_over(house, SQL_OWNER)
    house.tick(seconds=5)
    hand_over(house, OWNER)
    for _ in range(3):
        house.tick(seconds=5)

    assert house.raised()[0].owner_email == OWNER
    assert [step[2] for step in house.steps()] == [SQL_OWNER, OWNER]
    assert [len(house.messages(place)) for place in (HOT, SDR_DIRECT, AE_DIRECT)] == [1, 1, 1]
    assert all(f"*Owner:* <@{AE}>" in house.messages(place)[0]["text"] for place in (SDR_DIRECT, AE_DIRECT))
    assert f"*Owner:* {OWNER}" in house.messages(HOT)[0]["text"]


def test_the_same_owner_is_no_news(house: House) -> None:
    """The alert is theirs already: no step, no message."""
    house.tell(payload())
    house.tick()
    hand_over(house, OWNER)
    house.tick(seconds=5)

    assert (house.steps(), posts(house), house.raised()[0].version) == ([], 2, 1)


@pytest.mark.parametrize("over", ["acknowledged", "superseded"])
def test_a_taken_or_superseded_alert_stays_whose_it_is(house: House, over: str) -> None:
    """Whoever has taken it has it, whoever owns the account; what is over is over."""
    house.tell(payload())
    house.tick()
    if over == "acknowledged":
        acknowledge(house.store, Click(1, AE, "Enterprise AE 1", house.clock()))
    else:
        house.tell(SQL_SEEN, kind="sql_seen")
        house.tick(seconds=1)
    hand_over(house, SQL_OWNER)
    house.tick(seconds=5)

    assert (house.raised()[0].state, house.raised()[0].owner_email) == (over, OWNER)
    assert house.messages(SDR_DIRECT) == []


@pytest.mark.parametrize("changes", [{"episode": "usage_limit:2026-01-11"}, {"kind": "fyi"}])
def test_another_alert_is_not_meant(house: House, changes: dict[str, str]) -> None:
    """Only the alert of that kind and episode changes hands; of one nobody knows nothing is said."""
    house.tell(payload())
    hand_over(house, SQL_OWNER, **changes)
    house.tick()

    assert house.raised()[0].owner_email == OWNER
    assert house.messages(SDR_DIRECT) == []


def test_a_new_owner_whom_slack_does_not_know_is_shown_in_the_channel(house: House) -> None:
    """There is nobody to write to: the message that is there already says whose the alert is. RevOps is told."""
    house.tell(payload())
    house.tick()
    hand_over(house, "nobody@workspace.example")
    for _ in range(3):
        house.tick(seconds=5)

    assert [len(house.messages(channel)) for channel in (HOT, AE_DIRECT, OPS)] == [1, 1, 1]
    assert "*Owner:* nobody@workspace.example" in house.messages(HOT)[0]["text"]


def test_two_replicas_hand_over_once(house: House) -> None:
    """The fact is taken by one of them."""
    other = Bot(house.client, house.store, measure, house.clock, SETTINGS)
    house.tell(payload())
    hand_over(house, SQL_OWNER)
    house.tick()
    other.tick()

    assert (len(house.steps()), len(house.messages(SDR_DIRECT))) == (1, 1)


@pytest.mark.parametrize("taken", [False, True])
def test_an_account_that_bought_by_itself_needs_nobody(house: House, *, taken: bool) -> None:
    """Whoever has the alert, it is over: its messages say so, its clock stands, and the step is recorded (D15)."""
    house.tell(payload())
    house.tick()
    if taken:
        acknowledge(house.store, Click(1, AE, "Enterprise AE 1", house.clock()))
    told = {"kind": "hot_pql", "episode": payload()["episode"], "paid_at": "2026-01-12T09:01:00+00:00"}
    with house.store.write() as conn:
        facts.append(conn, "r-000001", [NewFact("converted", "golden-sentence", "converted", house.clock(), told)])
    house.tick(seconds=60)
    house.tick(seconds=8 * 3600)

    (alert,) = house.raised()
    assert (alert.state, alert.close_reason) == ("converted", "self-serve")
    assert house.steps()[-1][1:] == ("converted", "system", "system")
    for place in (HOT, AE_DIRECT):
        (message,) = house.messages(place)
        assert "Converted" in message["text"]
        assert "I'm on it" not in str(message["blocks"])


# --------------------------------------------------------------------------------------------------------- superseding


@pytest.mark.parametrize("taken", [False, True])
def test_an_sql_in_the_crm_supersedes_the_alert(house: House, taken: bool) -> None:
    """Open or taken, the message changes to why, and the record says it came from the CRM (D3)."""
    house.tell(payload())
    house.tick()
    if taken:
        house.connect()
        assert house.click(AE)
        house.hang_up()
    house.tell(SQL_SEEN, kind="sql_seen")
    house.tick(seconds=60)

    (alert,) = house.raised()
    assert (alert.state, alert.superseded_at) == ("superseded", START)
    assert house.steps()[-1] == ("acknowledged" if taken else "open", "superseded", "crm", "crm")
    (message,) = house.messages(HOT)
    assert "SQL owned by SDR 1 since 2026-01-12" in message["text"]
    assert f"<@{SDR}> has the account now." in message["text"]
    assert (f"<@{AE}> was on it." in message["text"]) is taken


def test_a_superseded_alert_cannot_be_taken(house: House) -> None:
    """The clicker of an old button is told why (slack A2: a late ack must not bring an alert back)."""
    house.tell(payload())
    house.tick()
    house.fault("chat.update", 503)
    house.tell(SQL_SEEN, kind="sql_seen")
    house.tick()
    house.connect()
    assert house.click(AE)
    house.hang_up()
    assert house.raised()[0].state == "superseded"
    (whisper,) = house.whispers(AE)
    assert whisper["text"].endswith("SQL owned by SDR 1 since 2026-01-12")


def test_what_is_superseded_before_it_was_posted_is_not_posted(house: House) -> None:
    """Nobody needs a message about something that is over."""
    house.tell(payload())
    house.tell(SQL_SEEN, kind="sql_seen")
    house.tick()
    assert house.messages(HOT) == []
    assert house.deliveries()[0].error == "superseded before it was posted"


def test_an_fyi_is_not_superseded(house: House) -> None:
    """It went to the SQL owner in the first place."""
    house.tell(fyi_payload())
    house.tell(SQL_SEEN, kind="sql_seen")
    house.tick()
    assert house.raised()[0].state == "open"


# ------------------------------------------------------------------------------------------------------------ /funnel


def test_funnel_answers_with_numbers_and_a_chart(house: House) -> None:
    """Acknowledged at once, then an ephemeral with each share and its denominator (J1)."""
    house.connect()
    assert house.command("plg") == {"acknowledged": True, "elapsed_ms": pytest.approx(0, abs=2_900), "payload": None}
    house.hang_up()
    (whisper,) = house.whispers(AE)
    assert "30.0 % of Signup (1,260 of 4,200)" in whisper["text"]
    assert "data_visualization" in [block["type"] for block in whisper["blocks"]]
    assert house.messages(FYI) == []


def test_a_workspace_without_charts_gets_the_numbers(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """invalid_blocks: the chart is dropped and the rest sent again (slack B2)."""
    monkeypatch.setattr("sandbox.slack.blocks.CHARTS_PER_MESSAGE", 0)
    house.connect()
    house.command("SALES ")
    house.hang_up()
    (whisper,) = house.whispers(AE)
    assert "67.9 % of SQL (19 of 28)" in whisper["text"]
    assert [block["type"] for block in whisper["blocks"]] == [
        "context",
        "header",
        "context",
        "section",
        "context",
        "actions",
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "`/funnel plg` – counts and conversion: Product-led funnel"),
        ("help", "`/funnel sales` – counts and conversion: Sales-led funnel"),
        ("slaes", "Did you mean `/funnel sales`?"),
        ("broken", "cannot be read right now"),
    ],
)
def test_funnel_helps(house: House, text: str, answer: str) -> None:
    """No name, help, a typo, or numbers that cannot be read: always an answer."""
    house.connect()
    house.command(text)
    house.hang_up()
    assert answer in house.whispers(AE)[0]["text"]


def test_a_command_that_is_not_ours_is_answered(house: House) -> None:
    """Politely, and with what there is."""
    house.connect()
    answered = house.command("x", command="/pipeline")
    assert "I do not know `/pipeline`" in answered["payload"]["text"]


# ------------------------------------------------------------------------------------------------------------- access


def test_a_wrong_token_is_said_and_loses_nothing(house: House) -> None:
    """AccessError with what to mend; the alert goes out once it is mended."""
    house.tell(payload())
    house.team.bot_token = "xoxb-other"
    with pytest.raises(AccessError, match=r"invalid_auth.*slack\.bot_token"):
        house.tick()
    house.team.bot_token = "xoxb-sandbox"
    house.tick(seconds=60)
    assert len(house.messages(HOT)) == 1


def test_a_missing_scope_is_named(house: House) -> None:
    """The operator reads which scope, not a stack trace."""
    house.fault("users.lookupByEmail", 200, body={"ok": False, "error": "missing_scope", "needed": "users:read.email"})
    house.tell(payload())
    with pytest.raises(AccessError, match=r"lacks the scope users:read\.email"):
        house.tick()


def test_starting_binds_the_store_to_the_workspace(house: House) -> None:
    """D9: another workspace's token is refused from then on."""
    house.connect()
    assert house.bot.is_connected()
    assert house.bot.is_ticking()
    with house.store.read() as conn:
        assert bindings.bound(conn, "slack") == "T0WORK0001"
    house.hang_up()
    assert not house.bot.is_connected()

    house.team.info["id"] = "T0OTHER001"
    other = Bot(house.client, house.store, measure, house.clock, SETTINGS)
    with pytest.raises(ConfigError, match="bound to T0WORK0001"):
        other.start("xapp-sandbox", lambda _seconds: True)


def test_a_wrong_app_token_is_refused_cleanly(house: House) -> None:
    """Nothing keeps running behind the error."""
    with pytest.raises(AccessError, match="invalid_auth"):
        house.bot.start("xapp-wrong", lambda _seconds: True)
    assert not house.bot.is_ticking()


def test_stopping_does_not_need_slack(house: House) -> None:
    """The connection is dead already: hanging up is still clean, and nothing is left running."""
    house.connect()
    house.served.stop()
    house.hang_up()
    assert not house.bot.is_connected()
    assert not house.bot.is_ticking()


def test_slack_out_of_reach_is_transient(house: House) -> None:
    """No server at all: try again later, nothing is misconfigured."""
    nowhere = WebClient("xoxb-sandbox", base_url="http://127.0.0.1:9/api/")
    nowhere.proxy = None
    with pytest.raises(TransientError, match="cannot be reached"):
        Bot(nowhere, house.store, measure, house.clock, SETTINGS).start("xapp-sandbox", lambda _seconds: True)


def test_the_ticker_goes_on_after_a_failure(house: House) -> None:
    """A tick that fails is logged; the next one does the work."""
    house.tell(payload())
    house.fault("conversations.list", 200, body={"ok": False, "error": "token_revoked"})
    ticks = iter([False, False, True])

    def wait(_seconds: float) -> bool:
        house.clock.move(60)
        return next(ticks)

    house.bot.start("xapp-sandbox", wait)
    thread = house.bot._thread
    assert thread is not None
    thread.join(timeout=10)
    assert len(house.messages(HOT)) == 1


def test_what_is_no_answer_is_unknown() -> None:
    """Time-outs and resets are not refusals (slack B4)."""
    assert [understand(error).ending for error in (TimeoutError(), ConnectionResetError())] == ["unknown", "unknown"]


def test_counts_show_what_waits(house: House) -> None:
    """What `status` commands will read: alerts and deliveries by state."""
    house.tell(unowned())
    house.tick()
    with house.store.read() as conn:
        assert alerts.counts(conn) == alerts.Counts({"open": 1}, {"sent": 1})


def test_a_paused_bot_says_nothing_and_catches_up(house: House) -> None:
    """While Slack is paused facts become alerts and nothing is posted; resumed, it is, once (D31)."""
    with house.store.write() as conn:
        pauses.pause(conn, "slack", house.clock(), "RevOps")
    house.tell(payload())
    for _ in range(3):
        house.tick(seconds=5)
    assert house.messages(HOT) == []
    assert [alert.state for alert in house.raised()] == ["open"]

    with house.store.write() as conn:
        pauses.resume(conn, ["slack"])
    for _ in range(3):
        house.tick(seconds=5)
    assert len(house.messages(HOT)) == 1
