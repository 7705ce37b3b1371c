"""RevOps in Slack: storms of alerts that wait for a word, plans applied by a button, what fails said once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.app import Bot
from bot.brake import StormPolicy
from bot.herald import Herald
from bot.holding import decide
from bot.operations import Office
from bot.people import People
from bot.places import Places
from bot.sla.hours import Hours
from bot.sla.policy import DEFAULTS
from bot.sla.roster import REVOPS, Member, Roster
from bot.watching import Finding
from connector.errors import AccessError, StoreError
from connector.model import NewFact
from connector.store import alerts, definitions, facts, notices, requests, runs, storms
from tests.contract.bot_house import AE, GUEST, HOT, OPS, SDR, SETTINGS, House, furnished, measure
from tests.unit.bot.told import OWNER, SQL_OWNER, fyi_payload, payload

ROSTER = Roster(
    members={SQL_OWNER: Member(SQL_OWNER, Hours(ZoneInfo("UTC")), role=REVOPS)}
)  # the SDR's e-mail, so the SDR is RevOps
WITH_REVOPS = replace(SETTINGS, roster=ROSTER, policies=DEFAULTS, storm=StormPolicy())
BUTTONS = ["storm_release", "storm_baseline", "storm_discard"]


class Found:
    """What is wrong with the syncs, as told by hand."""

    def __init__(self) -> None:
        self.now: list[Finding] = []

    def __call__(self) -> Sequence[Finding]:
        return self.now


@pytest.fixture
def found() -> Found:
    return Found()


@pytest.fixture
def house(tmp_path: Path, found: Found) -> Iterator[House]:
    with furnished(tmp_path, burst=1_000) as built:
        built.bot = replica(built, found)
        yield built


def replica(house: House, found: Found | None = None) -> Bot:
    return Bot(house.client, house.store, measure, house.clock, WITH_REVOPS, found or Found())


def crossing(house: House, count: int, run: str = "r-000001", first: int = 0) -> None:
    """So many accounts of nobody's cross to Hot in one run: each is shown in the channel alone, and none is capped."""
    wanted = [
        NewFact(
            "alert_wanted", f"account-{n:03d}", f"alert_wanted:account-{n:03d}", house.clock(), payload(routed_to=None)
        )
        for n in range(first, first + count)
    ]
    with house.store.write() as conn:
        facts.append(conn, run, wanted)


def quieten(house: House, bot: Bot | None = None, ticks: int = 30) -> None:
    """Tick until all of it is said."""
    for _ in range(ticks):
        house.clock.move(10)
        (bot or house.bot).tick()


def count(house: House, query: str) -> int:
    with house.store.read() as conn:
        return int(conn.exec_driver_sql(f"SELECT count(*) FROM {query}").scalar_one())


def actions(message: dict[str, Any]) -> list[str]:
    return [one["action_id"] for block in message["blocks"] if block["type"] == "actions" for one in block["elements"]]


def pressed(house: House, user: str, action_id: str, message: dict[str, Any] | None = None) -> None:
    house.connect()
    assert house.click(user, action_id, message or house.messages(OPS)[0])
    house.hang_up()


# -------------------------------------------------------------------------------------------------------------- storms


def test_five_hundred_crossings_are_held_and_revops_is_told_once(house: House) -> None:
    """Nobody gets a message, no alert and no fact is lost, and RevOps has one message with three buttons."""
    crossing(house, 500)
    for _ in range(3):
        house.tick(seconds=1)

    assert house.messages(HOT) == []
    assert (count(house, "alerts"), count(house, "facts WHERE taken_at IS NULL")) == (0, 500)
    (told,) = house.messages(OPS)
    assert "*500* new alerts wait" in told["text"]
    assert "20 at most" in told["text"]
    assert actions(told) == BUTTONS


def test_released_they_are_alerts_like_any_other(house: House) -> None:
    """All 500 are posted once each, matched by the stamps Slack holds; the message says who decided what and when."""
    crossing(house, 500)
    house.tick()
    pressed(house, SDR, "storm_release")
    quieten(house, ticks=120)

    stamps = [one["metadata"]["event_payload"]["alert"] for one in house.messages(HOT) if not one["thread_ts"]]
    assert len(stamps) == len(set(stamps)) == 500
    assert count(house, "facts WHERE taken_at IS NULL") == 0
    assert count(house, "alerts WHERE planned_version IS NULL") == 0
    (told,) = [one for one in house.messages(OPS) if "are held" in one["text"]]
    assert f"<@{SDR}> decided" in told["text"]
    assert "released as alerts" in told["text"]
    assert actions(told) == []


