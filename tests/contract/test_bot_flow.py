"""Which alerts are shown where, thread, or wait in a digest: the bot against the Slack stand-in (D17, D18, D37)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.app import Bot
from bot.settings import BotSettings
from bot.sla.policy import DEFAULTS
from connector.model import NewFact
from connector.store import facts
from tests.contract.bot_house import AE, FYI, HOT, OPS, SDR, SDR_DIRECT, SETTINGS, START, House, furnished, measure
from tests.unit.bot.told import OWNER, SQL_OWNER, fyi_payload, payload

AE_DIRECT = f"D{AE[1:]}"
TIMED = replace(SETTINGS, policies=DEFAULTS)
EVENING = datetime(2026, 1, 12, 18, tzinfo=UTC)
MORNING = datetime(2026, 1, 13, 9, tzinfo=UTC)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with furnished(tmp_path) as built:
        yield built


def another(house: House, settings: BotSettings = TIMED) -> Bot:
    """One more bot on the same store."""
    return Bot(house.client, house.store, measure, house.clock, settings)


def ticked(house: House, *bots: Bot, times: int = 12, seconds: float = 10) -> None:
    """Let time pass in steps; every bot ticks at each."""
    for _ in range(times):
        for each in bots or (house.bot,):
            each.tick()
        house.clock.move(seconds)


def opening(number: int, **changes: Any) -> dict[str, Any]:
    """What a new account's alert tells; its score says which it is."""
    return payload(account={"name": f"Account {number:02d}"}, score=80 + number, **changes)


def open_many(house: House, count: int, **changes: Any) -> None:
    for number in range(count):
        house.tell(opening(number, **changes), key=f"account-{number:02d}")


def said_under(house: House, message: Mapping[str, Any]) -> list[str]:
    replies = (one for one in house.messages(message["channel"]) if one["thread_ts"] == message["ts"])
    return [one["text"] for one in replies if one["ts"] != message["ts"]]


# ------------------------------------------------------------------------------------------------ one alert, two places


@pytest.mark.parametrize("pressed", [HOT, AE_DIRECT])
def test_a_click_in_either_place_shows_in_both(house: House, pressed: str) -> None:
    """Channel and direct message are one alert: one step, and both say who has it (D38)."""
    house.tell(payload())
    house.tick()
    house.connect()
    assert house.click(AE, message=house.messages(pressed)[0])
    house.hang_up()
    house.tick(seconds=1)

    assert house.steps() == [("open", "acknowledged", AE, "slack")]
    for place in (HOT, AE_DIRECT):
        (message,) = house.messages(place)
        assert f"*<@{AE}> is on it*" in message["text"]
        assert "I'm on it" not in str(message["blocks"])


def test_an_owner_whom_slack_does_not_know_leaves_the_channel(house: House) -> None:
    """One message, in the channel, and nothing is planned a second time; RevOps is told of them."""
    house.tell(payload(routed_to="nobody@workspace.example"))
    ticked(house)
    assert [len(house.messages(place)) for place in (HOT, OPS)] == [1, 1]
    assert house.control.counts()["post"] == 2
    assert [each.state for each in house.deliveries()] == ["sent", "failed"]


@pytest.mark.parametrize(
    ("channels", "place"),
    [
        ({}, HOT),
        ({"hot": "revops"}, OPS),
        ({"hot": "revops", "hot.mid": "plg-fyi"}, FYI),
        ({"warm": "revops", "hot.enterprise": "plg-fyi"}, HOT),
    ],
)
def test_a_tier_and_a_segment_may_have_their_channel(house: House, channels: dict[str, str], place: str) -> None:
    """The segment's before the tier's before the usual one (D38)."""
    bot = another(house, replace(SETTINGS, channels=channels))
    house.tell(payload())
    bot.tick()
    assert [len(house.messages(each)) for each in (HOT, OPS, FYI)] == [int(place == each) for each in (HOT, OPS, FYI)]
    assert len(house.messages(AE_DIRECT)) == 1


def test_direct_messages_wait_for_their_readers_hours(house: House) -> None:
    """In the evening the channel hears at once, the owner and the reader of an FYI when their day begins (D37)."""
    house.clock.now = EVENING
    house.tell(payload())
    house.tell(fyi_payload(), key="other")
    ticked(house)
    assert [len(house.messages(place)) for place in (HOT, AE_DIRECT, SDR_DIRECT)] == [1, 0, 0]

    house.clock.now = MORNING
    ticked(house)
    assert [len(house.messages(place)) for place in (HOT, AE_DIRECT, SDR_DIRECT)] == [1, 1, 1]


