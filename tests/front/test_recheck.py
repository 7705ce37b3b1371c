"""The recheck lane from what a rep does in the CRM to the message in Slack, over the wire (D30)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import update

from connector.model import UNREADABLE, Route
from connector.store import alerts, migrate, tables
from plsync import exits
from plsync.config import load
from plsync.running import by_itself, rechecked, sync_once
from plsync.slack import build_bot
from plsync.wiring import Plsync, opened
from tests.front.door import CRMS, Door

HOT = "hot-no-sql"  # 400 employees: an enterprise AE's, without an SQL
UNRELATED = 3_000  # accounts of another sync
REP = "SDR 1"


@dataclass(frozen=True)
class Alerted:
    """Rooms in which somebody was just alerted of an account."""

    door: Door
    plsync: Plsync

    def recheck(self) -> int:
        """One look, and what the bot has to do then; how many accounts it dealt with."""
        self.door.sandbox.forget_requests()
        planned = by_itself(self.plsync, rechecked).planned
        self.tick()
        return planned

    def tick(self) -> None:
        """The bot does what is due."""
        assert self.plsync.config.slack is not None
        bot = build_bot(self.plsync, self.plsync.config.slack)
        bot.tick()
        bot.stop()

    def route(self, key: str = HOT) -> Route:
        """What is decided of an account."""
        return self.plsync.ledger.decisions([key])[key].route

    def told(self, key: str = HOT) -> list[tuple[str, str]]:
        """Kind and state of the account's alerts."""
        with self.plsync.store.read() as conn:
            return sorted((str(one.kind), str(one.state)) for one in alerts.of_account(conn, key))

    def raised_long_ago(self) -> str:
        """Its alert is an hour old; whose it is, by e-mail. What a CRM dates to the second is later than that."""
        with self.plsync.store.write() as conn:
            (one,) = alerts.of_account(conn, HOT)
            hour_ago = one.raised_at - timedelta(hours=1)
            conn.execute(update(tables.alerts).where(tables.alerts.c.id == one.id).values(raised_at=hour_ago))
        assert one.owner_email is not None
        return one.owner_email

    def account(self, key: str = HOT) -> dict[str, object]:
        """The account's record in Salesforce."""
        (found,) = (one for one in self.door.sandbox.org.records("Account") if one["PLS_Account_Key__c"] == key)
        return found


@pytest.fixture
def alerted(door: Door) -> Iterator[Alerted]:
    """The named accounts are delivered; then HOT turns Hot, and an enterprise AE is told."""
    config = load(door.configured())
    migrate(config.store.url)
    with opened(config) as plsync:
        found = Alerted(door, plsync)
        sync_once(plsync)
        found.tick()
        door.sql(f"UPDATE accounts SET score = 92, scored_at = datetime('now') WHERE account_key = '{HOT}'")
        door.sql(f"UPDATE accounts SET employees = 400 WHERE account_key = '{HOT}'")
        sync_once(plsync)
        found.tick()
        assert (found.route(), found.told()) == (Route.ASSIGN_AE, [("hot_pql", "open")])
        yield found


def unrelated_sync(alerted: Alerted) -> None:
    """Many other accounts come in, and a sync brings them home."""
    columns = [row[1] for row in alerted.door.sql_rows("PRAGMA table_info(accounts)")]
    instead = {"domain": "'other-' || n || '.example'", "score": "12"}
    copied = ", ".join(instead.get(str(name), str(name)) for name in columns[1:])
    alerted.door.sql(
        f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {UNRELATED}) "
        f"INSERT INTO accounts SELECT 'other-' || n, {copied} FROM accounts, numbers WHERE account_key = '{HOT}'"
    )
    assert sync_once(alerted.plsync).planned == UNRELATED


@pytest.mark.parametrize("busy", [False, True], ids=["quiet", "after-a-large-sync"])
def test_an_opportunity_supersedes_an_open_alert_within_one_look(alerted: Alerted, *, busy: bool) -> None:
    """A rep makes an opportunity: the alert is superseded, its owner told, nobody else's record or alert touched."""
    org = alerted.door.sandbox.org
    before = {one["Id"]: one["SystemModstamp"] for one in org.records("Account")}
    opportunity = {
        "Name": "New business",
        "AccountId": alerted.account()["Id"],
        "StageName": "Proposal",
        "CloseDate": "2999-12-31",
    }
    org.create("Opportunity", opportunity, REP)
    if busy:
        unrelated_sync(alerted)
        before = {one["Id"]: one["SystemModstamp"] for one in org.records("Account")}

    assert alerted.recheck() == 1
    assert alerted.route() is Route.FYI_OWNER
    assert alerted.told() == [("fyi", "open"), ("hot_pql", "superseded")]
    after = {one["Id"]: one["SystemModstamp"] for one in org.records("Account")}
    assert {each for each, at in after.items() if before[each] != at} == {alerted.account()["Id"]}
    assert alerted.account()["PLS_Route__c"] == "fyi_owner"
    (posted,) = [m for m in alerted.door.sandbox.team.all_messages() if "Superseded" in str(m.blocks) and m.history]
    assert REP in str(posted.blocks)


