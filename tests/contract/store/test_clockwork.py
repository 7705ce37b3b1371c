"""The clockwork over a real store: planned, fired once under two tickers, stopped, audited, healed (D40, slack A2)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update

from bot import handling, moves
from bot.clockwork import Clockwork
from bot.moves import SLACK, By, Click, acknowledge
from bot.settings import BotSettings
from bot.sla.hours import Hours
from bot.sla.policy import DEFAULTS, HOT, Reassign, Rung, Snooze
from bot.sla.roster import Member, Roster
from bot.views.alert import alert_message
from bot.views.rung import rung_message
from bot.views.scene import Scene
from connector.model import CONVERTED, UNREADABLE
from connector.store import Store, alerts, rungs, tables, touching
from connector.store.facts import FactRow
from tests.unit.bot.told import OWNER, fyi_payload, payload

NINE = datetime(2026, 1, 19, 9, 0, tzinfo=UTC)  # a Monday
MANAGER, OTHER = "manager-1@workspace.example", "enterprise-ae-2@workspace.example"
UTC_HOURS = Hours(ZoneInfo("UTC"))
ROSTER = Roster(
    UTC_HOURS,
    members={
        OWNER: Member(OWNER, UTC_HOURS, manager=MANAGER),
        OTHER: Member(OTHER, UTC_HOURS, manager=MANAGER),
        MANAGER: Member(MANAGER, UTC_HOURS),
    },
)
SETTINGS = BotSettings(policies=DEFAULTS, roster=ROSTER)
LADDER = ["acknowledge_at_risk", "acknowledge_breach", "at_risk", "breach", "manager", "expired"]


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = NINE

    def __call__(self) -> datetime:
        return self.now


class Works:
    """A clockwork, its store, and what a test looks at."""

    def __init__(self, store: Store, settings: BotSettings = SETTINGS) -> None:
        self.store, self.clock, self.settings = store, Clock(), settings
        self.clockwork = Clockwork(store, settings, self.clock)

    def at(self, hours: float) -> Works:
        """Tick so many hours after nine."""
        self.clock.now = NINE + timedelta(hours=hours)
        self.clockwork.tick()
        return self

    def fired(self, alert_id: int = 1) -> list[str]:
        with self.store.read() as conn:
            return [row.rung for row in rungs.of_alert(conn, alert_id) if row.fired_at]

    def waiting(self, alert_id: int = 1) -> dict[str, float]:
        """Rungs that have not fired, by hours after nine."""
        with self.store.read() as conn:
            rows = rungs.of_alert(conn, alert_id)
        return {row.rung: (row.due_at - NINE) / timedelta(hours=1) for row in rows if not row.fired_at}

    def told(self, alert_id: int = 1) -> list[tuple[str, str]]:
        """Purpose and target of every delivery beside that of the alert."""
        with self.store.read() as conn:
            all_of_it = alerts.deliveries_of(conn, alert_id)
        return [(each.purpose, each.target) for each in all_of_it if each.purpose != alerts.THE_ALERT]

    def alert(self, alert_id: int = 1) -> alerts.Alert:
        with self.store.read() as conn:
            found = alerts.get(conn, alert_id)
        assert found is not None
        return found

    def states(self, alert_id: int = 1) -> list[str]:
        with self.store.read() as conn:
            return [step.to_state for step in alerts.transitions_of(conn, alert_id)]

    def by(self, hours: float, user: str = "U1") -> By:
        return By(user, SLACK, NINE + timedelta(hours=hours))

    def acknowledge(self, hours: float) -> None:
        acknowledge(self.store, Click(1, "U1", "AE 1", NINE + timedelta(hours=hours)))


def raised(store: Store, key: str = "acme", kind: str = "hot_pql", owner: str | None = OWNER) -> int:
    """An alert of Monday at nine, which is shown in its channel."""
    told = payload(routed_to=owner) if kind == "hot_pql" else fyi_payload()
    with store.write() as conn:
        opened = alerts.open_alert(
            conn,
            account_key=key,
            kind=kind,
            episode="e1",
            raised_at=NINE,
            occurred_at=NINE,
            owner_email=owner,
            payload=told,
        )
        assert opened is not None
        alerts.plan_delivery(conn, opened, "channel:plg-hot")
    return opened


@pytest.fixture
def works(store: Store) -> Works:
    """A clockwork over a store with one fresh Hot alert."""
    raised(store)
    return Works(store)


# ------------------------------------------------------------------------------------------------------------- firing


def test_left_alone_every_rung_fires_once_in_its_time(works: Works) -> None:
    """At risk, breach, manager, expired: each told to whom it is for, with the alert's state following."""
    seen = {hours: len(works.at(hours).fired()) for hours in (0, 0.49, 0.5, 1, 2, 4, 7.99, 8, 48)}
    assert seen == {0: 0, 0.49: 0, 0.5: 1, 1: 2, 2: 3, 4: 4, 7.99: 4, 8: 5, 48: 6}
    for hours in (49, 50, 500):
        works.at(hours)
    assert works.fired() == LADDER
    assert works.told() == [
        ("acknowledge_at_risk", f"person:{OWNER}"),
        ("acknowledge_breach", "channel:plg-hot"),
        ("acknowledge_breach", f"person:{OWNER}"),
        ("at_risk", f"person:{OWNER}"),
        ("breach", "channel:plg-hot"),
        ("breach", f"person:{OWNER}"),
        ("manager", "channel:plg-hot"),
        ("manager", f"person:{MANAGER}"),
        ("expired", "channel:plg-hot"),
    ]
    assert works.states() == ["escalated", "expired"]
    assert works.alert().escalated_at == NINE + timedelta(hours=8)


