"""An activity in a CRM makes an alert contacted, or somebody's word of it more than that (D40), on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot import handling
from bot.intake import take_facts
from bot.moves import SLACK, By, take
from bot.planner import plan_moved
from bot.settings import BotSettings
from bot.sla.hours import Hours
from bot.sla.policy import DEFAULTS
from bot.sla.roster import Member, Roster
from bot.views.alert import alert_message
from bot.views.scene import Scene
from connector.model import OUTREACH_SEEN, PROOF, NewFact
from connector.store import Store, alerts, facts, rungs
from connector.store.outreach import awaiting
from tests.unit.bot.told import OWNER, payload

NINE = datetime(2026, 1, 19, 9, 0, tzinfo=UTC)
HOURS = Hours(ZoneInfo("UTC"))
MATE, OTHER = "enterprise-ae-2@workspace.example", "sdr-9@workspace.example"
ROSTER = Roster(HOURS, members={one: Member(one, HOURS, team="east") for one in (OWNER, MATE)})
SETTINGS = BotSettings(policies=DEFAULTS, roster=ROSTER)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Desk:
    """A store with one Hot alert of nine o'clock, and what happens to it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with store.write() as conn:
            opened = alerts.open_alert(
                conn,
                account_key="acme",
                kind="hot_pql",
                episode="e1",
                raised_at=NINE,
                occurred_at=NINE,
                owner_email=OWNER,
                payload=payload(episode="e1"),
            )
        assert opened == 1
        plan_moved(store, SETTINGS)

    def see(self, at: datetime = NINE + 20 * MINUTE, by: str = OWNER, activity: str = "call", name: str = "1") -> None:
        """The connector tells of an activity, and the bot takes it, both five minutes later."""
        told = {
            "kind": "hot_pql",
            "episode": "e1",
            "crm": "salesforce",
            "activity": activity,
            "id": name,
            "by": by,
            "at": at.isoformat(),
        }
        later = at + 5 * MINUTE
        with self.store.write() as conn:
            facts.append(conn, "r-000001", [NewFact(OUTREACH_SEEN, "acme", f"seen:{name}", later, told)])
        take_facts(self.store, SETTINGS, later)

    def say(self, at: datetime = NINE + 20 * MINUTE) -> None:
        """Its owner presses *I reached out*."""
        with self.store.write() as conn:
            assert handling.contact(conn, 1, "U1", By("U1", SLACK, at))

    def take(self, email: str | None) -> None:
        """Somebody presses *I'm on it*."""
        with self.store.write() as conn:
            assert take(conn, 1, "SDR 9", By("U9", SLACK, NINE + MINUTE), email)

    @property
    def alert(self) -> alerts.Alert:
        with self.store.read() as conn:
            found = alerts.get(conn, 1)
        assert found is not None
        return found

    @property
    def steps(self) -> list[alerts.Transition]:
        with self.store.read() as conn:
            return alerts.transitions_of(conn, 1)

    @property
    def text(self) -> str:
        """What its message says of where it stands."""
        return alert_message(self.alert, Scene()).text


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


@pytest.mark.parametrize(
    ("activity", "words"), [("call", "a call"), ("meeting", "a meeting"), ("email", "an e-mail")], ids=str
)
def test_an_activity_of_the_owner_makes_an_alert_contacted(desk: Desk, activity: str, words: str) -> None:
    """When it took place, by whom, and on which CRM's word; all clocks stop as with the button."""
    desk.see(activity=activity)

    assert (desk.alert.state, desk.alert.contacted_by, desk.alert.contacted_at) == (
        "contacted",
        OWNER,
        NINE + 20 * MINUTE,
    )
    (step,) = desk.steps
    assert (step.actor, step.source, step.at) == (OWNER, "crm", NINE + 25 * MINUTE)
    assert step.told is not None
    assert step.told[PROOF]["id"] == "1"
    assert "*Reached out* <!date^" in desk.text
    assert f": {words} by {OWNER}, from Salesforce" in desk.text
    plan_moved(desk.store, SETTINGS)
    with desk.store.read() as conn:
        assert [row for row in rungs.of_alert(conn, 1) if not row.fired_at] == []
        assert awaiting(conn, NINE + HOUR) == []


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param({"by": OTHER}, id="by-somebody-else"),
        pytest.param({"at": NINE - MINUTE}, id="before-the-alert"),
    ],
)
def test_what_is_no_outreach_for_it_changes_nothing(desk: Desk, seen: dict[str, Any]) -> None:
    """Nobody's call counts but the owner's, the acknowledger's or the team's, and none from before (D40)."""
    desk.see(**seen)

    assert (desk.alert.state, desk.steps) == ("open", [])