# --------------------------------------------------------------------------------------------------------- what threads


def seen(trigger: str, kind: str, text: str, **changes: Any) -> dict[str, Any]:
    """What the connector tells of something new inside the episode of `payload()`."""
    signal = {"kind": kind, "text": text, "occurred_at": "2026-01-12T10:00:00Z"}
    told = {"kind": "hot_pql", "episode": "usage_limit:2026-01-12", "trigger": trigger, "signal": signal}
    return {**told, "sentence": f"This account: {text}.", "signals": [signal], **changes}


def hear(house: House, told: Mapping[str, Any], key: str = "golden-sentence") -> None:
    dedupe = f"signal_seen:{key}:{told['episode']}:{told['signal']['kind']}"
    with house.store.write() as conn:
        facts.append(conn, "r-000001", [NewFact("signal_seen", key, dedupe, house.clock(), told)])


@pytest.mark.parametrize(
    ("trigger", "kind", "text"),
    [
        ("hot", "hot", "Turned Hot at 85"),
        ("intent", "gated_attempt", "Tried a gated feature today"),
        ("usage_limit", "limit_hit", "Hit the usage limit today"),
    ],
)
def test_each_trigger_opens_once_and_threads_once(house: House, trigger: str, kind: str, text: str) -> None:
    """A reply under each message of the alert, which now tells it too, however often it is told or ticked (D17)."""
    house.tell(payload(trigger=trigger))
    house.tick()
    other = another(house, SETTINGS)
    for _ in range(3):
        hear(house, seen(trigger, kind, text))
        ticked(house, house.bot, other, times=2)

    assert len(house.raised()) == 1
    for place in (HOT, AE_DIRECT):
        message = next(one for one in house.messages(place) if one["thread_ts"] in (None, one["ts"]))
        (reply,) = said_under(house, message)
        assert text in reply
        assert f"This account: {text}." in message["text"]
    assert house.control.counts()["post"] == 4
    assert house.raised()[0].payload["signals"][0]["kind"] == kind


def test_a_reply_whose_answer_was_lost_is_not_said_again(house: House) -> None:
    """Accepted and the answer lost: found in its thread, and adopted (slack B9)."""
    house.tell(payload())
    house.tick()
    house.control.order({"match": "chat.postMessage", "action": "drop_after_accept"})
    hear(house, seen("intent", "gated_attempt", "Tried a gated feature"))
    ticked(house, seconds=61)
    assert [len(said_under(house, house.messages(place)[0])) for place in (HOT, AE_DIRECT)] == [1, 1]


def test_what_happened_before_the_post_needs_no_reply(house: House) -> None:
    """The message that is still to come tells it all."""
    house.tell(payload())
    hear(house, seen("intent", "gated_attempt", "Tried a gated feature"))
    ticked(house)
    assert house.control.counts()["post"] == 2
    assert "This account: Tried a gated feature." in house.messages(HOT)[0]["text"]


def test_the_owner_hears_of_it_in_their_hours(house: House) -> None:
    """A reply in a direct message rings like one (D37)."""
    house.tell(payload())
    house.tick()
    house.clock.now = EVENING
    hear(house, seen("intent", "gated_attempt", "Tried a gated feature"))
    ticked(house)
    assert [len(said_under(house, house.messages(place)[0])) for place in (HOT, AE_DIRECT)] == [1, 0]
    house.clock.now = MORNING
    ticked(house)
    assert len(said_under(house, house.messages(AE_DIRECT)[0])) == 1


def test_an_alert_that_is_over_hears_nothing(house: House) -> None:
    """Superseded meanwhile: the fact is taken, and nothing is said."""
    house.tell(payload())
    house.tick()
    house.tell({"episode": "usage_limit:2026-01-12", "reason": "SQL", "owner": SQL_OWNER}, kind="sql_seen")
    hear(house, seen("intent", "gated_attempt", "Tried a gated feature"))
    ticked(house)
    assert house.control.counts()["post"] == 2


# -------------------------------------------------------------------------------------------------------------- digests


def lines(message: Mapping[str, Any]) -> list[str]:
    """The accounts a digest lists."""
    return [block["text"]["text"].split("*")[1] for block in message["blocks"] if block["type"] == "section"]