def test_under_two_tickers_each_fires_once(store: Store, store_url: str) -> None:
    """Two replicas on one store, ticking at once through two days, with twenty alerts: no rung twice, none lost."""
    for number in range(20):
        raised(store, f"acme-{number}")
    stores = [Store.open(store_url), Store.open(store_url)]
    replicas = [Works(each) for each in stores]
    with ThreadPoolExecutor(2) as threads:
        for hours in (0, 0.5, 1, 2, 4, 8, 48):
            list(threads.map(lambda works, at=hours: works.at(at), replicas))
    for works in replicas:
        works.at(49)
    for alert_id in range(1, 21):
        assert replicas[0].fired(alert_id) == LADDER
        assert replicas[0].states(alert_id) == ["escalated", "expired"]
        told = replicas[0].told(alert_id)
        assert len(told) == len(set(told)) == 9
    for each in stores:
        each.close()


def test_a_ticker_looks_every_fifteen_seconds(works: Works) -> None:
    """More often is no use, and costs a look."""
    works.at(0)
    assert works.at(0.5).fired() == ["acknowledge_at_risk"]
    with works.store.write() as conn:
        conn.execute(update(tables.rungs).where(tables.rungs.c.rung == "breach").values(due_at=NINE))
    assert works.at(0.5 + 14 / 3600).fired() == ["acknowledge_at_risk"]
    assert works.at(0.5 + 15 / 3600).fired() == ["breach", "acknowledge_at_risk"]


def test_nobody_is_warned_of_what_has_happened(works: Works) -> None:
    """After a night without a bot the nudge that came too late is not told; the breach and the manager are."""
    works.at(0).at(8)
    assert works.fired() == LADDER[:5]
    assert [purpose for purpose, target in works.told() if target == f"person:{OWNER}"] == [
        "acknowledge_breach",
        "breach",
    ]


def test_an_fyi_has_no_clock(store: Store) -> None:
    """Its reader has the account already (K22)."""
    raised(store, kind="fyi")
    works = Works(store).at(0).at(100)
    assert (works.waiting(), works.fired(), works.alert().planned_version) == ({}, [], None)


def test_without_a_policy_nothing_is_promised(store: Store) -> None:
    """A bot that was told of none."""
    raised(store)
    works = Works(store, BotSettings()).at(0).at(100)
    assert (works.fired(), works.alert().due_at) == ([], None)


