"""A public data set of 500 accounts, scored by SQL of the tests' own, carried to both CRMs by the shipped mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from connector.model import OutcomeKind
from connector.store import migrate
from connector.sync import Run
from connector.warehouse import Relation
from plsync import config as cfg
from plsync.running import sync_once
from plsync.wiring import Plsync, opened
from tests import databases, ravenstack
from tests.databases import KINDS, Database
from tests.e2e.outside import MAPPINGS, NO_SLACK, Outside, Seeds, running

CRMS = ("salesforce", "hubspot")
ACCOUNTS = 500
TIERS = "CASE WHEN score >= 80 THEN 'hot' WHEN score >= 50 THEN 'warm' WHEN score >= 30 THEN 'watching' ELSE 'none' END"

# The furthest PLG stage that has a date (D23).
PLG_STAGE = """
CASE WHEN self_serve_paid_at IS NOT NULL THEN 'Self-serve paid' WHEN pql_at IS NOT NULL THEN 'PQL'
     WHEN activated_at IS NOT NULL THEN 'Activated' WHEN signup_at IS NOT NULL THEN 'Signup' END
"""
WANTED = f"SELECT key, score, motion, {TIERS} AS tier, {PLG_STAGE} AS plg_stage, pql_at FROM accounts"
FIELDS = {
    "salesforce": ("PLS_Score__c", "PLS_Motion__c", "PLS_Tier__c", "PLS_PLG_Stage__c", "PLS_PQL_Date__c"),
    "hubspot": ("pls_score", "pls_motion", "pls_tier", "pls_plg_stage", "pls_pql_date"),
}


@dataclass(frozen=True)
class Synced:
    """The data set after its first sync, with the stand-ins' count of that sync's calls."""

    database: Database
    outside: Outside
    plsync: Plsync
    first: Run
    calls: Mapping[str, Mapping[str, int]]

    def sql(self, statement: str) -> Sequence[Any]:
        """Rows of the warehouse, asked of the database directly."""
        with self.database.engine.connect() as connection:
            return connection.execute(text(statement)).all()

    def held_by(self, crm: str) -> dict[str, tuple[Any, ...]]:
        """The mapped values of every record as the CRM holds them, by account key."""
        if crm == "salesforce":
            rows = self.outside.org.records("Account")
        else:
            rows = [record["properties"] for record in self.outside.portal.records("companies")]
        key = "PLS_Account_Key__c" if crm == "salesforce" else "pls_account_key"
        return {row[key]: tuple(row.get(name) for name in FIELDS[crm]) for row in rows}


@pytest.fixture(scope="module", params=KINDS)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """Each kind of warehouse in turn, synced once to CRMs that know every account by its key."""
    folder = tmp_path_factory.mktemp("ravenstack")
    with ExitStack() as stack:
        database = stack.enter_context(databases.opened(request.param, folder))
        ravenstack.load(database.engine)
        with database.engine.connect() as connection:
            keys = [str(key) for (key,) in connection.execute(text("SELECT key FROM accounts ORDER BY key"))]
        outside = stack.enter_context(running(folder, morning_after, seeds(keys)))
        config = configuration(database, outside, folder)
        migrate(config.store.url)
        plsync = stack.enter_context(opened(config, morning_after))
        first = sync_once(plsync)
        yield Synced(database, outside, plsync, first, outside.calls())


@cache
def morning_after() -> datetime:
    """The morning after the last day of the data, which is found by reading all of it."""
    return datetime.combine(ravenstack.last_day(), datetime.min.time(), UTC) + timedelta(days=1, hours=9)


def seeds(keys: Sequence[str]) -> Seeds:
    """One Salesforce account and one HubSpot company for each key, nothing else known of them."""
    accounts = [
        {"Id": f"001{number:012d}AAA", "Name": f"Account {number}", "PLS_Account_Key__c": key}
        for number, key in enumerate(keys, start=1)
    ]
    companies = [
        {"id": str(1_000 + number), "properties": {"name": f"Account {number}", "pls_account_key": key}}
        for number, key in enumerate(keys, start=1)
    ]
    return Seeds({"Account": accounts}, {"companies": companies, "contacts": [], "deals": [], "owners": []}, NO_SLACK)


def configuration(database: Database, outside: Outside, folder: Path) -> cfg.Config:
    """The data set declared to plsync as a user would, and the shipped mappings."""
    relations = ravenstack.relations()
    assert relations.signals is not None
    document = {
        "warehouse": {
            "url": database.url,
            "accounts": declared(relations.accounts),
            "signals": declared(relations.signals),
        },
        "store": {"url": f"sqlite:///{folder / 'store.db'}"},
        "mappings": {"folder": str(MAPPINGS)},
        **{crm: outside.tables[crm] for crm in CRMS},
    }
    return cfg.parse(document, "ravenstack")


def declared(relation: Relation) -> dict[str, Any]:
    """A relation as the configuration spells it."""
    columns = {name: {"column": column.name, "type": column.type} for name, column in relation.columns.items()}
    return {"relation": relation.name_or_query, "columns": columns}


def number(value: Any) -> float:
    return float(value)


def day(value: Any) -> str | None:
    """A date as ISO text, however the database or the CRM types it."""
    return value.isoformat() if isinstance(value, date) else (str(value)[:10] if value else None)


def plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """Score, motion, tier, PLG stage and PQL date in one spelling."""
    score, motion, tier, stage, pql_at = row
    return (number(score), motion, tier, stage or None, day(pql_at))


def test_all_accounts_reach_both_crms(synced: Synced) -> None:
    """As many are compared, planned and updated in each CRM as SQL counts."""
    ((count,),) = synced.sql("SELECT count(*) FROM accounts")
    assert count == ACCOUNTS
    assert (synced.first.compared, synced.first.planned) == (count, count)
    for tally in synced.first.tallies.values():
        assert {kind: n for kind, n in tally.outcomes.items() if n} == {OutcomeKind.UPDATED: count}


@pytest.mark.parametrize("crm", CRMS)
def test_the_crm_holds_what_sql_says(synced: Synced, crm: str) -> None:
    """Score, motion, tier, PLG stage and PQL date of every account, read back from the CRM."""
    wanted = {str(row[0]): plain((row[1], row[2], row[3], row[4], row[5])) for row in synced.sql(WANTED)}
    assert {key: plain(values) for key, values in synced.held_by(crm).items()} == wanted


def test_the_tiers_add_up(synced: Synced) -> None:
    """The CRM counts as many accounts per tier as SQL."""
    counted = dict(synced.sql(f"SELECT {TIERS} AS tier, count(*) FROM accounts GROUP BY 1"))
    held = [row["PLS_Tier__c"] for row in synced.outside.org.records("Account")]
    assert {tier: held.count(tier) for tier in counted} == counted
    assert sum(counted.values()) == ACCOUNTS


def test_calls_follow_the_batches(synced: Synced) -> None:
    """Writes take one call for 1,000 accounts in Salesforce and one for 100 in HubSpot (P1, P2)."""
    assert synced.calls["salesforce"]["write"] == 1
    assert synced.calls["hubspot"]["write"] == ACCOUNTS // 100


def test_a_second_run_calls_nobody(synced: Synced) -> None:
    """All accounts compared, none planned, no request at either CRM."""
    synced.outside.forget()
    again = sync_once(synced.plsync)
    assert (again.compared, again.planned) == (ACCOUNTS, 0)
    assert {crm: synced.outside.calls()[crm].total() for crm in CRMS} == dict.fromkeys(CRMS, 0)
