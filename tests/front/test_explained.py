"""What `plsync explain` says is what was decided, and what it says would have been comes to be (invariant 8)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.model import Decision
from connector.store import migrate
from plsync.config import load
from plsync.running import by_itself, rechecked, sync_once
from plsync.wiring import Plsync, opened
from tests.front.door import Door

DRAWN = 20
REP = "SDR 1"
SUPERSEDING = ("sql-supersedes-pql", "stale-opportunity")


@dataclass
class Later:
    """Everybody's clock, which can be set forward: what people do at once after a sync is some time after it."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock(door: Door, monkeypatch: pytest.MonkeyPatch) -> Later:
    """One clock for plsync and the CRMs."""
    later = Later()
    monkeypatch.setattr(door.sandbox.org, "clock", later)
    monkeypatch.setattr(door.sandbox.portal, "clock", later)
    return later


@pytest.fixture
def synced(door: Door, clock: Later) -> Iterator[Plsync]:
    """The named accounts, decided and delivered a minute ago."""
    config = load(door.configured())
    migrate(config.store.url)
    with opened(config, clock) as plsync:
        sync_once(plsync)
        clock.ahead += timedelta(minutes=1)
        yield plsync


def explained(door: Door, key: str) -> dict[str, Any]:
    """The decision as the command tells it."""
    ran = door.run("explain", key, "--json")
    assert ran.code == 0, ran
    decision: dict[str, Any] = json.loads(ran.out)["decision"]
    return decision


def as_told(decision: Decision) -> dict[str, Any]:
    """A stored decision as JSON would spell it."""
    told: dict[str, Any] = json.loads(json.dumps(asdict(decision), default=lambda at: at.isoformat()))
    return told


def decisions(plsync: Plsync, door: Door) -> dict[str, Decision]:
    keys = [str(key) for (key,) in door.sql_rows("SELECT account_key FROM accounts")]
    return dict(plsync.ledger.decisions(keys))


def test_accounts_drawn_by_chance_are_explained_by_their_stored_decisions(door: Door, synced: Plsync) -> None:
    """Twenty accounts: what is told is what is stored, value by value."""
    stored = decisions(synced, door)
    for key in random.Random(2_026).sample(sorted(stored), DRAWN):
        assert explained(door, key) == as_told(stored[key]), key


def remove_sql(door: Door, key: str) -> None:
    """People take every SQL, opportunity and deal of an account away."""
    org, portal = door.sandbox.org, door.sandbox.portal
    ids = {one["Id"] for one in org.records("Account") if one["PLS_Account_Key__c"] == key}
    for lead in org.records("Lead"):
        if lead["PLS_Account_Key__c"] == key and not lead["IsDeleted"]:
            org.edit("Lead", lead["Id"], {"Status": "Working"}, REP)
    for opportunity in org.records("Opportunity"):
        if opportunity["AccountId"] in ids and not opportunity["IsDeleted"] and not opportunity["IsClosed"]:
            org.delete("Opportunity", opportunity["Id"], REP)
    for company in portal.records("companies"):
        if company["properties"].get("pls_account_key") == key:
            if company["properties"].get("lifecyclestage") == "salesqualifiedlead":
                portal.edit("companies", company["id"], {"lifecyclestage": ""}, REP)
            for deal in portal.links.of(portal.shelves["companies"].kind, company["id"], portal.shelves["deals"].kind):
                portal.edit("deals", deal, {"hs_is_closed": "true", "hs_is_closed_won": "false"}, REP)


def test_each_counterfactual_comes_true_once_the_sql_is_gone(door: Door, synced: Plsync, clock: Later) -> None:
    """Every superseded account, decided again without its SQL, gets route, rule, reason and owner as they were told."""
    superseded = {key: made for key, made in decisions(synced, door).items() if made.rule in SUPERSEDING}
    assert len(superseded) >= 3
    for key in superseded:
        remove_sql(door, key)
    clock.ahead += timedelta(minutes=1)
    by_itself(synced, rechecked)

    after = decisions(synced, door)
    for key, before in superseded.items():
        told = before.counterfactual
        assert told is not None, key
        now = after[key]
        assert (now.route, now.rule, now.reason, now.routed_to) == (
            told.route,
            told.rule,
            told.reason,
            told.routed_to,
        ), key
        assert now.counterfactual is None
