"""Everything that can be done with an alert in Slack: done, refused, raced, delivered twice, pressed too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from bot import handling
from bot.errands import Errands
from bot.moves import By, Click, acknowledge
from bot.people import Colleague, People
from bot.settings import LinkTemplates
from bot.sla.hours import Hours
from bot.sla.roster import Member, Roster
from bot.views.menu import Act
from connector.model import Outcome, OutcomeKind, Settled
from connector.store import alerts, memory
from tests.contract.bot_house import (
    AE,
    GUEST,
    HOT,
    NOTHING,
    SDR,
    SDR_DIRECT,
    SEED,
    SETTINGS,
    START,
    House,
    furnished,
    options,
)
from tests.unit.bot.told import OWNER, SQL_OWNER, fyi_payload, payload

MANAGER, STRANGER, REVOPS = "U0MANAGER1", "U0STRANGE1", "U0REVOPS01"
MANAGER_EMAIL, REVOPS_EMAIL = "manager-1@workspace.example", "revops-1@workspace.example"
BERLIN = Hours(ZoneInfo("Europe/Berlin"))
ROSTER = Roster(
    members={
        OWNER: Member(OWNER, BERLIN, manager=MANAGER_EMAIL, team="east"),
        SQL_OWNER: Member(SQL_OWNER, BERLIN, team="east"),
        MANAGER_EMAIL: Member(MANAGER_EMAIL, BERLIN, role="manager"),
        REVOPS_EMAIL: Member(REVOPS_EMAIL, BERLIN, role="revops"),
    }
)
NO_FIT: dict[str, Any] = {"reason": {"type": "static_select", "selected_option": {"value": "no_budget"}}}


def _more(user: str, name: str, email: str) -> dict[str, Any]:
    return {"id": user, "name": name.lower(), "real_name": name, "email": email, "tz": "UTC"}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A Hot alert that is posted, and a bot that listens."""
    people = [
        _more(MANAGER, "Manager 1", MANAGER_EMAIL),
        _more(STRANGER, "Stranger", "stranger@workspace.example"),
        _more(REVOPS, "RevOps 1", REVOPS_EMAIL),
    ]
    monkeypatch.setitem(SEED, "users", [*SEED["users"], *people])
    with furnished(tmp_path, replace(SETTINGS, roster=ROSTER)) as built:
        built.tell(payload())
        built.tick()
        built.connect()
        yield built


def state(house: House) -> str:
    return house.raised()[0].state


def text(house: House) -> str:
    """What the alert's message says, once everything that was asked for is done."""
    house.hang_up()
    return str(house.messages(HOT)[0]["text"])


def told(house: House) -> dict[str, Any]:
    """What the record of the last step tells."""
    with house.store.read() as conn:
        return dict(alerts.transitions_of(conn, 1)[-1].told or {})


def taken(house: House, by: str = AE) -> None:
    acknowledge(house.store, Click(1, by, "Somebody", house.clock()))


# ------------------------------------------------------------------------------------------------------ what is offered


def test_an_open_alert_offers_two_buttons_and_a_menu(house: House) -> None:
    """Few visible buttons, the rest behind three dots (slack A4, 17)."""
    row = house.messages(HOT)[0]["blocks"][-1]["elements"]
    assert [each["text"]["text"] for each in row[:-1]] == ["I'm on it", "Not a fit"]
    assert [each["text"]["text"] for each in row[-1]["options"]] == [
        "I reached out",
        "Snooze…",
        "Reassign…",
        "Why this alert",
    ]


def test_the_menu_leads_to_the_record_in_the_crm(tmp_path: Path) -> None:
    """Which record that is the last sync said; the template is RevOps's."""
    links = LinkTemplates({"salesforce_account": "https://crm.example/{record}"})
    with furnished(tmp_path, replace(SETTINGS, links=links)) as house:
        row = Settled(Outcome("golden-sentence", OutcomeKind.UPDATED, "001A"), "fp", {}, {}, "key")
        with house.store.write() as conn:
            memory.settle(conn, "salesforce_account", "r-000001", START, [row])
        house.tell(payload())
        house.tick()
        message = house.messages(HOT)[0]
        assert "<https://crm.example/001A|Open in Salesforce account>" in message["text"]
        assert message["blocks"][-1]["elements"][-1]["options"][-1]["url"] == "https://crm.example/001A"
        house.connect()
        assert house.choose(AE, "link")
        house.hang_up()
        assert house.whispers(AE) == []


