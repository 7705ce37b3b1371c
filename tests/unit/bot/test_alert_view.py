"""The alert as a message, in all states, against the stand-in's own Block Kit checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.settings import LinkTemplates
from bot.views.alert import alert_message
from bot.views.blocks import Message
from bot.views.links import crm_links, product_links
from bot.views.opener import opener
from bot.views.scene import Scene
from connector.store.alerts import Alert
from sandbox.slack.blocks import parse_blocks
from tests.unit.bot.told import OWNER, SENTENCE, SQL_OWNER, alert, fyi_payload, payload

POSTED = datetime(2026, 1, 12, 9, 0, 0, tzinfo=UTC)
TAKEN = datetime(2026, 1, 12, 9, 4, 0, tzinfo=UTC)
SCENE = Scene(mentions={OWNER: "U5", SQL_OWNER: "U8"}, posted_at=POSTED)
STATES: Mapping[str, dict[str, Any]] = {
    "open": {},
    "acknowledged": {"state": "acknowledged", "acknowledged_by": "U5", "acknowledged_at": TAKEN},
    "superseded": {"state": "superseded", "superseded_at": TAKEN},
}


def shown(told: Alert, scene: Scene = SCENE) -> Message:
    """The message, which Slack would take."""
    message = alert_message(told, scene)
    assert parse_blocks(list(message.blocks)) == list(message.blocks)
    assert 0 < len(message.text) <= 40_000
    return message


def buttons(message: Message) -> list[str]:
    """The action ids of the buttons that are seen."""
    elements = (each for block in message.blocks if block["type"] == "actions" for each in block["elements"])
    return [each["action_id"] for each in elements if each["type"] == "button"]


def test_an_open_hot_alert_says_what_to_do_in_five_seconds() -> None:
    """Title, who, why now, whom to call, owner, score, ticks, button: in this order (F5, D39)."""
    message = shown(alert(payload()))
    lines = message.text.splitlines()

    assert lines[0] == "🔥 Hot PQL · Golden sentence"
    assert lines[1] == (
        "240 employees · Software · Germany · free plan · 92 % of its limit · 19 of 20 seats · golden-sentence.example"
    )
    assert lines[2:5] == ["*Why now*", SENTENCE, "Hit the usage limit, 3 days ago"]
    assert lines[5] == "*Whom to call*"
    assert "*Admin 1*, VP Engineering – viewed the enterprise pricing page twice" in lines[6]
    assert lines[7].endswith("🚫 opted out of e-mail")
    assert lines[8:10] == [
        "*You could say*",
        "“I saw your team ran into a limit. Shall we take ten minutes on what usually comes next?”",
    ]
    assert lines[10] == "*Owner:* <@U5> · Hot with 240 employees: enterprise AE"
    assert lines[11] == "*Score 92* (hot), was 64 = core workflow 20 + quota 20 + multi user 15 + pricing 15"
    assert lines[12].startswith("✅ behavioural  ✅ organisational  ❔ intent")
    assert buttons(message) == ["acknowledge", "not_a_fit"]
    assert message.blocks[-1]["elements"][0]["value"] == "7"


def test_an_acknowledged_alert_shows_who_since_when_and_how_fast() -> None:
    """The next step takes the button's place; the line under the title names the person (invariant 11)."""
    message = shown(alert(payload(), **STATES["acknowledged"]))
    assert message.text.splitlines()[1].startswith("✅ *<@U5> is on it* since <!date^1768208640^")
    assert "4 minutes after posting" in message.text
    assert buttons(message) == ["contact", "not_a_fit"]


def test_a_superseded_alert_says_why_and_calls_nobody() -> None:
    """Its reason and the new owner stand first; whom to call and the button are gone (D3)."""
    told = payload(superseded={"reason": "SQL owned by SDR 1 since 2026-01-12", "owner": SQL_OWNER})
    message = shown(alert(told, **STATES["superseded"], acknowledged_by="U5"))
    lines = message.text.splitlines()
    assert lines[0] == "Superseded · Golden sentence"
    assert "SQL owned by SDR 1 since 2026-01-12" in lines[1]
    assert lines[2] == "<@U8> has the account now. <@U5> was on it."
    assert "Whom to call" not in message.text
    assert buttons(message) == []


def test_an_fyi_says_what_would_have_happened_and_asks_nothing() -> None:
    """The counterfactual names the stage, the route and who it would have been (invariant 8)."""
    message = shown(alert(fyi_payload()))
    assert message.text.startswith("👀 FYI · Golden sentence")
    assert "*Yours already:* <@U8> · SQL owned by SDR 1 since 2026-01-05" in message.text
    assert "Without the SQL this would have gone to an AE (<@U5>)." in message.text
    assert buttons(message) == []