@pytest.mark.parametrize(
    ("button", "state", "word"),
    [("storm_baseline", "open", "entered without messages"), ("storm_discard", "closed", "*discarded*")],
)
def test_entered_or_discarded_nobody_hears_of_them(house: House, button: str, state: str, word: str) -> None:
    """They are in the store, open or closed with who and why; no message, no clock; their cooldown counts."""
    crossing(house, 30)
    house.tick()
    pressed(house, SDR, button)
    quieten(house)

    assert house.messages(HOT) == []
    (told,) = house.messages(OPS)
    assert word in told["text"]
    assert count(house, f"alerts WHERE state = '{state}' AND planned_version IS NULL") == 30
    assert count(house, "rungs") == count(house, "deliveries") == 0
    with house.store.read() as conn:
        (alert,) = alerts.of_account(conn, "account-007")
        assert alerts.last_raised(conn, ["account-007"])["account-007"].state == state
    assert (alert.close_reason is not None) == (state == "closed")
    if state == "closed":
        assert house.steps(alert.id) == [("open", "closed", SDR, "slack")]


def test_up_to_twenty_need_no_word(house: House) -> None:
    """The floor: as many as that are ordinary, whatever the days before were like."""
    crossing(house, 20)
    quieten(house, ticks=5)
    assert len(house.messages(HOT)) == 20
    assert house.messages(OPS) == []


def test_a_busy_store_may_bring_three_median_days(house: House) -> None:
    """Days with ten alerts each: 30 pass, 31 do not."""
    with house.store.write() as conn:
        for day in range(1, 15):
            for n in range(10):
                alerts.open_alert(
                    conn,
                    account_key=f"old-{day}-{n}",
                    kind="hot_pql",
                    episode="e",
                    raised_at=house.clock() - timedelta(days=day),
                    occurred_at=house.clock(),
                    owner_email=None,
                    payload={},
                    state="closed",
                )
    crossing(house, 30)
    house.tick()
    assert house.messages(OPS) == []
    with house.store.write() as conn:
        second = runs.start(conn, "alerts", house.clock())
    crossing(house, 31, second, first=100)
    quieten(house, ticks=3)
    assert len([one for one in house.messages(OPS) if "*31* new alerts wait" in one["text"]]) == 1


def test_a_tick_that_comes_in_chunks_is_one_tick(house: House) -> None:
    """What went out before the flood was seen stays out; all that comes after it is held, in one message."""
    crossing(house, 15)
    house.tick()
    assert count(house, "alerts") == 15
    for first in (15, 30, 45):
        crossing(house, 15, first=first)
        house.tick(seconds=1)
    assert count(house, "alerts") == 15
    quieten(house, ticks=2)
    (told,) = [one for one in house.messages(OPS) if "are held" in one["text"]]
    assert "*45* new alerts wait" in told["text"]


def test_late_alerts_of_a_decided_tick_go_the_same_way(house: House) -> None:
    """A run that is still at work when RevOps decides: what it wants later is discarded, or let by, as the rest was."""
    crossing(house, 30)
    house.tick()
    decide(house.store, 1, storms.DISCARD, SDR, house.clock())
    crossing(house, 10, first=30)
    quieten(house, ticks=5)
    assert count(house, "alerts WHERE state = 'closed'") == 40
    assert house.messages(HOT) == []


def test_two_storms_at_once_are_one_question(house: House) -> None:
    """A second tick that trips the brake joins what waits already."""
    crossing(house, 30)
    house.tick()
    with house.store.write() as conn:
        second = runs.start(conn, "alerts", house.clock())
    crossing(house, 25, second, first=30)
    quieten(house, ticks=3)
    (told,) = house.messages(OPS)
    assert "*55* new alerts wait" in told["text"]


def test_an_sql_does_not_overtake_the_alert_it_ends(house: House) -> None:
    """It waits with the held alert; released, the alert is superseded and never posted as one to take."""
    crossing(house, 30)
    house.tick()
    seen = {"episode": payload()["episode"], "rule": "sql-supersedes-pql", "reason": "an SQL", "owner": SQL_OWNER}
    house.tell(seen, key="account-003", kind="sql_seen")
    house.tick(seconds=1)
    decide(house.store, 1, storms.RELEASE, SDR, house.clock())
    quieten(house, ticks=5)
    assert [alert.state for alert in house.raised("account-003")] == ["superseded"]
    assert count(house, "alerts WHERE state = 'open'") == 29


