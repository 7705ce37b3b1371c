"""Answers about an account, a queue, tiers and promises: what they say, and that Slack takes the widest of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.sla.attainment import Kept, attained
from bot.sla.policy import DEFAULTS, HOT, Rung
from bot.views.account import Standing, account_message, owners
from bot.views.attainment import attainment_message
from bot.views.blocks import Message
from bot.views.queue import Waiting, queue_message
from bot.views.scene import Scene
from bot.views.sharing import shared_by, with_share
from bot.views.tiers import tier_message
from connector.funnel.metrics import EVERYBODY, Scope
from connector.funnel.periods import recent
from connector.model import Decision, Layers, Route, Tier
from connector.store.alerts import Alert
from sandbox.slack.blocks import parse_blocks
from tests.unit.bot.told import HOSTILE, OWNER, RAISED, alert, hostile_payload, payload

NOW = datetime(2026, 1, 12, 12, tzinfo=UTC)


def accepted(message: Message) -> Message:
    """The message, shared and with its button, which Slack would take; nothing in it is a mention of all."""
    for one in (with_share(message, "plg " * 100), shared_by(message, "U1")):
        assert parse_blocks(list(one.blocks)) == list(one.blocks)
        assert "<!channel>" not in one.text
        assert "\u202e" not in one.text
    return message


def decision(**changes: Any) -> Decision:
    """A decision in force."""
    usual: dict[str, Any] = {
        "account_key": "golden-sentence",
        "route": Route.ASSIGN_AE,
        "rule": "hot-at-least-50",
        "reason": "Hot with 240 employees",
        "evidence": {"potential_acv": "50000"},
        "tier": Tier.HOT,
        "segment": "mid",
        "layers": Layers(True, True, None),
        "motion": "plg",
        "why_now": "8 active users",
        "top_signals": (),
        "plg_stage": None,
        "crm_stage": None,
        "routed_to": OWNER,
        "routed_at": RAISED,
        "crm_read_at": None,
        "crm_known": False,
    }
    return Decision(**{**usual, **changes})


def test_the_widest_account_is_accepted() -> None:
    """Hostile and endless texts, and more alerts than are shown."""
    names = ("rule", "reason", "segment", "motion", "why_now", "crm_stage", "routed_to")
    told = [alert(hostile_payload(), owner_email=HOSTILE, due_at=NOW) for _ in range(40)]
    wide = Standing(HOSTILE, HOSTILE, decision(**dict.fromkeys(names, HOSTILE)), told)
    message = accepted(account_message(wide, Scene(HOSTILE, {})))
    assert message.text.count("*Alert:*") == 5


def test_an_account_names_who_has_it_and_no_money() -> None:
    """The owner as a mention, whoever took the alert, and nothing of the evidence (D42)."""
    taken = alert(payload(), state="acknowledged", acknowledged_by="U5", due_at=NOW)
    account = Standing("k", "Golden sentence", decision(), [taken])
    assert owners(account) == {OWNER}
    text = account_message(account, Scene(mentions={OWNER: "U9"})).text
    assert "*Owner:* <@U9>" in text
    assert "acknowledged, raised" in text
    assert "<@U5> is on it; due <!date^" in text
    assert "no CRM was read, and did not say all" in text
    assert "50000" not in text
    over = account_message(
        Standing("k", "n", decision(routed_to=None), [alert(payload(), state="closed")]), Scene()
    ).text
    assert "*Owner:* nobody" in over
    assert "nobody has taken it" not in over


def test_the_widest_queue_is_accepted() -> None:
    """Two hundred alerts in every group."""
    late = [Waiting(alert(hostile_payload(), due_at=NOW), {Rung.BREACH}) for _ in range(100)]
    asleep = [
        Waiting(alert(hostile_payload(), state="snoozed", snoozed_until=NOW + timedelta(days=1)), ())
        for _ in range(100)
    ]
    others = [Waiting(alert(hostile_payload()), ()) for _ in range(100)]
    message = accepted(queue_message([*late, *asleep, *others], HOSTILE))
    assert "100 at risk or late, 100 open, 100 snoozed." in message.text
    assert message.text.count("… and 84 more") == 3


def test_a_queue_tells_late_from_at_risk_and_asleep() -> None:
    """Half of the time gone is at risk, all of it is late; what sleeps is neither."""
    at_risk, late, asleep = (
        Waiting(alert(payload(), **more), {rung})
        for more, rung in (
            ({}, Rung.AT_RISK),
            ({}, Rung.ACKNOWLEDGE_BREACH),
            ({"state": "snoozed", "snoozed_until": NOW}, Rung.BREACH),
        )
    )
    assert (at_risk.is_at_risk, late.is_at_risk, asleep.is_at_risk) == (True, True, False)
    text = queue_message([at_risk, late, asleep]).text
    assert text.count("late, not taken yet") == 1
    assert "*Snoozed*" in text


def test_tiers_of_nothing_are_not_zero() -> None:
    """Without a decision nobody knows; with some, a tier nobody has is 0 (D45)."""
    assert "not configured, or no sync has run yet" in accepted(tier_message({}, Scope(HOSTILE, HOSTILE), None)).text
    text = accepted(tier_message({"hot": 1, "warm": 3}, EVERYBODY, NOW)).text
    assert "*Hot*  1  –  25.0 % of 4" in text
    assert "*Watching*  0  –  0.0 % of 4" in text


def test_promises_are_met_broken_open_or_ended() -> None:
    """A breach stays one; an acknowledgement is no outreach; what was over before its time is neither."""
    at = RAISED + timedelta(minutes=10)

    def one(number: int, **more: Any) -> Alert:
        return alert(payload(), id=number, **more)

    raised = [
        one(1),
        one(2, state="acknowledged", acknowledged_by="U1", acknowledged_at=at),
        one(3, state="contacted", acknowledged_by="U1", acknowledged_at=at, contacted_at=at),
        one(4, state="contacted", contacted_at=at),
        one(5, state="superseded"),
        alert(payload(tier="cold"), id=6),
    ]
    fired = {2: {Rung.ACKNOWLEDGE_BREACH}, 4: {Rung.BREACH, Rung.ACKNOWLEDGE_BREACH}}
    told, uncovered = attained(raised, fired, DEFAULTS)
    assert (told[0].acknowledged, told[0].reached_out) == (Kept(1, 2, 1, 1), Kept(1, 1, 2, 1))
    assert told[0].acknowledged is not None
    assert told[0].acknowledged.share == 1 / 3
    assert told[1].acknowledged == Kept(0, 0, 0, 0)
    assert uncovered == 1


def test_a_breach_nobody_tells_is_not_configured() -> None:
    """Without the rung on the ladder nothing fires, which is not "none was broken" (D45)."""
    quiet = replace(HOT, ladder=(Rung.EXPIRED,))
    told, _ = attained([alert(payload())], {}, [quiet])
    text = accepted(attainment_message(told, 0, recent(NOW), EVERYBODY)).text
    assert text.count("not configured: its breach is not on the ladder") == 2


def test_the_widest_promises_are_accepted() -> None:
    """More policies than are shown, of segments with endless names."""
    policies = [replace(HOT, segment=f"{HOSTILE}{number}") for number in range(60)]
    told, uncovered = attained([alert(payload(tier=HOSTILE))] * 3, {}, policies)
    message = accepted(attainment_message(told, uncovered, recent(NOW), Scope(HOSTILE, HOSTILE), HOSTILE))
    assert "Under no promise: 3." in message.text
    assert "No promise is configured" in attainment_message([], 0, recent(NOW), EVERYBODY).text
