"""Every view, built from ordinary data, from none, and from the widest and worst the store may hold.

Slack's limits are those of the stand-in (slack B2). What is special in mrkdwn is written by us or not at all (B7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.lifecycle import Event, State, Verdict
from bot.rights import Actor
from bot.settings import LinkTemplates
from bot.sla.hours import Hours
from bot.sla.policy import Rung
from bot.sla.roster import Member, Roster
from bot.views.alert import alert_message
from bot.views.blocks import Message
from bot.views.denials import forbidden, impossible
from bot.views.forms import View, notice
from bot.views.links import Link
from bot.views.menu import call_to_act
from bot.views.replies import click_reply, not_opened
from bot.views.rung import rung_message
from bot.views.scene import Scene
from bot.views.why import why_window
from bot.views.windows import no_fit_window, reassign_window, snooze_window
from connector.store.alerts import Alert
from sandbox.slack.blocks import parse_blocks
from sandbox.slack.views import parse_view
from tests.unit.bot.told import HOSTILE, RAISED, alert, hostile_payload, payload

AT = datetime(2026, 1, 12, 9, 4, 0, tzinfo=UTC)
HELD = {"acknowledged_by": "U5", "acknowledged_at": AT}
STATES: Mapping[str, Mapping[str, Any]] = {
    "open": {"due_at": AT},
    "acknowledged": {**HELD, "due_at": AT},
    "snoozed": {"snoozed_until": AT},
    "snoozed, held": {**HELD, "state": "snoozed", "snoozed_until": AT, "due_at": AT},
    "escalated": {"due_at": AT},
    "escalated, held": {**HELD, "state": "escalated", "due_at": AT},
    "expired": {},
    "expired, held": {**HELD, "state": "expired"},
    "contacted": {"contacted_by": "U5", "contacted_at": AT},
    "contacted, says the CRM": {"state": "contacted", "contacted_by": HOSTILE, "contacted_at": AT},
    "closed": {"closed_at": AT, "close_reason": HOSTILE},
    "superseded": {**HELD, "superseded_at": AT},
    "disqualified": {"closed_at": AT, "disqualified_reason": HOSTILE},
    "disqualified long ago": {
        "state": "disqualified",
        "closed_at": AT - timedelta(days=30),
        "disqualified_reason": "no_budget",
    },
    "converted": {"closed_at": AT, "close_reason": "self-serve"},
}
PAYLOADS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "ordinary": payload,
    "hostile": hostile_payload,
    "empty": dict,
}
LINK = "https://crm.example/" + "%3C" * 160
WIDE = Scene(
    HOSTILE,
    {},
    RAISED,
    AT,
    ZoneInfo("America/Argentina/ComodRivadavia"),
    (Link("salesforce account " * 20, LINK),) * 5,
    links=LinkTemplates({HOSTILE: LINK, "salesforce_contact": "https://crm.example/" + "a" * 90 + "/{record}"}),
)
OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>|]+>|<https://[^<>|\s]+\|[^<>|]+>"
)
UNSEEN = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
ROSTER = Roster(members={HOSTILE.lower(): Member(HOSTILE, Hours(ZoneInfo("UTC")), manager=HOSTILE)})


def told(kind: str, state: str, data: str) -> Alert:
    """An alert of the store: `state` is one of STATES, `data` one of PAYLOADS."""
    more = {"state": state.partition(",")[0].partition(" ")[0], **STATES[state]}
    wide = {"account_key": HOSTILE, "owner_email": HOSTILE} if data == "hostile" else {}
    return alert({**payload(), "kind": kind}, payload={**PAYLOADS[data](), "kind": kind}, **{**more, **wide})


def fits(message: Message) -> None:
    """Slack would take it, and nothing in it was smuggled in."""
    blocks = list(message.blocks)
    assert parse_blocks(blocks) == (blocks or None) or not blocks
    assert 0 < len(message.text) <= 40_000
    harmless(message.text)
    for text in mrkdwn(blocks):
        harmless(text)


def opens(view: View) -> None:
    """Slack would open it, and nothing in it was smuggled in."""
    assert parse_view(view, "modal") == view
    for text in mrkdwn(view["blocks"]):
        harmless(text)


def harmless(text: str) -> None:
    """Beside mentions, dates and links of ours nothing in it is special, and nothing turns its direction."""
    assert not set("<>") & set(OURS.sub("", text))
    assert not UNSEEN.search(text)
    assert "<!channel" not in text
    assert not re.search(r"&(?!amp;|lt;|gt;)", text)


def mrkdwn(part: Any) -> Iterator[str]:
    """Every mrkdwn text in blocks; each is verbatim, so that Slack makes nothing of it."""
    if isinstance(part, list):
        for each in part:
            yield from mrkdwn(each)
    elif isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            assert part["verbatim"] is True
            yield part["text"]
        for value in part.values():
            yield from mrkdwn(value)


def test_every_state_is_looked_at() -> None:
    """A state that is added to the lifecycle is to be added here."""
    assert {state.partition(",")[0].partition(" ")[0] for state in STATES} == set(State)


@pytest.mark.parametrize("data", PAYLOADS)
@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("kind", ["hot_pql", "fyi", "of_another_version"])
def test_an_alert_fits(kind: str, state: str, data: str) -> None:
    """In every state, of every kind, with whatever payload."""
    fits(alert_message(told(kind, state, data), WIDE))
    fits(alert_message(told(kind, state, data), Scene()))


@pytest.mark.parametrize("data", PAYLOADS)
@pytest.mark.parametrize("rung", Rung)
def test_a_rung_fits(rung: Rung, data: str) -> None:
    """Whoever has it, or nobody."""
    for state in ("open", "escalated, held"):
        fits(rung_message(told("hot_pql", state, data), rung, WIDE))


@pytest.mark.parametrize("data", PAYLOADS)
def test_every_window_opens(data: str) -> None:
    """Its title, labels, options and metadata are within what a window takes."""
    one = told("hot_pql", "open", data)
    hours = Hours(ZoneInfo("America/Argentina/ComodRivadavia"))
    for view in (no_fit_window(one), snooze_window(one, hours, AT), reassign_window(one), why_window(one)):
        opens(view)
    assert len(no_fit_window(told("hot_pql", "open", "ordinary"))["blocks"][1]["element"]["options"]) == 12


@pytest.mark.parametrize("data", PAYLOADS)
@pytest.mark.parametrize("state", STATES)
def test_every_refusal_can_be_said(state: str, data: str) -> None:
    """In a whisper and in a window: who may, who has it, why it is over."""
    one = told("hot_pql", state, data)
    said = [
        *(forbidden(event, one, Actor("U9"), ROSTER, Scene()) for event in Event),
        *(impossible(event, one) for event in Event),
        *filter(None, (click_reply(verdict, one) for verdict in Verdict)),
        not_opened(HOSTILE),
    ]
    for text in said:
        fits(Message(text, ()))
        opens(notice("Not done", text))


@pytest.mark.parametrize("state", STATES)
def test_a_menu_has_one_to_five_options_and_at_most_two_buttons_beside_it(state: str) -> None:
    """Also with a link, so that no option has to be left out (slack B2; A4, 17)."""
    one = told("hot_pql", state, "ordinary")
    (row,) = call_to_act(one, AT, (Link("salesforce account", "https://crm.example/1"),))
    *seen, menu = row["elements"]
    assert len(seen) <= 2
    assert 1 <= len(menu["options"]) <= 5
    assert menu["options"][-1]["url"] == "https://crm.example/1"
    assert len({option["value"] for option in menu["options"]}) == len(menu["options"])


def test_what_may_be_done_is_offered_once() -> None:
    """The menu of each state: everything that is possible there, and nothing else."""
    assert offered("open") == ["acknowledge", "not_a_fit", "contact", "snooze", "reassign", "why"]
    assert offered("acknowledged") == ["contact", "not_a_fit", "snooze", "reassign", "unacknowledge", "why"]
    assert offered("snoozed") == ["acknowledge", "not_a_fit", "contact", "wake", "reassign", "why"]
    assert offered("snoozed, held") == ["contact", "not_a_fit", "wake", "reassign", "why"]
    assert offered("escalated, held") == ["contact", "not_a_fit", "snooze", "reassign", "unacknowledge", "why"]
    assert offered("expired") == offered("open")
    assert offered("contacted") == ["close", "not_a_fit", "why"]
    assert offered("disqualified") == ["reinstate", "why"]
    assert offered("disqualified long ago") == offered("superseded") == offered("closed") == ["why"]
    assert offered("open", "fyi") == ["why"]


def offered(state: str, kind: str = "hot_pql") -> list[str]:
    """What the row of an alert offers, buttons first."""
    (row,) = call_to_act(told(kind, state, "ordinary"), AT)
    *seen, menu = row["elements"]
    return [each["action_id"] for each in seen] + [each["value"].partition(":")[0] for each in menu["options"]]