def test_the_first_tick_after_a_change_of_definitions_is_held(house: House) -> None:
    """Not even one alert goes out; the tick after the next whole run is ordinary again."""
    with house.store.write() as conn:
        definitions.record(conn, {"tiers": "one", "people": "a", "funnel": "f"}, {}, house.clock())
        runs.finish(conn, "r-000001", "done", house.clock(), {}, None)
    house.clock.move(60)
    with house.store.write() as conn:
        second = runs.start(conn, "full", house.clock())
        definitions.record(conn, {"tiers": "two"}, {}, house.clock())
    crossing(house, 1, second)
    house.tick(seconds=1)
    assert house.messages(HOT) == []
    assert "The definitions changed" in house.messages(OPS)[0]["text"]

    with house.store.write() as conn:
        runs.finish(conn, second, "done", house.clock(), {}, None)
    house.clock.move(60)
    with house.store.write() as conn:
        third = runs.start(conn, "alerts", house.clock())
    crossing(house, 1, third, first=1)
    house.tick()
    assert len(house.messages(HOT)) == 1


def test_upkeep_and_funnels_change_no_alert(house: House) -> None:
    """Who is away and what is counted change daily; nothing is held for that."""
    with house.store.write() as conn:
        definitions.record(conn, {"people": "a", "funnel": "f"}, {}, house.clock())
        runs.finish(conn, "r-000001", "done", house.clock(), {}, None)
    house.clock.move(60)
    with house.store.write() as conn:
        second = runs.start(conn, "full", house.clock())
        definitions.record(conn, {"people": "b", "funnel": "g"}, {}, house.clock())
    crossing(house, 1, second)
    house.tick()
    assert len(house.messages(HOT)) == 1


@pytest.mark.parametrize(
    ("user", "button", "words"),
    [
        (AE, "storm_release", "Only RevOps decides that"),
        (AE, "storm_discard", "Only RevOps decides that"),
        (GUEST, "storm_baseline", "guests cannot"),
    ],
)
def test_only_revops_decides(house: House, user: str, button: str, words: str) -> None:
    """Everybody else is told so, alone, and nothing happens."""
    crossing(house, 30)
    house.tick()
    pressed(house, user, button)
    quieten(house, ticks=2)
    (whisper,) = house.whispers(user)
    assert words in whisper["text"]
    assert count(house, "storms WHERE decided IS NULL") == 1
    assert count(house, "facts WHERE taken_at IS NULL") == 30


def test_the_second_word_is_told_of_the_first(house: House) -> None:
    """Whoever presses an older message after somebody decided hears who and what."""
    crossing(house, 30)
    house.tick()
    shown = dict(house.messages(OPS)[0])
    house.connect()
    house.fault("chat.update", 503, times=9)
    assert house.click(SDR, "storm_discard", shown)
    assert house.click(SDR, "storm_release", shown)
    house.hang_up()
    (whisper,) = house.whispers(SDR)
    assert f"<@{SDR}> decided before you" in whisper["text"]
    quieten(house, ticks=2)
    assert count(house, "alerts WHERE state = 'closed'") == 30


def test_two_replicas_hold_tell_and_release_once(house: House) -> None:
    """Both tick over the same store at the same time, all along."""
    other = replica(house)
    crossing(house, 200)

    def together() -> None:
        with ThreadPoolExecutor(2) as both:
            list(both.map(lambda bot: bot.tick(), (house.bot, other)))

    together()
    assert len(house.messages(OPS)) == 1
    assert (count(house, "alerts"), count(house, "storms")) == (0, 1)
    decide(house.store, 1, storms.RELEASE, SDR, house.clock())
    for _ in range(20):
        house.clock.move(30)
        together()
    stamps = [one["metadata"]["event_payload"]["alert"] for one in house.messages(HOT) if not one["thread_ts"]]
    assert len(stamps) == len(set(stamps)) == 200