def test_direct_messages_wait_for_the_morning(store: Store) -> None:
    """A Warm alert's clock runs at night; its reader's telephone does not ring (D37)."""
    raised(store)
    with store.write() as conn:
        conn.execute(update(tables.alerts).values(payload=payload(tier="warm")))
    works = Works(store).at(0).at(12)
    with store.read() as conn:
        night = [each for each in alerts.deliveries_of(conn, 1) if each.purpose == "at_risk"]
    assert [(each.target, each.not_before) for each in night] == [(f"person:{OWNER}", NINE + timedelta(days=1))]
    assert works.fired() == ["acknowledge_at_risk", "acknowledge_breach", "at_risk"]


# ------------------------------------------------------------------------------------------------------ what stops it


def test_an_acknowledgement_stops_its_own_clock_alone(works: Works) -> None:
    """The promise of an outreach stands, and now it is what is due (D40)."""
    works.at(0)
    assert works.alert().due_at == NINE + timedelta(hours=1)
    works.acknowledge(0.25)
    works.at(0.3)
    assert works.alert().due_at == NINE + timedelta(hours=4)
    assert works.alert().version == 3  # the click, and the promise that its message shows
    assert works.at(8).fired() == ["at_risk", "breach", "manager"]
    assert ("breach", "user:U1") in works.told()
    assert (works.alert().state, works.alert().acknowledged_by) == ("escalated", "U1")


@pytest.mark.parametrize("ending", ["contact", "close", "disqualify", "convert", "supersede"])
def test_an_end_stops_everything(works: Works, ending: str) -> None:
    """An outreach, or a reason why there will be none: also when the rung was due in this very second."""
    works.at(0).at(2)
    with works.store.write() as conn:
        if ending == "supersede":
            assert alerts.transition(conn, 1, ["open"], "superseded", "crm", "crm", works.clock())
        elif ending == "convert":
            paid = {"kind": "hot_pql", "episode": "e1", "paid_at": works.clock().isoformat()}
            moves.convert(conn, FactRow(1, CONVERTED, works.alert().account_key, works.clock(), paid))
        else:
            assert getattr(handling, ending)(conn, 1, "U1", works.by(4))
    works.at(4).at(100)
    assert works.fired() == LADDER[:3]
    assert works.waiting() == {}
    assert (works.alert().due_at, works.alert().planned_version) == (None, None)


def test_a_click_between_planning_and_firing_wins(works: Works) -> None:
    """What was planned before the alert moved never fires."""
    works.at(0)
    with works.store.write() as conn:
        handling.contact(conn, 1, "U1", works.by(0.9))
    assert works.clockwork.fire(NINE + timedelta(hours=4)) == 0


def test_an_undone_no_fit_goes_on_where_it_stood(works: Works) -> None:
    """For a week; then it stays (D42)."""
    works.at(0).at(1)
    with works.store.write() as conn:
        assert handling.disqualify(conn, 1, "not_icp", works.by(1))
    works.at(2)
    with works.store.write() as conn:
        assert handling.reinstate(conn, 1, works.by(3))
    works.at(3)
    assert works.waiting() == {"at_risk": 4, "breach": 6, "manager": 26, "expired": 50}
    assert (works.alert().closed_at, works.alert().disqualified_reason) == (None, None)


# ------------------------------------------------------------------------------------------- snoozing and reassigning


@pytest.mark.parametrize(
    ("snooze", "asleep", "awake"),
    [
        pytest.param(Snooze.PAUSES, ["at_risk"], "acknowledged", id="pauses"),
        pytest.param(Snooze.RUNS, ["at_risk", "breach", "manager"], "escalated", id="runs"),
    ],
)
def test_asleep(store: Store, snooze: Snooze, asleep: list[str], awake: str) -> None:
    """From noon to the next morning: the promise waits, or the manager hears all the same. It stays who has it."""
    raised(store)
    works = Works(store, replace(SETTINGS, policies=(replace(HOT, snooze=snooze),))).at(0)
    works.acknowledge(0.25)
    works.at(2)
    with store.write() as conn:
        assert handling.snooze(conn, 1, NINE + timedelta(hours=24), works.by(3))
        assert not handling.snooze(conn, 1, NINE, works.by(3))
        assert not handling.snooze(conn, 1, datetime(9999, 12, 31, tzinfo=UTC), works.by(3))
    assert works.at(8).fired() == asleep
    works.at(24)
    assert (works.alert().state, works.alert().snoozed_until, works.alert().acknowledged_by) == (awake, None, "U1")
    assert "breach" in works.at(25).fired()