def buttons(message: Mapping[str, Any]) -> list[str]:
    """The alerts a digest offers."""
    return [block["accessory"]["value"] for block in message["blocks"] if "accessory" in block]


def test_ten_hot_accounts_are_eight_messages_and_a_digest_of_two(house: House) -> None:
    """Beyond eight a day it is one message more for its reader; all ten are alerts whose clocks run (D37, D40)."""
    bot = another(house)
    open_many(house, 10)
    ticked(house, bot, another(house), times=15)

    *own, digest = house.messages(AE_DIRECT)
    assert (len(own), len(house.messages(HOT))) == (8, 8)
    assert lines(digest) == ["Account 08", "Account 09"]
    raised = [house.raised(f"account-{number:02d}")[0] for number in range(10)]
    assert {(each.state, each.due_at) for each in raised} == {("open", START + timedelta(hours=1))}
    assert buttons(digest) == [str(each.id) for each in raised[8:]]


def test_the_next_day_has_its_own_eight(house: House) -> None:
    """What comes after hours counts for the day on which its owner hears of it, in their zone."""
    bot = another(house)
    open_many(house, 8)
    ticked(house, bot)
    house.clock.now = EVENING
    house.tell(opening(20), key="late")
    ticked(house, bot)
    house.clock.now = MORNING
    ticked(house, bot)
    told = house.messages(AE_DIRECT)
    assert "Account 20" in [one for one in told if one["thread_ts"] is None][-1]["text"]
    assert not any(buttons(one) for one in told)


def test_a_digest_shows_who_took_what(house: House) -> None:
    """A press on one line takes that alert alone; the digest is rewritten, and the rest stays open."""
    open_many(house, 10)
    ticked(house)
    digest = house.messages(AE_DIRECT)[-1]
    second = next(block for block in digest["blocks"] if block.get("accessory", {}).get("value") == buttons(digest)[1])
    house.connect()
    house._act("click", user=SDR, block_id=second["block_id"], channel=AE_DIRECT, ts=digest["ts"])
    house.hang_up()

    assert [house.raised(key)[0].state for key in ("account-08", "account-09")] == ["open", "acknowledged"]
    digest = house.messages(AE_DIRECT)[-1]
    assert len(buttons(digest)) == 1
    assert f"<@{SDR}> is on it" in digest["text"]


def test_a_digest_in_doubt_is_found_again(house: House) -> None:
    """Accepted and the answer lost: found by its stamp, which names nobody, and adopted (slack B9)."""
    open_many(house, 8)
    ticked(house)
    house.tell(opening(8), key="account-08")
    ticked(house, times=6)
    house.control.order({"match": "chat.postMessage", "action": "drop_after_accept"})
    ticked(house, seconds=61)

    digests = [one for one in house.messages(AE_DIRECT) if buttons(one)]
    assert [lines(one) for one in digests] == [["Account 08"]]
    assert "@" not in str(digests[0]["metadata"])


def test_a_long_digest_says_how_many_more_there_are(house: House) -> None:
    """Slack takes fifty blocks: the rest is in the queue."""
    open_many(house, 60, episode="baseline")
    ticked(house, times=20)
    (digest,) = house.messages(AE_DIRECT)
    assert len(digest["blocks"]) <= 50
    assert len(lines(digest)) == 40
    assert "and 20 more: `/funnel queue`" in digest["text"]


def test_a_digest_for_somebody_slack_does_not_know_goes_to_the_channel(house: House) -> None:
    """As every message does."""
    open_many(house, 2, episode="baseline", routed_to="nobody@workspace.example")
    ticked(house)
    (digest,) = house.messages(HOT)
    assert lines(digest) == ["Account 00", "Account 01"]


# --------------------------------------------------------------------------------------------------------- the baseline


def test_the_baseline_is_one_digest_per_owner_without_a_clock(house: House) -> None:
    """Who was Hot from the start waits in a queue: a dated message each owner, one for all that is nobody's (D18)."""
    bots = another(house), another(house)
    owners = [OWNER, SQL_OWNER, None]
    for number in range(9):
        told = opening(number, episode="baseline", trigger="baseline", routed_to=owners[number % 3])
        house.tell(told, key=f"account-{number:02d}")
        ticked(house, *bots, times=3)  # the run that tells them may take a while
    ticked(house, *bots)

    for place, first in ((AE_DIRECT, 0), (SDR_DIRECT, 1), (HOT, 2)):
        (digest,) = house.messages(place)
        assert lines(digest) == [f"Account {number:02d}" for number in range(first, 9, 3)]
        assert "Hot already · 12 Jan 2026" in digest["text"]
        assert len(buttons(digest)) == 3
    assert house.control.counts()["post"] == 3
    house.clock.move(7 * 24 * 3600)
    ticked(house, *bots)
    raised = [house.raised(f"account-{number:02d}")[0] for number in range(9)]
    assert {(each.state, each.due_at) for each in raised} == {("open", None)}
    assert house.control.counts()["post"] == 3