def test_killed_while_it_enters_them_another_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The word is in the store, each alert is a transaction: what is left is entered by the next process, once."""
    crossing(house, 30)
    house.tick()
    decide(house.store, 1, storms.BASELINE, SDR, house.clock())
    entered = iter(range(12))

    def dies(*_arguments: object) -> None:
        if next(entered, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("bot.holding.rungs.stop", dies)
        with pytest.raises(KeyboardInterrupt):
            house.bot.tick()
    assert count(house, "alerts") == 12
    quieten(house, replica(house), ticks=3)
    assert (count(house, "alerts"), count(house, "facts WHERE taken_at IS NULL")) == (30, 0)


def test_a_lost_answer_does_not_tell_revops_twice(house: House) -> None:
    """Slack accepted, the connection dropped: the message is found by its stamp and adopted (slack B9)."""
    crossing(house, 30)
    house.gate.drop = "/api/chat.postMessage"
    house.tick()
    quieten(house, replica(house), ticks=6)
    (told,) = house.messages(OPS)
    with house.store.read() as conn:
        (notice,) = notices.ongoing(conn)
    assert (notice.state, notice.ts) == ("sent", told["ts"])


def test_dying_before_the_post_does_not_lose_the_question(house: House) -> None:
    """Claimed and never posted: not there after the grace, so it is posted, once."""
    crossing(house, 30)
    house.fault("chat.postMessage", 500, body="upstream is gone")
    house.tick()
    assert house.messages(OPS) == []
    quieten(house, replica(house), ticks=6)
    assert len(house.messages(OPS)) == 1


# ------------------------------------------------------------------------------------------------------------ the syncs


def failing(error: str = "HubSpot refuses the token") -> Finding:
    return Finding(notices.SYNC, "full", {"lane": "full", "error": error})


def refused(hash_: str = "0a1b2c", alarm: bool = False) -> Finding:
    why = "salesforce_account: up to 60 records would be created, more than 50 (guards.creates)"
    return Finding(notices.PLAN, "full", {"hash": hash_, "why": why, "run": "r-000001"}, alarm)


def test_a_lane_that_fails_is_told_at_first_and_at_its_recovery(house: House, found: Found) -> None:
    """However often it fails in between, and to however many replicas."""
    found.now = [failing()]
    other = replica(house, found)
    for _ in range(4):
        house.tick(seconds=20)
        other.tick()
    (told,) = house.messages(OPS)
    assert "Lane full does not sync" in told["text"]
    assert "HubSpot refuses the token" in told["text"]

    found.now = []
    for _ in range(4):
        house.tick(seconds=20)
        other.tick()
    told, over = house.messages(OPS)
    assert "✅ It works again" in told["text"]
    assert (over["thread_ts"], "works again" in over["text"]) == (told["ts"], True)

    found.now = [failing()]
    quieten(house, ticks=4)
    assert len(house.messages(OPS)) == 3  # the next time is another time


def test_another_reason_is_news_of_the_same_failure(house: House, found: Found) -> None:
    """The message says the newest reason; nobody is rung again."""
    found.now = [failing()]
    quieten(house, ticks=2)
    found.now = [failing("<!channel> the store is busy")]
    quieten(house, ticks=3)
    (told,) = house.messages(OPS)
    assert "&lt;!channel&gt; the store is busy" in told["text"]


def test_a_refused_plan_is_asked_for_by_button(house: House, found: Found) -> None:
    """The summary with its hash; RevOps' press is a request in the store, which the message says is on its way."""
    found.now = [refused()]
    quieten(house, ticks=3)
    (told,) = house.messages(OPS)
    assert "up to 60 records would be created, more than 50" in told["text"]
    assert actions(told) == ["plan_apply"]
    pressed(house, SDR, "plan_apply")
    with house.store.read() as conn:
        (asked,) = requests.waiting(conn)
    assert (asked.kind, asked.about, asked.asked_by) == (requests.APPLY_PLAN, "0a1b2c", SDR)
    (told,) = house.messages(OPS)
    assert f"<@{SDR}> had it applied" in told["text"]
    assert actions(told) == []

    with house.store.write() as conn:
        requests.end(conn, asked.id, "applied", house.clock())
    found.now = []
    quieten(house, ticks=3)
    told, over = house.messages(OPS)
    assert "No plan waits any more" in told["text"]
    assert over["thread_ts"] == told["ts"]
    assert f"<@{SDR}> had it applied" in over["text"]


def test_a_plan_that_moved_is_shown_anew_and_not_applied_by_an_old_press(house: House, found: Found) -> None:
    """One message while it lasts: its button is that of the newest plan; an older one is refused."""
    found.now = [refused()]
    quieten(house, ticks=2)
    shown = dict(house.messages(OPS)[0])
    found.now = [refused("ffff00")]
    with house.store.write() as conn:
        known = notices.ongoing(conn)[0]
        notices.tell(conn, known.kind, known.about, {**known.told, "hash": "ffff00"}, house.clock())
    pressed(house, SDR, "plan_apply", shown)
    assert "The plan has moved" in house.whispers(SDR)[0]["text"]
    with house.store.read() as conn:
        assert requests.waiting(conn) == []
    quieten(house, ticks=3)
    (told,) = house.messages(OPS)
    assert "ffff00" in told["text"]