def test_it_wakes_for_all_where_nobody_had_it(works: Works) -> None:
    """And is taken then like a fresh one."""
    works.at(0)
    with works.store.write() as conn:
        assert handling.snooze(conn, 1, NINE + timedelta(minutes=20), works.by(0.1))
    assert works.alert().state == "snoozed"
    assert works.at(0.4).states() == ["snoozed", "open"]


@pytest.mark.parametrize(("reassign", "breach"), [(Reassign.RESTARTS, 7), (Reassign.CONTINUES, 4)])
def test_reassigned(store: Store, reassign: Reassign, breach: float) -> None:
    """The new owner has the whole time or what is left, has not acknowledged it, and what passed is in the record."""
    raised(store)
    works = Works(store, replace(SETTINGS, policies=(replace(HOT, reassign=reassign),))).at(0)
    works.acknowledge(0.25)
    with store.write() as conn:
        assert handling.reassign(conn, 1, OTHER, ROSTER, works.by(3, "U9"))
    works.at(3)
    assert works.waiting()["breach"] == breach
    alert = works.alert()
    assert (alert.state, alert.owner_email, alert.acknowledged_by) == ("open", OTHER, None)
    with store.read() as conn:
        told = alerts.transitions_of(conn, 1)[-1].told
    assert told == {
        "handed_from": OWNER,
        "handed_to": OTHER,
        "elapsed_minutes": {"clock": 180, "business": 180},
    }


def test_a_rung_that_fired_does_not_fire_for_the_next_owner(works: Works) -> None:
    """Each fires once; what has not fired yet is due for them."""
    works.at(0).at(4)
    with works.store.write() as conn:
        handling.reassign(conn, 1, OTHER, ROSTER, works.by(4))
    works.at(4.1)
    assert works.fired() == LADDER[:4]
    assert set(works.waiting()) == {"manager", "expired"}
    assert works.alert().due_at == NINE + timedelta(hours=5)


@pytest.mark.parametrize(
    "step", ["unacknowledge", "wake", "reinstate"], ids=["nobody has it", "it is awake", "it is no misfit"]
)
def test_what_may_not_be_is_not(works: Works, step: str) -> None:
    """The lifecycle decides, in the store, whoever asks."""
    with works.store.write() as conn:
        assert not getattr(handling, step)(conn, 1, works.by(1))
        assert not handling.disqualify(conn, 1, "", works.by(1))
        assert not handling.reassign(conn, 404, OTHER, ROSTER, works.by(1))
    assert works.states() == []


def test_given_back_it_is_anybodys(works: Works) -> None:
    """And its clock of acknowledgement goes on."""
    works.at(0)
    works.acknowledge(0.25)
    with works.store.write() as conn:
        assert handling.unacknowledge(conn, 1, works.by(1.25))
    works.at(1.25)
    assert works.alert().acknowledged_by is None
    assert works.waiting()["acknowledge_breach"] == 2


# --------------------------------------------------------------------------------------------------------- the auditor


def messages(caplog: pytest.LogCaptureFixture, level: int) -> Sequence[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.WARNING, logger="bot"):
        yield caplog


def test_what_did_not_fire_is_said_and_then_fires(works: Works, told: pytest.LogCaptureFixture) -> None:
    """The bot was away for an hour: an error names each rung, and the same tick heals it."""
    works.at(0)
    works.at(1.5)
    assert messages(told, logging.ERROR) == [
        "alert 1: rung acknowledge_at_risk was due 2026-01-19T09:30:00+00:00 and did not fire",
        "alert 1: rung acknowledge_breach was due 2026-01-19T10:00:00+00:00 and did not fire",
    ]
    assert works.fired() == LADDER[:2]
    told.clear()
    works.at(1.6)
    assert messages(told, logging.ERROR) == []