def test_whom_to_call_leads_to_their_record(tmp_path: Path) -> None:
    """Of those a mapping of people has one for (D39)."""
    links = LinkTemplates({"salesforce_contact": "https://crm.example/{record}"})
    with furnished(tmp_path, replace(SETTINGS, links=links)) as house:
        row = Settled(Outcome("admin-1", OutcomeKind.UPDATED, "003A"), "fp", {}, {}, "key")
        with house.store.write() as conn:
            memory.settle(conn, "salesforce_contact", "r-000001", START, [row])
        people = [{"key": key, "name": key, "did": "asked for a demo"} for key in ("admin-1", "user-2")]
        house.tell(payload(people=people))
        house.tick()
        lines = house.messages(HOT)[0]["text"].splitlines()
        assert [line for line in lines if "asked for a demo" in line] == [
            "• *admin-1* – asked for a demo · <https://crm.example/003A|Open in Salesforce contact>",
            "• *user-2* – asked for a demo",
        ]


def test_an_fyi_offers_its_reasons_alone(house: House) -> None:
    """It went to somebody who has the account already (K22)."""
    house.tell(fyi_payload(episode="another"))
    house.tick()
    assert options(house.messages(SDR_DIRECT)[0]) == ["why:2"]


# ---------------------------------------------------------------------------------------------------- pressed and done


def test_reaching_out_is_somebodys_own_word(house: House) -> None:
    """Self-declared, and said to be so (D40)."""
    assert house.choose(AE, "contact")
    assert f"*<@{AE}> reached out*" in text(house)
    assert "by their own word" in text(house)
    assert (state(house), house.raised()[0].contacted_by) == ("contacted", AE)
    assert house.steps() == [("open", "contacted", AE, "slack")]


def test_what_was_reached_out_for_is_closed(house: House) -> None:
    """The last step of an alert's life."""
    assert house.choose(AE, "contact")
    house.tick(seconds=1)
    assert house.click(AE, "close")
    assert text(house).splitlines()[1].startswith("Closed · ")
    assert house.raised()[0].close_reason == "done"


def test_giving_it_back_opens_it_for_everybody(house: House) -> None:
    """Whoever had it has it no more, and anybody may take it (slack A4, 4)."""
    taken(house)
    house.tick(seconds=1)
    assert house.choose(AE, "unacknowledge")
    assert "is on it" not in text(house)
    assert (state(house), house.raised()[0].acknowledged_by) == ("open", None)


