"""`/funnel` against the Slack stand-in: what it answers, to whom, where, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.settings import BotSettings
from bot.sla.policy import DEFAULTS
from bot.sla.roster import Member, Roster
from connector.model import Counterfactual, Decision, Layers, Route, Tier
from connector.store import alerts, decisions, runs
from tests.contract.bot_house import AE, FYI, GUEST, HOT, OPS, SDR, SETTINGS, START, House, furnished
from tests.unit.bot.told import HOSTILE, OWNER, SQL_OWNER, payload

PARTNER, FOREIGN = "U0PARTNER1", "U0FOREIGN1"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with furnished(tmp_path) as built:
        yield built


def answer(house: House, text: str, user: str = AE, channel: str = FYI) -> str:
    """What somebody is told who types `/funnel TEXT`."""
    house.connect()
    before = len(house.whispers(user))
    told = house.command(text, user, channel=channel)
    assert told["acknowledged"]
    house.finish()
    whispers = house.whispers(user)[before:]
    assert len(whispers) == 1, whispers
    return str(whispers[0]["text"])


# ------------------------------------------------------------------------------------------------------------ funnels


def test_a_funnel_of_a_period_a_segment_and_an_owner(house: House) -> None:
    """The answer says what it is narrowed to, how it is and by whose bands, how fresh, by which definition."""
    told = answer(house, f"sales last month mid {SQL_OWNER}")
    assert f"1 Dec 2025 – 1 Jan 2026 (UTC)  ·  segment mid  ·  owner {SQL_OWNER}" in told
    assert "🟢 good (healthy) by measurement_000" in told
    assert "Scored <!date^" in told
    assert "Funnel definition 0123456789ab" in told


def test_a_mention_is_an_owner(house: House) -> None:
    """Slack sends it as an id, which leads to the e-mail accounts are owned by; "me" is whoever asks."""
    house.team.edit("users", SDR, {"name": "sdr"}, "admin")
    assert f"owner {SQL_OWNER}" in answer(house, "plg @sdr")
    assert f"owner {OWNER}" in answer(house, "plg me")


# ------------------------------------------------------------------------------------------------------------ sharing


def test_an_answer_is_shared_once_with_who_did_it(house: House) -> None:
    """The button shows it to the channel and takes the private copy away; the same press again does nothing."""
    answer(house, "plg 7d")
    (whisper,) = house.whispers(AE)
    assert whisper["blocks"][-1]["elements"][0]["text"]["text"] == "Share to channel"
    house.connect()
    assert house.click(AE, "share_answer", whisper)
    house.finish()
    (message,) = house.messages(FYI)
    assert "30.0 % of Signup" in message["text"]
    assert message["text"].endswith(f"Shared by <@{AE}>")
    assert house.whispers(AE) == []


@pytest.mark.parametrize("text", ["help", "queue", "slaes", "account nobody"])
def test_what_is_for_one_person_has_no_share_button(house: House, text: str) -> None:
    """One's own queue, help, and answers that are none."""
    answer(house, text)
    assert "actions" not in [block["type"] for block in house.whispers(AE)[0]["blocks"] or []]


def test_a_command_that_comes_twice_is_answered_once(house: House) -> None:
    """The same trigger is the same command, over whatever way it comes."""
    house.connect()
    sent = house.recorded()
    house.command("plg")
    for _ in range(2):
        house.deliver(sent[0])
    house.finish()
    assert len(house.whispers(AE)) == 1


# ----------------------------------------------------------------------------------------------------------- exposure


def outsiders(house: House) -> None:
    """A stranger of a shared channel, and somebody of another workspace."""
    for user, marks in ((PARTNER, {"is_stranger": True}), (FOREIGN, {"team_id": "T0OTHER001"})):
        known = {"id": user, "name": user.lower(), "real_name": user, "email": f"{user}@partner.example", "tz": "UTC"}
        house.team.users[user] = {**known, **marks}


@pytest.mark.parametrize("user", [GUEST, PARTNER, FOREIGN])
def test_outsiders_are_refused_on_commands_and_buttons(house: House, user: str) -> None:
    """Guests, strangers and members of another workspace get no number, and take no alert (D42)."""
    outsiders(house)
    house.tell(payload())
    house.tick()
    house.connect()
    assert "Only members of this workspace" in house.command("plg", user)["payload"]["text"]
    assert house.click(user)
    house.finish()
    assert [each["text"] for each in house.whispers(user)] == [
        "Only members of this workspace can do that; guests cannot."
    ] * 2
    assert house.raised()[0].state == "open"


def test_a_channel_shared_with_others_gets_no_account_data(house: House) -> None:
    """Not even to our own people: the answer may be shown to a screen others look at (D42)."""
    house.team.edit("channels", FYI, {"is_ext_shared": True}, "admin")
    told = answer(house, "account golden-sentence")
    assert "shared with another organisation" in told
    assert "Golden" not in told