def test_a_rung_in_time_is_no_news(works: Works, told: pytest.LogCaptureFixture) -> None:
    """A few seconds late is in time."""
    works.at(0).at(0.5 + 20 / 3600).at(1 + 20 / 3600)
    assert told.records == []


@pytest.mark.parametrize("lost", ["deleted", "moved", "promise"])
def test_rows_that_are_not_as_the_record_says_are_put_right(
    works: Works, told: pytest.LogCaptureFixture, lost: str
) -> None:
    """The auditor trusts no row: one that is gone or says another time comes back, and fires."""
    works.at(0)
    breach = tables.rungs.c.rung == "breach"
    with works.store.write() as conn:
        match lost:
            case "deleted":
                conn.execute(delete(tables.rungs).where(breach))
            case "moved":
                conn.execute(update(tables.rungs).where(breach).values(due_at=NINE + timedelta(days=9)))
            case _:
                conn.execute(update(tables.alerts).values(due_at=NINE + timedelta(days=9)))
    works.at(4)
    assert "breach" in works.fired()
    assert len(messages(told, logging.WARNING)) == 1
    told.clear()
    works.at(5).at(6)
    assert messages(told, logging.WARNING) == []


def test_another_policy_counts_from_the_next_start(works: Works, told: pytest.LogCaptureFixture) -> None:
    """RevOps halves the promise and restarts the bot: alerts under way follow."""
    works.at(0)
    stricter = replace(HOT, breach=HOT.acknowledge, manager=HOT.breach)
    again = Works(works.store, replace(SETTINGS, policies=(stricter,))).at(0.1)
    assert again.waiting()["breach"] == 1
    assert len(messages(told, logging.WARNING)) == 1


def test_alerts_without_a_policy_any_more_are_let_go(works: Works) -> None:
    """Their tier was taken out of the file: nothing is due, and they are not looked at for ever."""
    works.at(0)
    again = Works(works.store, replace(SETTINGS, policies=())).at(0.1)
    assert (again.waiting(), again.alert().planned_version) == ({}, None)


# ---------------------------------------------------------------------------------------------- what nobody can see


def hide(store: Store, crms: str) -> None:
    """What the last look at the CRMs could not read."""
    with store.write() as conn:
        touching.set_mark(conn, UNREADABLE, crms)


def said(works: Works, rung: Rung) -> str:
    """The message of a rung as it would be posted now."""
    return rung_message(works.alert(), rung, Scene()).text


def test_a_breach_that_nobody_can_see_is_unproven(works: Works) -> None:
    """Its rungs fire and are told, without saying that nobody reached out; nor does the alert (D40)."""
    hide(works.store, "hubspot")
    works.at(0).at(4)
    assert works.fired()[-1] == "breach"
    words = "no outreach is known (HubSpot keeps no activities plsync can read): unproven"
    assert words in said(works, Rung.BREACH)
    assert words in alert_message(works.alert(), Scene()).text
    works.at(4.1).at(8)
    assert words in said(works, Rung.MANAGER)
    assert f"*Escalated:* {words}" in alert_message(works.alert(), Scene()).text
    assert "nobody has reached out" not in said(works, Rung.BREACH) + alert_message(works.alert(), Scene()).text


@pytest.mark.parametrize("crms", [None, ""], ids=["never-looked", "all-was-read"])
def test_a_breach_that_was_looked_for_is_one(works: Works, crms: str | None) -> None:
    """Where every CRM tells, silence means that nobody reached out."""
    if crms is not None:
        hide(works.store, crms)
    works.at(0).at(4)
    assert "Nobody has reached out" in said(works, Rung.BREACH)
    assert works.alert().version == works.alert().planned_version


def test_what_was_unproven_stays_so_once_the_crm_can_be_read(works: Works) -> None:
    """Whoever reads activities today does not know what they would have shown when the promise ran out."""
    hide(works.store, "salesforce hubspot")
    works.at(0).at(4)
    hide(works.store, "")
    works.at(8)
    assert "(Salesforce and HubSpot keep no activities plsync can read): unproven" in said(works, Rung.MANAGER)