def test_a_click_delivered_twice_is_one_step(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given back, taken anew by the same person: the first click, heard again, does not give it back again."""
    taken(house)
    house.tick(seconds=1)
    message = house.messages(HOT)[0]
    house.fault("chat.update", 503, times=9)  # the menu stays as it is
    monkeypatch.setattr(house.team.stamps, "next", lambda: "1768208400.000100")
    assert house.choose(AE, "unacknowledge", message)
    taken(house)
    assert house.choose(AE, "unacknowledge", message)
    house.hang_up()
    assert (state(house), house.raised()[0].acknowledged_by) == ("acknowledged", AE)
    assert house.whispers(AE) == []


# --------------------------------------------------------------------------------------------------------- not a fit


def test_not_a_fit_asks_why_and_says_so(house: House) -> None:
    """The reason is in the message, in the record of the step and in the store; who pressed too (E10, E15)."""
    assert house.click(AE, "not_a_fit")
    noted = {"note": {"type": "plain_text_input", "value": "a school <!channel>"}}
    assert house.send(AE, {**NO_FIT, **noted})["payload"] is None
    assert house.windows(AE) == []
    shown = text(house)
    assert shown.splitlines()[1] == "Not a fit · Golden sentence"
    assert f"*Not a fit:* No budget – <@{AE}>" in shown
    assert "“a school &lt;!channel&gt;”" in shown
    assert (state(house), house.raised()[0].disqualified_reason) == ("disqualified", "no_budget")
    assert (told(house)["reason"], told(house)["note"]) == ("no_budget", "a school <!channel>")


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({}, "reason"),
        ({"reason": {"selected_option": {"value": "made_up"}}}, "reason"),
        ({"reason": {"selected_option": {"value": "other"}}}, "note"),
        ({"reason": {"selected_option": {"value": "other"}}, "note": {"value": "  "}}, "note"),
    ],
)
def test_no_reject_without_a_code(house: House, answers: dict[str, Any], field: str) -> None:
    """The window stays, and says which answer it lacks; "other" needs words (E10)."""
    assert house.click(AE, "not_a_fit")
    assert list(house.send(AE, answers)["payload"]["errors"]) == [field]
    assert len(house.windows(AE)) == 1
    assert state(house) == "open"


def test_a_window_sent_twice_is_one_step(house: House) -> None:
    """Redelivered, or sent by a second press of the button: no error, no second step."""
    assert house.click(AE, "not_a_fit")
    view = house.window(AE)
    for _ in range(2):
        house.team.views.stored[view["id"]] = view
        assert house.send(AE, NO_FIT, view["id"])["payload"] is None
    assert house.steps() == [("open", "disqualified", AE, "slack")]


def test_a_dismissal_is_undone_within_seven_days(house: House) -> None:
    """By its button, on the message that says so (D42)."""
    assert house.click(AE, "not_a_fit")
    house.send(AE, NO_FIT)
    house.tick(seconds=1)
    house.clock.move(7 * 86_400 - 1)
    assert house.click(AE, "reinstate")
    assert text(house).splitlines()[1].startswith("🔥 Hot PQL")
    assert state(house) == "open"


def test_a_dismissal_is_not_undone_later(house: House) -> None:
    """The button may still be there: it says that the time is over."""
    assert house.click(AE, "not_a_fit")
    house.send(AE, NO_FIT)
    house.tick(seconds=1)
    house.clock.move(7 * 86_400 + 1)
    assert house.click(AE, "reinstate")
    house.hang_up()
    assert house.whispers(AE)[0]["text"] == "That can be undone for 7 days, which are over."
    assert state(house) == "disqualified"


def test_a_named_account_needs_its_manager(house: House) -> None:
    """Its owner is told who may; the manager may (D42)."""
    house.tell(payload(guarded=True, episode="another"))
    house.tick()
    second = house.messages(HOT)[1]
    assert house.click(AE, "not_a_fit", second)
    assert house.click(MANAGER, "not_a_fit", second)
    house.send(MANAGER, NO_FIT)
    house.hang_up()
    assert house.whispers(AE)[0]["text"] == (
        "This is a named account, or one with an open opportunity. "
        f"Only the owner's manager <@{MANAGER}> or RevOps can do that."
    )
    assert [alert.state for alert in house.raised()] == ["open", "disqualified"]


def test_who_loses_their_right_while_they_write_is_refused(house: House) -> None:
    """The window was open when the alert became somebody else's: what is sent then is looked at anew."""
    for user in (AE, MANAGER):
        assert house.click(user, "not_a_fit")
        assert house.window(user)["title"]["text"] == "Not a fit"
    house.send(MANAGER, NO_FIT)
    answer = house.send(AE, NO_FIT)
    assert f"it was called no fit. It was <@{MANAGER}>." in str(answer["payload"]["view"]["blocks"])
    assert len(house.steps()) == 1


# ------------------------------------------------------------------------------------------------------------- snooze


@pytest.mark.parametrize(
    ("choice", "until"),
    [
        ("hour", START + timedelta(hours=1)),
        ("tomorrow", datetime(2026, 1, 13, 8, 0, tzinfo=UTC)),  # nine in Berlin
        ("until", datetime(2026, 1, 15, 12, 0, tzinfo=UTC)),
    ],
)
def test_snoozing_until(house: House, choice: str, until: datetime) -> None:
    """For an hour, until the owner is next at work on a later day, or until a time of one's own."""
    assert house.choose(AE, "snooze")
    answers = {
        "for": {"selected_option": {"value": choice}},
        "until": {"selected_date_time": int(datetime(2026, 1, 15, 12, 0, tzinfo=UTC).timestamp())},
    }
    assert house.send(AE, answers)["payload"] is None
    assert "💤 *Asleep* until" in text(house)
    assert (state(house), house.raised()[0].snoozed_until) == ("snoozed", until)


def test_what_sleeps_wakes_with_whoever_had_it(house: House) -> None:
    """By a press, before its time (slack A4, 5)."""
    taken(house)
    house.tick(seconds=1)
    assert house.choose(AE, "snooze")
    house.send(AE, {"for": {"selected_option": {"value": "hour"}}})
    house.tick(seconds=1)
    assert house.choose(AE, "wake")
    assert "Asleep" not in text(house)
    assert (state(house), house.raised()[0].acknowledged_by) == ("acknowledged", AE)


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"for": {"selected_option": {"value": "until"}}},
        {"for": {"selected_option": {"value": "until"}}, "until": {"selected_date_time": 0}},
        {"for": {"selected_option": {"value": "until"}}, "until": {"selected_date_time": 10**18}},
        {"for": {"selected_option": {"value": "until"}}, "until": {"selected_date_time": "soon"}},
    ],
)
def test_a_time_that_is_none_is_asked_again(house: House, answers: dict[str, Any]) -> None:
    """Nothing chosen, the past, beyond any calendar: the window says what it wants."""
    assert house.choose(AE, "snooze")
    assert list(house.send(AE, answers)["payload"]["errors"]) == ["until"]
    assert state(house) == "open"