def test_a_plan_that_could_not_be_applied_says_why_and_asks_again(house: House, found: Found) -> None:
    """The scheduler's answer is in the message, and the button is back."""
    found.now = [refused()]
    quieten(house, ticks=2)
    pressed(house, SDR, "plan_apply")
    with house.store.write() as conn:
        requests.end(conn, 1, "the plan has moved: it is ffff00 now", house.clock())
    found.now = [refused("ffff00")]
    quieten(house, ticks=4)
    (told,) = house.messages(OPS)
    assert "the plan has moved: it is ffff00 now" in told["text"]
    assert actions(told) == ["plan_apply"]


def test_only_revops_applies_a_plan(house: House, found: Found) -> None:
    """An AE is told so; no request is written."""
    found.now = [refused()]
    quieten(house, ticks=2)
    pressed(house, AE, "plan_apply")
    assert "Only RevOps" in house.whispers(AE)[0]["text"]
    with house.store.read() as conn:
        assert requests.waiting(conn) == []


def test_a_plan_that_waits_too_long_is_an_alarm_once(house: House, found: Found) -> None:
    """One reply, however often somebody looks (D25)."""
    found.now = [refused()]
    quieten(house, ticks=2)
    found.now = [refused(alarm=True)]
    quieten(house, ticks=8)
    told, alarm = house.messages(OPS)
    assert (alarm["thread_ts"], "has waited for 24 hours" in alarm["text"]) == (told["ts"], True)


# --------------------------------------------------------------------------------------------------------- Slack itself


def fyis(house: House, count: int) -> None:
    for n in range(count):
        house.tell(fyi_payload(routed_to="nobody@workspace.example"), key=f"account-{n}")


def about_slack(house: House) -> list[str]:
    return [one["text"] for one in house.messages(OPS) if "Slack refuses a place" in one["text"]]


def test_an_owner_unknown_to_slack_is_reported_once_for_all_alerts(house: House) -> None:
    """Every alert goes to its next place; RevOps hears of the cause once, with what to do."""
    fyis(house, 9)
    quieten(house, ticks=6)
    (told,) = about_slack(house)
    assert "*person:nobody@workspace.example*: Slack knows nobody active by this e-mail" in told
    assert "messages go to channel:plg-fyi" in told


def test_a_deactivated_owner_is_one_unknown_to_slack(house: House) -> None:
    """Slack finds nobody by a deactivated user's e-mail (slack B8): the alert is shown in the channel."""
    house.team.edit("users", AE, {"deleted": True}, "an administrator")
    house.tell(fyi_payload(routed_to=OWNER))
    quieten(house, ticks=3)
    assert len(about_slack(house)) == 1


@pytest.mark.parametrize(
    ("change", "code"), [({"bot_member": False}, "not_in_channel"), ({"is_archived": True}, "channel_not_found")]
)
def test_a_channel_without_the_bot_is_reported_until_it_takes_messages(
    house: House, change: dict[str, bool], code: str
) -> None:
    """Once for many alerts, which operations gets instead; over with the first message the channel takes."""
    house.team.edit("channels", HOT, change, "an administrator")
    crossing(house, 5)
    quieten(house, ticks=4)
    (told,) = about_slack(house)
    assert f"`{code}`" in told

    house.team.edit("channels", HOT, {name: not value for name, value in change.items()}, "an administrator")
    house.clock.move(3600)  # channels are listed anew
    crossing(house, 1, first=900)
    quieten(house, ticks=3)
    (told,) = about_slack(house)
    assert "✅ It takes messages again" in told


def test_a_deleted_message_of_an_open_alert_is_shown_elsewhere(house: House) -> None:
    """Its next change finds it gone: the alert goes to operations, once, and RevOps knows why."""
    house.tell(payload(routed_to=None))
    house.tick()
    (message,) = house.messages(HOT)
    house.fault("chat.update", 200, times=9, body={"ok": False, "error": "message_not_found"})
    house.clock.move(8 * 3600)
    for _ in range(6):
        house.tick(seconds=20)
    shown = [one for one in house.messages(OPS) if "acknowledge" in actions(one) and "Hot PQL" in one["text"]]
    assert len(shown) == 1
    (told,) = about_slack(house)
    assert "somebody deleted the message" in told
    assert message["ts"] != shown[0]["ts"]