def test_other_definitions_add_to_the_queue(house: House) -> None:
    """As the first run does: a digest, no clock, no storm however many they are; a place from before is given up."""
    bot = another(house)
    open_many(house, 1, episode="baseline")
    ticked(house, bot)
    house.clock.move(24 * 3600)
    open_many(house, 30, episode="v2:baseline")
    ticked(house, bot)

    first, second = house.messages(AE_DIRECT)
    assert (len(buttons(first)), len(buttons(second))) == (0, 30)
    assert [(each.state, each.due_at) for each in house.raised("account-00")] == [("closed", None), ("open", None)]


def test_an_alert_of_its_own_takes_an_account_out_of_the_baseline(house: House) -> None:
    """Its line says so and has no button; the new alert has its messages and its clock."""
    bot = another(house)
    open_many(house, 2, episode="baseline")
    ticked(house, bot)
    house.tell(opening(0), key="account-00")
    ticked(house, bot)

    before, now = house.raised("account-00")
    assert (before.state, now.state, now.due_at is None) == ("closed", "open", False)
    digest, alert = house.messages(AE_DIRECT)
    assert len(buttons(digest)) == 1
    assert "Hot PQL" in alert["text"]


# ----------------------------------------------------------------------------------------------------------------- Warm


def test_warm_accounts_wait_for_a_digest_every_two_hours(house: House) -> None:
    """One message for those of two working hours, each with its button and its own clock (D37)."""
    bot = another(house)
    house.tell(opening(0, tier="warm", routed_to=SQL_OWNER), key="account-00")
    ticked(house, bot)
    house.clock.move(3600)
    house.tell(opening(1, tier="warm", routed_to=SQL_OWNER), key="account-01")
    ticked(house, bot)
    assert house.messages(SDR_DIRECT) == house.messages(HOT) == []

    house.clock.now = START + timedelta(hours=2)
    house.tell(opening(2, tier="warm", routed_to=SQL_OWNER), key="account-02")
    ticked(house, bot)
    (digest,) = (one for one in house.messages(SDR_DIRECT) if buttons(one))
    assert lines(digest) == ["Account 00", "Account 01"]
    assert "Warm accounts" in digest["text"]
    due = [house.raised(f"account-{number:02d}")[0].due_at for number in range(2)]
    assert due == [START + timedelta(hours=4)] * 2  # from when they were raised

    house.clock.now = START + timedelta(hours=4)
    ticked(house, bot)
    assert [lines(one) for one in house.messages(SDR_DIRECT) if buttons(one)][-1] == ["Account 02"]


def test_a_rung_of_a_listed_account_is_told_under_the_digest(house: House) -> None:
    """Where the alert is shown."""
    bot = another(house)
    house.tell(opening(0, tier="warm", routed_to=SQL_OWNER), key="account-00")
    ticked(house, bot, times=1)
    house.clock.now = START + timedelta(hours=2)
    ticked(house, bot, times=3)
    house.clock.now = START + timedelta(hours=4)
    ticked(house, bot, times=4)
    digest = house.messages(SDR_DIRECT)[0]
    assert any("Nobody has taken" in text for text in said_under(house, digest))


# ------------------------------------------------------------------------------------------------------------ expansion


def test_an_alert_of_expansion_has_its_own_promise(house: House) -> None:
    """Eight business hours, whatever the customer's tier; to its owner and where all can see it (D15)."""
    bot = another(house)
    told = payload(kind="expansion", trigger="customer-seats", episode="customer-seats:2026-01-12", tier="warm")
    house.tell({**told, "routed_to": SQL_OWNER, "route": "expansion"})
    ticked(house, bot)

    (message,), (direct,) = house.messages(HOT), house.messages(SDR_DIRECT)
    assert "Expansion · Golden sentence" in direct["text"]
    assert house.raised()[0].due_at == START + timedelta(hours=8)
    for each in (message, direct):
        assert each["blocks"][-1]["elements"][0]["action_id"] == "acknowledge"