# ----------------------------------------------------------------------------------------------------------- reassign


def test_reassigning_tells_the_new_owner(house: House) -> None:
    """Whoever is chosen owns it, has not acknowledged it, and gets it in person; the message says whose it was."""
    taken(house)
    house.tick(seconds=1)
    assert house.choose(AE, "reassign")
    assert house.send(AE, {"to": {"selected_user": SDR}})["payload"] is None
    house.tick(seconds=1)
    shown = text(house)
    assert f"*Owner:* {SQL_OWNER}" in shown  # only their own copy mentions them (D38)
    assert f"Was <@{AE}>'s: reassigned by Enterprise AE 1" in shown
    assert (state(house), house.raised()[0].owner_email) == ("open", SQL_OWNER)
    assert (told(house)["handed_from"], told(house)["handed_to"]) == (OWNER, SQL_OWNER)
    assert len(house.messages(SDR_DIRECT)) == 1


def test_the_new_owner_is_told_in_their_hours(house: House) -> None:
    """In the evening the direct message waits for the morning (D37)."""
    house.clock.move(12 * 3600)
    assert house.choose(AE, "reassign")
    house.send(AE, {"to": {"selected_user": SDR}})
    house.tick(seconds=1)
    assert house.messages(SDR_DIRECT) == []
    house.tick(seconds=11 * 3600)
    assert len(house.messages(SDR_DIRECT)) == 1


def test_an_owner_does_not_get_their_own_alert_anew(house: House) -> None:
    """The clocks would begin again; it is said under the field."""
    assert house.choose(AE, "reassign")
    errors = house.send(AE, {"to": {"selected_user": AE}})["payload"]["errors"]
    assert errors == {"to": "It is theirs already, and nobody else has it."}
    assert house.steps() == []


@pytest.mark.parametrize("chosen", [None, GUEST, "U0APP00000", "U0NOBODY01"])
def test_only_colleagues_own_alerts(house: House, chosen: str | None) -> None:
    """Nobody, a guest, a bot, somebody Slack does not know: chosen again."""
    assert house.choose(AE, "reassign")
    assert list(house.send(AE, {"to": {"selected_user": chosen}})["payload"]["errors"]) == ["to"]
    assert house.raised()[0].owner_email == OWNER