def test_no_alert_goes_into_a_channel_shared_with_others(house: House) -> None:
    """It goes where alerts go that find no place, and RevOps sees them (D42)."""
    house.team.edit("channels", HOT, {"is_ext_shared": True}, "admin")
    house.tell(payload())
    house.tick()
    house.tick(seconds=2)
    assert house.messages(HOT) == []
    assert "Golden sentence" in house.messages(OPS)[0]["text"]


def test_a_channel_that_becomes_shared_gets_no_answer_that_was_asked_before(house: House) -> None:
    """The share button asks again who reads the channel."""
    answer(house, "plg")
    (whisper,) = house.whispers(AE)
    house.team.edit("channels", FYI, {"is_ext_shared": True}, "admin")
    house.connect()
    house.click(AE, "share_answer", whisper)
    house.finish()
    assert house.messages(FYI) == []
    assert "shared with another organisation" in house.whispers(AE)[-1]["text"]


def test_where_slack_does_not_say_who_reads_nothing_is_shared(house: House) -> None:
    """In a conversation the bot is not in, one is answered alone."""
    house.fault("conversations.info", 200, body={"ok": False, "error": "channel_not_found"}, times=9)
    assert "30.0 % of Signup" in answer(house, "plg")
    assert "actions" not in [block["type"] for block in house.whispers(AE)[0]["blocks"]]


@pytest.mark.parametrize(
    ("allowed", "ae", "sdr"),
    [
        ((), True, True),
        ((OWNER,), True, False),
        (("revops",), False, True),
        (("@leaders",), True, False),
        (("S0LEAD0001",), True, False),
        (("@nobody", "revops"), False, True),
    ],
)
def test_the_command_is_for_those_who_are_named(house: House, allowed: tuple[str, ...], ae: bool, sdr: bool) -> None:
    """By e-mail, by role, by user group; nobody named is everybody (D42)."""
    house.team.usergroups = [{"id": "S0LEAD0001", "handle": "leaders", "name": "Leaders", "users": [AE]}]
    roster = Roster(members={SQL_OWNER: Member(SQL_OWNER, SETTINGS.roster.company, role="revops")})
    house.furnish(funnel_for=allowed, roster=roster)
    told = {user: "is not open to you" not in answer(house, "plg", user) for user in (AE, SDR)}
    assert told == {AE: ae, SDR: sdr}


def test_a_group_slack_does_not_tell_of_lets_nobody_in(house: House) -> None:
    """Unknown is not allowed."""
    house.furnish(funnel_for=("@leaders",))
    house.fault("usergroups.list", 200, body={"ok": False, "error": "missing_scope"})
    assert "is not open to you" in answer(house, "plg")


# ------------------------------------------------------------------------------------------------------ bad payloads


def test_a_command_without_text_gets_help(house: House) -> None:
    """Missing is empty."""
    house.connect()
    command = house.recorded()
    house.command("plg")
    del command[0]["text"]
    house.deliver({**command[0], "trigger_id": "another"})
    house.finish()
    assert any(one["text"].startswith("Ask for:") for one in house.whispers(AE))


@pytest.mark.parametrize("missing", ["user_id", "response_url"])
def test_a_command_that_names_nobody_or_no_way_back_is_answered(house: House, missing: str) -> None:
    """By its acknowledgement, which is all that is left."""
    house.connect()
    command = house.recorded()
    house.command("plg")
    del command[0][missing]
    told = house.deliver({**command[0], "trigger_id": "another"})
    assert told.acknowledged
    assert "without saying who asks or where to answer" in str(told.payload)


@pytest.mark.parametrize("text", [HOSTILE, f"plg {HOSTILE}", f"account {HOSTILE}", "x" * 10_000, "plg\u202e7d \x00"])
def test_hostile_words_are_answered(house: House, text: str) -> None:
    """10,000 characters, mentions, bidi: a short and harmless answer."""
    told = answer(house, text)
    assert "<!channel>" not in told
    assert "\u202e" not in told
    assert len(told) < 3_000


def test_a_revoked_token_is_said_in_one_sentence(house: House) -> None:
    """Slack does not say who asks; whoever it is hears so, and no number."""
    house.connect()
    house.fault("users.info", 200, body={"ok": False, "error": "token_revoked"})
    said = house.command("plg")["payload"]["text"]
    assert said.startswith("Slack does not say who you are right now (token_revoked)")
    assert said.count(".") == 2


# ------------------------------------------------------------------------------------------ account, tier, sla, queue


def decide(house: House, key: str = "golden-sentence", **changes: Any) -> None:
    """A decision in force."""
    usual: dict[str, Any] = {
        "account_key": key,
        "route": Route.ASSIGN_AE,
        "rule": "hot-at-least-50",
        "reason": "Hot with 240 employees: enterprise AE",
        "evidence": {"score": "92", "potential_acv": "50000"},
        "tier": Tier.HOT,
        "segment": "mid",
        "layers": Layers(True, True, None),
        "motion": "hybrid_escalation",
        "why_now": "This account has 8 active users.",
        "top_signals": ("limit_hit",),
        "plg_stage": "PQL",
        "crm_stage": None,
        "routed_to": OWNER,
        "routed_at": START,
        "crm_read_at": START,
        "crm_known": True,
        "counterfactual": Counterfactual(Route.NONE, "none", "", None),
    }
    with house.store.write() as conn:
        decisions.append(conn, "r-000001", [(Decision(**{**usual, **changes}), "fp")])