def test_a_lead_that_becomes_an_sql_supersedes_an_open_alert(alerted: Alerted) -> None:
    """A change of a lead's status touches no account: it is seen all the same."""
    org = alerted.door.sandbox.org
    lead = {"LastName": "Doe", "Company": HOT, "Status": "Working", "PLS_Account_Key__c": HOT}
    lead_id = org.create("Lead", lead, REP)
    alerted.recheck()
    assert alerted.route() is Route.ASSIGN_AE

    org.edit("Lead", lead_id, {"Status": "Sales Qualified"}, REP)

    assert alerted.recheck() == 1
    assert alerted.told() == [("fyi", "open"), ("hot_pql", "superseded")]


def test_a_deal_supersedes_an_open_alert(alerted: Alerted) -> None:
    """The same in HubSpot, where a deal belongs to a company by an association alone."""
    portal = alerted.door.sandbox.portal
    (company,) = (one for one in portal.records("companies") if one["properties"].get("pls_account_key") == HOT)
    deal = {"dealname": "New", "dealstage": "qualifiedtobuy", "pipeline": "default", "hs_is_closed": "false"}
    portal.create("deals", deal, REP, [company["id"]])

    assert alerted.recheck() == 1
    assert alerted.told() == [("fyi", "open"), ("hot_pql", "superseded")]


def test_a_call_that_is_logged_in_salesforce_is_the_outreach(alerted: Alerted) -> None:
    """The owner's own call, and not that of the customer: the alert is contacted by the CRM's word (D40)."""
    org, owner = alerted.door.sandbox.org, alerted.raised_long_ago()
    (owner_name,) = (one["Name"] for one in org.records("User") if one["Email"] == owner)
    call = {"TaskSubtype": "Call", "CallType": "Outbound", "Status": "Completed", "WhatId": alerted.account()["Id"]}
    org.create("Task", {**call, "CallType": "Inbound"}, REP)
    org.create("Task", call, owner_name)

    assert alerted.recheck() == 0
    assert alerted.told() == [("hot_pql", "contacted")]
    (posted,) = [m for m in alerted.door.sandbox.team.all_messages() if "Reached out" in str(m.blocks) and m.history]
    assert "a call by" in str(posted.blocks)
    assert "from Salesforce" in str(posted.blocks)


def test_a_call_that_is_logged_in_hubspot_is_the_outreach(alerted: Alerted) -> None:
    """The same, where a call is associated with its company."""
    portal = alerted.door.sandbox.portal
    (company,) = (one for one in portal.records("companies") if one["properties"].get("pls_account_key") == HOT)
    email = alerted.raised_long_ago()
    owner = next(one["id"] for one in portal.records("owners") if one["email"] == email)
    call = {"hs_call_direction": "OUTBOUND", "hs_timestamp": portal.clock().isoformat(), "hubspot_owner_id": owner}
    portal.create("calls", call, REP, [company["id"]])

    alerted.recheck()
    assert alerted.told() == [("hot_pql", "contacted")]


def test_activities_that_may_not_be_read_are_noted_and_logged_once(
    alerted: Alerted, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever may give the permission is told the CRM's own words; the rest of the look goes on (D40)."""
    alerted.door.sandbox.portal.hide("emails")
    with caplog.at_level("WARNING", "plsync.running"):
        for _ in range(2):
            alerted.recheck()

    assert alerted.plsync.ledger.mark(UNREADABLE) == "hubspot"
    (line,) = [record.getMessage() for record in caplog.records if record.name == "plsync.running"]
    assert "hubspot lets us read no emails" in line
    assert "MISSING_SCOPES" in line


def test_a_record_made_in_the_crm_is_matched_within_one_look(alerted: Alerted) -> None:
    """A Hot account that neither CRM knew is found as soon as somebody makes its record."""
    door = alerted.door
    columns = [row[1] for row in door.sql_rows("PRAGMA table_info(accounts)")]
    copied = ", ".join("'nova.example'" if name == "domain" else str(name) for name in columns[1:])
    door.sql(f"INSERT INTO accounts SELECT 'nova', {copied} FROM accounts WHERE account_key = '{HOT}'")
    sync_once(alerted.plsync)
    assert alerted.told("nova") == []
    alerted.tick()
    assert alerted.told("nova") == [("hot_pql", "open")]

    door.sandbox.org.create("Account", {"Name": "Nova", "Website": "https://nova.example"}, REP)

    assert alerted.recheck() == 1
    assert alerted.account("nova")["PLS_Score__c"] == 92
    assert alerted.told("nova") == [("hot_pql", "open")]


def test_quiet_crms_cost_one_question_per_object(alerted: Alerted) -> None:
    """A look over CRMs in which nobody did anything reads no record, writes none, and leaves one row of runs."""
    for _ in range(3):
        assert alerted.recheck() == 0
    counts = alerted.door.sandbox.counts()
    assert {crm: counts[crm]["write"] for crm in CRMS} == dict.fromkeys(CRMS, 0)
    assert alerted.door.stored("SELECT count(*) FROM runs WHERE lane = 'recheck'") == [(1,)]


def test_before_the_baseline_there_is_nothing_to_recheck(door: Door) -> None:
    """A store without a decision asks no CRM what changed; the lane says that it ran."""
    assert door.run("migrate").code == exits.DONE
    with opened(load(door.configured())) as plsync:
        assert by_itself(plsync, rechecked).planned == 0
    assert door.stored("SELECT lane, state FROM runs") == [("recheck", "done")]