# ---------------------------------------------------------------------------------------------------------- refusals


def test_a_stranger_is_told_whom_to_ask(house: House) -> None:
    """Everybody who may, by name where they have one (slack A4, 10)."""
    assert house.click(STRANGER)
    house.hang_up()
    assert house.whispers(STRANGER)[0]["text"] == (
        f"Only its owner <@{AE}>, the owner's team, the owner's manager <@{MANAGER}> or RevOps can do that."
    )
    assert state(house) == "open"


def test_a_mate_may_take_it_and_not_dispose_of_it(house: House) -> None:
    """The team helps out; whose alert it is, and whether it is one, is for those who answer for it."""
    assert house.click(SDR, "not_a_fit")
    assert house.click(SDR)
    house.hang_up()
    assert "Only its owner" in house.whispers(SDR)[0]["text"]
    assert (state(house), house.raised()[0].acknowledged_by) == ("acknowledged", SDR)


def test_a_guest_sees_no_window(house: House) -> None:
    """Guests are refused on everything (D42), also on what only shows something."""
    assert house.choose(GUEST, "why")
    house.hang_up()
    assert "guests cannot" in house.whispers(GUEST)[0]["text"]
    assert house.windows(GUEST) == []


@pytest.mark.parametrize("press", ["acknowledge", "not_a_fit"])
def test_another_workspace_is_refused(house: House, press: str) -> None:
    """Whoever clicks from a workspace that is not ours is an outsider, whoever they say they are (D42)."""
    house.team.edit("users", AE, {"team_id": "T0OTHER001"}, "an administrator")
    assert house.click(AE, press)
    house.hang_up()
    assert "guests cannot" in house.whispers(AE)[0]["text"]
    assert state(house) == "open"


def test_whoever_slack_does_not_know_right_now_is_told(house: House) -> None:
    """users.info fails and nobody asked before: the step is not done, and the reason is said."""
    house.fault("users.info", 503)
    assert house.click(SDR)
    house.hang_up()
    assert "try again in a minute" in house.whispers(SDR)[0]["text"]
    assert state(house) == "open"


def test_the_owner_is_known_even_when_slack_does_not_say(house: House) -> None:
    """The message mentions them, so they were looked up by their e-mail: their click counts."""
    house.fault("users.info", 503)
    assert house.click(AE)
    house.hang_up()
    assert house.raised()[0].acknowledged_by == AE


PREPARED: dict[str, Callable[[House], Any]] = {
    "acknowledge": lambda _house: None,
    "unacknowledge": taken,
    "contact": lambda _house: None,
    "close": lambda house: prepare(house, lambda conn, by: handling.contact(conn, 1, AE, by)),
    "wake": lambda house: prepare(house, lambda conn, by: handling.snooze(conn, 1, by.at + timedelta(hours=9), by)),
    "reinstate": lambda house: prepare(house, lambda conn, by: handling.disqualify(conn, 1, "no_budget", by)),
    "not_a_fit": lambda _house: None,
    "snooze": lambda _house: None,
    "reassign": lambda _house: None,
}
"""What has to have happened so that something can be done."""


def prepare(house: House, step: Callable[[Connection, By], bool]) -> None:
    with house.store.write() as conn:
        assert step(conn, By(AE, "slack", house.clock()))


def pressed(house: House, act: str) -> dict[str, Any]:
    """A message that offers this, whether it is still possible or not."""
    offered = {"text": {"type": "plain_text", "text": act}, "value": f"{act}:1"}
    menu = {"type": "overflow", "action_id": "more", "options": [offered]}
    return house.team.post(HOT, "?", [{"type": "actions", "elements": [menu]}]).record()