def test_an_account_says_where_it_stands(house: House) -> None:
    """Decision and why, owner, the open alert and its clock; found by key and by the beginning of its name."""
    house.furnish(policies=DEFAULTS)
    decide(house)
    house.tell(payload())
    house.tick()
    for asked in ("account golden-sentence", "account GOLDEN S"):
        told = answer(house, asked)
        assert "*Tier:* hot, segment mid, motion hybrid escalation" in told
        assert "*Route:* assign ae – Hot with 240 employees: enterprise AE" in told
        assert f"*Owner:* <@{AE}>" in told
        assert "*Alert:* hot pql, open, raised <!date^" in told
        assert "; due <!date^" in told
        assert "50000" not in told  # no money (D42)


def test_an_account_nobody_decided_is_no_error(house: House) -> None:
    """It says so."""
    told = answer(house, "account brass")
    assert "Nothing is decided about this account yet" in told
    assert "*Alerts:* none yet" in told


def test_an_ambiguous_name_lists_the_accounts(house: House) -> None:
    """With what to type for each."""
    told = answer(house, "account gold")
    assert "`/funnel account golden-sentence`" in told
    assert "`/funnel account golden-rule`" in told


def test_tiers_are_counted_from_the_decisions_in_force(house: House) -> None:
    """Of all, of a segment, of whom they are routed to; without any decision nothing is known, which is not 0."""
    assert "not configured, or no sync has run yet" in answer(house, "tier")
    decide(house)
    decide(house, "golden-rule", tier=Tier.WARM, routed_to=SQL_OWNER)
    decide(house, "b", tier=Tier.WARM, segment="smb", routed_to=None)
    assert "*Hot*  1  –  33.3 % of 3" in answer(house, "tier")
    assert "No whole sync has ended yet." in answer(house, "tier")
    with house.store.write() as conn:
        runs.finish(conn, "r-000001", "done", START, {}, None)
    assert "The last whole sync ended <!date^1768208400^" in answer(house, "tier")
    assert "*Warm*  2  –  66.7 % of 3" in answer(house, "tier")
    assert "*Warm*  1  –  50.0 % of 2" in answer(house, "tier mid")
    assert "*Hot*  0  –  0.0 % of 1" in answer(house, f"tier {SQL_OWNER}")


def test_promises_are_counted_by_policy(house: House) -> None:
    """Met, breached and open, for the acknowledgement and for the outreach, each apart."""
    house.furnish(policies=DEFAULTS)
    for key in ("a", "b", "c"):
        house.tell({**payload(), "account": {"key": key, "name": key}}, key=key)
    house.tell(payload(episode="baseline"), key="d")  # no clock, no promise
    house.tick()
    house.connect()
    for _ in range(3):
        house.tick(seconds=2)
    for message in house.messages()[:2]:
        house.click(AE, message=message)
    house.finish()
    house.tick(seconds=2 * 3600)
    house.tick(seconds=16)
    told = answer(house, "sla 7d")
    assert "*Hot*" in told
    assert "acknowledge within 1 business hour: 2 met, 1 breached, 0 open, 0 ended (66.7 % of 3 met)" in told
    assert "reach out within 4 business hours: 0 met, 0 breached, 0 unproven, 3 open, 0 ended" in told
    assert "3 met" not in answer(house, "sla 7d smb")


def test_a_queue_is_ones_own(house: House) -> None:
    """What is late, open and asleep, of the alerts one has and of one's accounts nobody has taken."""
    house.furnish(policies=DEFAULTS)
    for key in ("a", "b", "c"):
        house.tell({**payload(), "account": {"key": key, "name": key.upper()}}, key=key)
    house.tell({**payload(routed_to=SQL_OWNER), "account": {"key": "d", "name": "D"}}, key="d")
    house.tick()
    (asleep,) = house.raised("b")
    with house.store.write() as conn:
        alerts.transition(
            conn, asleep.id, ["open"], "snoozed", AE, "slack", START, snoozed_until=START + timedelta(days=1)
        )
    told = answer(house, "queue")
    assert "0 at risk or late, 2 open, 1 snoozed." in told
    assert "*A* – due <!date^" in told
    assert "*B* – until <!date^" in told
    assert "*D*" not in told
    house.tick(seconds=3_700)
    house.tick(seconds=16)
    assert "2 at risk or late, 0 open, 1 snoozed." in answer(house, "queue")


def test_settings_have_everybody_by_default() -> None:
    """Nobody has to configure a list to use the command."""
    assert BotSettings().funnel_for == ()