def test_a_counterfactual_that_assigns_nobody_is_not_told() -> None:
    """Without the SQL it would have been left alone: nothing to say."""
    told = fyi_payload(counterfactual={"route": "none", "rule": "not-activated", "routed_to": None})
    assert "Without the" not in shown(alert(told)).text


def test_colleagues_unknown_to_slack_are_named_by_email() -> None:
    """A mention of nobody would show an id."""
    assert f"*Owner:* {OWNER}" in shown(alert(payload()), Scene()).text


def test_the_environment_is_shown_unless_it_is_production() -> None:
    """D9."""
    assert shown(alert(payload()), Scene("demo")).text.startswith("⚠️ *demo* – not production")
    assert "production" not in shown(alert(payload()), Scene("production")).text


def test_what_is_uncertain_is_said() -> None:
    """Flags, a CRM field on its way (D27) and an unread CRM share one line of small print."""
    told = payload(flags=["stale score", "not_in_crm"], pending_fields=True, crm={"known": False})
    last = shown(alert(told)).text.splitlines()[-1]
    assert last == (
        "⚠️ stale score · not in crm · CRM field pending: the record is updated later · the CRM could not be read"
    )


@pytest.mark.parametrize("state", STATES)
def test_a_payload_that_lacks_everything_is_still_shown(state: str) -> None:
    """A message with gaps is better than an alert nobody sees."""
    bare = alert({**payload(), "people": None}, payload={}, owner_email=None, **STATES[state])
    assert "golden-sentence" in shown(bare, Scene()).text


def test_all_mrkdwn_is_verbatim() -> None:
    """Slack must not turn names and addresses of data into links or channels."""
    texts = [e for b in shown(alert(payload())).blocks for e in (b.get("elements") or [b.get("text")])]
    assert all(text["verbatim"] for text in texts if text["type"] == "mrkdwn")


def test_due_is_told_in_the_owners_zone_too() -> None:
    """Slack shows an instant in its reader's zone; who has to act may live in another."""
    due = alert(payload(), due_at=datetime(2026, 1, 12, 15, 30, tzinfo=UTC))
    shown_in = replace(SCENE, zone=ZoneInfo("America/New_York"))
    assert "(Mon 12 Jan 10:30 in America/New_York)" in shown(due, shown_in).text.splitlines()[1]


def test_a_score_that_did_not_move_has_no_before() -> None:
    """The first alert of an account, or one by a signal alone."""
    assert "was" not in shown(alert(payload(score_before=None))).text.splitlines()[11]


def test_links_lead_to_the_record_and_into_the_product() -> None:
    """Only where RevOps wrote a template and the account has a record; data cannot leave its place in the URL."""
    templates = LinkTemplates(
        {"salesforce_account": "https://crm.example/{record}", "hubspot_company": "https://hub.example/{record}"},
        "https://app.example/{account}/usage",
    )
    crm = crm_links(templates, {"salesforce_account": "001>|<"})
    product = product_links(templates, "a/b c")
    lines = shown(alert(payload()), replace(SCENE, crm=crm, product=product)).text.splitlines()
    assert lines[-1] == (
        "<https://crm.example/001%3E%7C%3C|Open in Salesforce account>  ·  "
        "<https://app.example/a%2Fb%20c/usage|Open in product>"
    )
    assert crm_links(LinkTemplates(), {"salesforce_account": "001"}) == product_links(LinkTemplates(), "a") == ()


@pytest.mark.parametrize(
    ("trigger", "kinds", "part"),
    [
        ("usage_limit", ["pricing_view"], "ran into a limit"),
        ("intent", ["pricing_view", "limit_hit"], "looked into our plans"),
        ("intent", ["external_domain_invite"], "work with another company"),
        ("hot", ["teammate_invited"], "bringing your team in"),
        ("hot", ["of_another_version", "security_review"], "asked about security"),
        ("hot", [], "done a lot in the product"),
        ("of_another_version", [], "done a lot in the product"),
    ],
)
def test_what_one_could_say_is_about_what_happened(trigger: str, kinds: list[str], part: str) -> None:
    """By what opened the alert, else by the strongest signal there are words for (F6)."""
    assert part in opener({"trigger": trigger, "signals": [{"kind": kind} for kind in kinds]})