@pytest.mark.parametrize("act", PREPARED)
def test_whoever_has_no_part_in_it_does_nothing(house: House, act: str) -> None:
    """Each thing that can be done, wanted by somebody who may not: no step, and words that say who may."""
    PREPARED[act](house)
    before = house.steps()
    assert house.choose(STRANGER, act, pressed(house, act))
    house.hang_up()
    assert "RevOps can do that." in house.whispers(STRANGER)[0]["text"]
    assert house.steps() == before


@pytest.mark.parametrize("act", ["acknowledge", "unacknowledge", "contact", "close", "wake", "reinstate"])
def test_each_press_delivered_twice_is_one_step(house: House, act: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same click, heard again: no second step, and no words that would puzzle anybody."""
    PREPARED[act](house)
    before, message = len(house.steps()), pressed(house, act)
    monkeypatch.setattr(house.team.stamps, "next", lambda: "1768208400.000100")
    for _ in range(2):
        assert house.choose(AE, act, message)
    house.hang_up()
    assert len(house.steps()) == before + 1
    assert house.whispers(AE) == []


@pytest.mark.parametrize("act", [act for act in PREPARED if act not in ("acknowledge", "reinstate")])
def test_a_stale_menu_does_not_bring_an_alert_back(house: House, act: str) -> None:
    """Superseded meanwhile, and the message not yet rewritten: told why, nothing done (slack A2)."""
    message = pressed(house, act)
    seen = {"episode": "usage_limit:2026-01-12", "rule": "r", "reason": "SQL owned by SDR 1", "owner": SQL_OWNER}
    house.tell(seen, kind="sql_seen")
    house.tick()
    assert house.choose(AE, act, message)
    house.hang_up()
    assert house.whispers(AE)[0]["text"] == ("That cannot be done any more: it was superseded. SQL owned by SDR 1")
    assert state(house) == "superseded"


def test_a_race_has_one_winner_and_the_other_is_told(house: House) -> None:
    """Two windows are open on the same alert: the second is told what became of it."""
    for user in (AE, MANAGER):
        assert house.choose(user, "reassign")
        house.window(user)
    house.send(MANAGER, {"to": {"selected_user": SDR}})
    answer = house.send(AE, {"to": {"selected_user": AE}})
    assert f"Only its owner <@{SDR}>" in str(answer["payload"]["view"]["blocks"])
    assert house.raised()[0].owner_email == SQL_OWNER


def test_who_was_first_to_reach_out_is_named(house: House) -> None:
    """The message still offered it to the second one."""
    message = house.messages(HOT)[0]
    house.fault("chat.update", 503, times=9)
    assert house.choose(AE, "contact", message)
    assert house.choose(SDR, "contact", message)
    house.hang_up()
    assert house.whispers(SDR)[0]["text"] == (
        f"That cannot be done any more: somebody reached out already. It was <@{AE}>."
    )
    assert house.raised()[0].contacted_by == AE


def test_eight_presses_at_once_are_one_step(house: House) -> None:
    """The transaction that looks whether it may be is the one that does it."""
    errands = Errands(house.store, People(house.client), SETTINGS, house.clock)
    people = [Colleague(f"U{number}", f"AE {number}", email=OWNER) for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(lambda one: errands.press(Act.CONTACT, 1, one, None).ending, people))
    assert sorted(ended) == ["done"] + ["impossible"] * 7
    assert len(house.steps()) == 1


# ---------------------------------------------------------------------------------------------------------------- why


def test_why_tells_rule_evidence_points_and_what_would_have_been(house: House) -> None:
    """All of it from the alert itself; no right is needed to read it."""
    assert house.choose(SDR, "why")
    house.hang_up()
    shown = str(house.windows(SDR)[0]["blocks"])
    for part in (
        "A usage limit was hit",
        "hot-at-least-50",
        "employees: 240",
        "core workflow 20",
        "Hit the usage limit",
    ):
        assert part in shown
    assert house.windows(SDR)[0].get("submit") is None


def test_a_window_takes_one_call_of_whoever_is_known(house: House) -> None:
    """A trigger lives for three seconds (slack B2): who presses is asked for once, and nothing else comes before."""
    for _ in range(2):
        assert house.click(AE, "not_a_fit")
        house.window(AE)
    house.hang_up()
    assert [path for path in house.gate.passed if "views." in path or "users.info" in path] == [
        "/api/users.info",
        "/api/views.open",
        "/api/views.open",
    ]


def test_a_window_that_does_not_open_is_said(house: House) -> None:
    """The trigger has expired: nothing is lost, and the person reads what to do."""
    house.fault("views.open", 200, body={"ok": False, "error": "expired_trigger_id"})
    assert house.click(AE, "not_a_fit")
    house.hang_up()
    assert house.whispers(AE)[0]["text"] == (
        "The window could not be opened (Slack says expired_trigger_id). Please press again."
    )


# ------------------------------------------------------------------------------------------------------- odd payloads


@pytest.mark.parametrize("value", ["odd", "close", "escalate:1", "snooze:²", "contact:99999999999999999999"])
def test_an_option_of_another_version_is_answered(house: House, value: str) -> None:
    """Whatever a menu says, there are words for it."""
    menu = {
        "type": "overflow",
        "action_id": "more",
        "options": [{"text": {"type": "plain_text", "text": "?"}, "value": value}],
    }
    message = house.team.post(HOT, "?", [{"type": "actions", "elements": [menu]}])
    wanted = {"user": AE, "channel": HOT, "ts": message.ts, "action_id": "more", "value": value}
    assert house.person.post("/_sandbox/click", json=wanted).json()["acknowledged"]
    house.hang_up()
    assert len(house.whispers(AE)) == 1
    assert house.steps() == []


def test_a_window_of_another_version_is_answered(house: House) -> None:
    """A callback nobody listens to: the window says so."""
    assert house.click(AE, "not_a_fit")
    view_id = house.window(AE)["id"]
    house.team.views.stored[view_id]["callback_id"] = "escalate"
    answer = house.send(AE, NOTHING, view_id)
    assert "another version" in str(answer["payload"]["view"]["blocks"])


@pytest.mark.parametrize("metadata", ["", "²", "999", '{"alert": 1}'])
def test_a_window_about_no_alert_is_answered(house: House, metadata: str) -> None:
    """Its alert is not ours, or not any more."""
    assert house.click(AE, "not_a_fit")
    view_id = house.window(AE)["id"]
    house.team.views.stored[view_id]["private_metadata"] = metadata
    answer = house.send(AE, NO_FIT, view_id)
    assert "not known any more" in str(answer["payload"]["view"]["blocks"])
    assert state(house) == "open"


# ------------------------------------------------------------------------------------------------------------ failures


def broken(house: House) -> None:
    """A store that takes no step."""
    with house.store.write() as conn:
        conn.exec_driver_sql("ALTER TABLE transitions RENAME TO elsewhere")


def test_a_click_that_cannot_be_saved_is_answered(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """No warning sign and no silence: the person reads that nothing was done, the operator why."""
    broken(house)
    assert house.click(AE)
    house.hang_up()
    assert house.whispers(AE)[0]["text"].startswith("That could not be done right now, and nothing has changed.")
    assert "what somebody wanted could not be done" in caplog.text
    assert AE not in caplog.text
    assert state(house) == "open"


def test_a_window_that_cannot_be_filled_is_said(house: House, tmp_path: Path) -> None:
    """What it was to show cannot be read: none is opened, and the person reads why."""
    house.store.close()
    for file in tmp_path.glob("store.db*"):
        file.unlink()
    assert house.click(AE, "not_a_fit")
    house.hang_up()
    assert "nothing has changed" in house.whispers(AE)[0]["text"]
    assert house.windows(AE) == []


def test_a_window_that_cannot_be_saved_says_so(house: House) -> None:
    """It does not close as if all was well."""
    assert house.click(AE, "not_a_fit")
    house.window(AE)
    broken(house)
    answer = house.send(AE, NO_FIT)
    assert "nothing has changed" in str(answer["payload"]["view"]["blocks"])
    assert state(house) == "open"