def test_the_team_and_whoever_took_it_count(desk: Desk) -> None:
    """An acknowledger of another team is known to the CRM by the e-mail Slack told when they took it."""
    desk.take(OTHER)
    desk.see(by=OTHER.upper())
    assert desk.alert.contacted_by == OTHER.upper()


def test_a_mate_counts_without_a_click(desk: Desk) -> None:
    """The owner's team may answer for them."""
    desk.see(by=MATE)
    assert desk.alert.state == "contacted"


def test_without_an_e_mail_an_acknowledger_proves_nothing(desk: Desk) -> None:
    """Slack did not say who they are."""
    desk.take(None)
    desk.see(by=OTHER)
    assert desk.alert.state == "acknowledged"


def test_somebodys_word_is_stored_as_such_and_proven_later(desk: Desk) -> None:
    """The record keeps both; the alert tells what the CRM shows, when that was."""
    desk.say()
    assert desk.steps[-1].told == {"self_declared": True}
    assert "*<@U1> says they reached out*" in desk.text

    desk.see(NINE + 18 * MINUTE)

    assert (desk.alert.contacted_by, desk.alert.contacted_at) == (OWNER, NINE + 18 * MINUTE)
    assert [(step.from_state, step.to_state, step.source) for step in desk.steps] == [
        ("open", "contacted", "slack"),
        ("contacted", "contacted", "crm"),
    ]
    told = desk.steps[-1].told or {}
    assert (told["said_by"], told["said_at"]) == ("U1", (NINE + 20 * MINUTE).isoformat())
    assert "from Salesforce" in desk.text


def test_a_word_is_proven_also_when_they_are_done_with_it(desk: Desk) -> None:
    """*I reached out*, then *Done*: the alert stays closed."""
    desk.say()
    with desk.store.write() as conn:
        assert handling.close(conn, 1, "done", By("U1", SLACK, NINE + 21 * MINUTE))
    desk.see(NINE + 18 * MINUTE)

    assert (desk.alert.state, desk.alert.contacted_by) == ("closed", OWNER)
    assert desk.alert.payload[PROOF]["id"] == "1"


def test_what_is_done_long_after_somebodys_word_does_not_prove_it(desk: Desk) -> None:
    """A mail on the next day is not the call of today: the word stays a word."""
    desk.say()
    desk.see(NINE + 20 * MINUTE + HOUR + MINUTE)

    assert PROOF not in desk.alert.payload
    assert "says they reached out" in desk.text


def test_the_first_proof_stays(desk: Desk) -> None:
    """A second activity is no news, nor is a fact that is told twice."""
    desk.see()
    desk.see(NINE + 30 * MINUTE, by=MATE, name="2")
    desk.see()

    assert (desk.alert.contacted_by, len(desk.steps)) == (OWNER, 1)


@pytest.mark.parametrize("ending", ["close", "disqualify"])
def test_what_is_over_is_not_brought_back(desk: Desk, ending: str) -> None:
    """An activity after the end of an alert changes nothing about it."""
    with desk.store.write() as conn:
        assert getattr(handling, ending)(conn, 1, "no_budget", By("U1", SLACK, NINE + MINUTE))
    before = desk.alert.state
    desk.see()

    assert desk.alert.state == before


def test_an_activity_without_its_alert_is_nobodys(desk: Desk) -> None:
    """The fact is taken, and that is all."""
    told = {"kind": "expansion", "episode": "x", "crm": "hubspot", "activity": "call", "id": "1", "by": OWNER}
    with desk.store.write() as conn:
        fact = NewFact(OUTREACH_SEEN, "acme", "other", NINE, {**told, "at": NINE.isoformat()})
        facts.append(conn, "r-000001", [fact])

    assert take_facts(desk.store, SETTINGS, NINE) == 1
    assert desk.steps == []