def test_operations_itself_is_never_told_of_its_own_channel(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Both channels refuse: nothing is posted about that, nothing loops; the log says it, and the store keeps it."""
    for channel in (HOT, OPS):
        house.team.edit("channels", channel, {"bot_member": False}, "an administrator")
    crossing(house, 3)
    quieten(house, ticks=12)
    assert house.messages(OPS) == []
    assert house.control.counts()["post"] == 7  # three alerts at both places, and one word to operations
    with house.store.read() as conn:
        told = {(one.about, one.state) for one in notices.ongoing(conn)}
    assert told == {("channel:plg-hot not_in_channel", "pending"), ("channel:revops not_in_channel", "mute")}
    assert caplog.text.count("RevOps cannot be told of slack") == 1

    house.team.edit("channels", OPS, {"bot_member": True}, "an administrator")
    quieten(house, ticks=60)
    assert len(about_slack(house)) == 1  # what waited is told as soon as somebody can hear it


def test_a_revoked_token_is_said_once_and_loses_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """One try a minute, one line in the log, no post about it; with the token back everything goes out."""
    crossing(house, 8)
    house.fault("chat.postMessage", 200, times=5, body={"ok": False, "error": "token_revoked"})
    tries = 0
    for _ in range(120):
        house.clock.move(1)
        try:
            house.bot.tick()
        except AccessError:
            tries += 1
    assert tries == 2
    assert caplog.text.count("Slack does not let the bot in") == 1
    assert "slack.bot_token" in str(house.bot.refusal)
    with house.store.read() as conn:
        assert [(one.about, one.state) for one in notices.ongoing(conn)] == [("access", "mute")]

    for _ in range(90):
        house.clock.move(10)
        try:
            house.bot.tick()
        except AccessError:
            tries += 1
    assert tries == 5
    assert house.bot.refusal is None
    assert len(house.messages(HOT)) == 8
    assert house.messages(OPS) == []
    with house.store.read() as conn:
        assert notices.ongoing(conn) == []


def test_a_missing_scope_stops_nothing_else(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Direct messages cannot be opened: what goes to channels still does, and the scope is named once."""
    house.fault("conversations.open", 200, times=99, body={"ok": False, "error": "missing_scope", "needed": "im:write"})
    house.tell(fyi_payload())
    crossing(house, 3)
    for _ in range(150):
        house.clock.move(1)
        with suppress(AccessError):
            house.bot.tick()
    assert len(house.messages(HOT)) == 3
    assert "im:write" in str(house.bot.refusal)
    assert caplog.text.count("Slack does not let the bot in") == 1


def test_findings_that_cannot_be_read_keep_no_alert_back(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Said in the log, every quarter of a minute at most."""

    def unreadable() -> list[Finding]:
        raise StoreError("the store is busy")

    bot = Bot(house.client, house.store, measure, house.clock, WITH_REVOPS, unreadable)
    crossing(house, 3)
    for _ in range(5):
        house.clock.move(1)
        bot.tick()
    assert len(house.messages(HOT)) == 3
    assert caplog.text.count("nobody can say how the syncs stand") == 1


def test_too_many_requests_put_a_notice_off_in_the_store(house: House) -> None:
    """429: not before Slack says, by the database and for every replica; nobody sleeps (slack E14)."""
    crossing(house, 30)
    house.fault("chat.postMessage", 429, Retry_After="30")
    house.tick()
    with house.store.read() as conn:
        (notice,) = notices.ongoing(conn)
    assert (notice.state, notice.not_before) == ("pending", house.clock() + timedelta(seconds=30))
    other = replica(house)
    house.clock.move(29)
    other.tick()
    assert house.messages(OPS) == []
    house.clock.move(1)
    other.tick()
    assert len(house.messages(OPS)) == 1


def test_malformed_presses_are_answered(house: House) -> None:
    """A value that is no storm of ours: whoever pressed hears that there is nothing to decide."""
    people = People(house.client)
    herald = Herald(house.store, house.client, Places(house.client, people), WITH_REVOPS, house.clock)
    office, person = Office(house.store, herald, WITH_REVOPS, house.clock), people.colleague(SDR, house.clock())
    for value in ("", "0", "-1", "१", "9" * 40, json.dumps({"a": 1})):
        assert "not known any more" in str(office.press("storm_release", value, person))
    assert "No plan waits" in str(office.press("plan_apply", "0a1b2c", person))
