"""Decisions are stored on change only (D35), and come back whole."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from connector.model import Counterfactual, Decision, Layers, Route, Tier
from connector.store import decisions, tables
from connector.store.decision_documents import from_document, to_document
from tests.contract.store_fixture import NOW

LATER = NOW + timedelta(hours=1)
FULL = Decision(
    account_key="hot-open-sql",
    route=Route.FYI_OWNER,
    rule="sql-supersedes-pql",
    reason="SQL owned by SDR 1 since 2026-02-20",
    evidence={"score": 92.5, "employees": 140, "country": None, "named": False},
    tier=Tier.HOT,
    segment="mid",
    layers=Layers(behavioural=True, organisational=False, intent=None),
    motion="plg",
    why_now="8 active users, hit the usage limit 3 days ago",
    top_signals=("limit_hit", "pricing_view"),
    plg_stage="PQL",
    crm_stage="SQL",
    routed_to="sdr1@workspace.example",
    routed_at=NOW.replace(microsecond=123456),
    crm_read_at=NOW,
    crm_known=True,
    counterfactual=Counterfactual(Route.ASSIGN_AE, "hot-mid", "Hot without an SQL", "ae1@workspace.example"),
    flags=("hybrid_escalation",),
)
BARE = replace(
    FULL,
    evidence={},
    layers=Layers(None, None, None),
    top_signals=(),
    plg_stage=None,
    crm_stage=None,
    routed_to=None,
    crm_read_at=None,
    crm_known=False,
    counterfactual=None,
    flags=(),
)


def stored_documents(conn: Connection) -> int:
    """How many decisions the store holds, past ones included."""
    counted = (select(func.count()).select_from(table) for table in (tables.decisions, tables.decision_history))
    return sum(conn.execute(query).scalar_one() for query in counted)


def fingerprints(conn: Connection) -> dict[str, str]:
    """What plans compare every decided account with."""
    query = select(tables.decisions.c.account_key, tables.decisions.c.decide_fp)
    return {row.account_key: row.decide_fp for row in conn.execute(query)}


@pytest.mark.parametrize("decision", [FULL, BARE], ids=["full", "bare"])
def test_a_decision_survives_its_document(decision: Decision) -> None:
    """Every field of a decision is in its document and comes back equal."""
    document = to_document(decision)

    assert from_document(document) == decision
    assert document.keys() == {field.name for field in fields(Decision)}


@pytest.mark.parametrize("decision", [FULL, BARE], ids=["full", "bare"])
def test_a_decision_survives_the_store(conn: Connection, decision: Decision) -> None:
    """What was appended is in force, latest, and the history, in its very words."""
    in_force = decisions.append(conn, "r-000001", [(decision, "fp")])

    assert in_force == decisions.latest(conn, [decision.account_key, "unknown"]) == {decision.account_key: decision}
    assert decisions.history(conn, decision.account_key) == [("r-000001", decision)]
    assert fingerprints(conn) == {decision.account_key: "fp"}


def test_an_unchanged_decision_keeps_its_time(conn: Connection) -> None:
    """Deciding the same again adds no history, keeps `routed_at`, and remembers the new fingerprint and evidence."""
    decisions.append(conn, "r-000001", [(FULL, "fp-1")])
    again = replace(FULL, evidence={"score": 93.0}, why_now="9 active users", crm_read_at=LATER, routed_at=LATER)

    in_force = decisions.append(conn, "r-000002", [(again, "fp-2")])

    expected = replace(again, routed_at=FULL.routed_at)
    assert in_force == decisions.latest(conn, [FULL.account_key]) == {FULL.account_key: expected}
    assert fingerprints(conn) == {FULL.account_key: "fp-2"}
    assert decisions.history(conn, FULL.account_key) == [("r-000001", FULL)]
    assert stored_documents(conn) == 1


def test_evidence_may_go_back(conn: Connection) -> None:
    """A refreshed decision shows the newest evidence even where it is the first again."""
    decisions.append(conn, "r-000001", [(FULL, "fp-1")])
    decisions.append(conn, "r-000002", [(replace(FULL, plg_stage=None), "fp-2")])
    assert decisions.latest(conn, [FULL.account_key])[FULL.account_key].plg_stage is None

    decisions.append(conn, "r-000003", [(FULL, "fp-1")])

    assert decisions.latest(conn, [FULL.account_key]) == {FULL.account_key: FULL}


@pytest.mark.parametrize(
    "change",
    [
        {"route": Route.HOLD},
        {"rule": "other"},
        {"tier": Tier.WARM},
        {"routed_to": None},
        {"reason": "another owner"},
        {"segment": "smb"},
        {"layers": Layers(True, True, None)},
        {"flags": ()},
        {"counterfactual": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_decision_is_history(conn: Connection, change: dict[str, Any]) -> None:
    """Each of the nine things that make a decision adds to the history when it changes (D35)."""
    decisions.append(conn, "r-000001", [(FULL, "fp-1")])
    changed = replace(FULL, routed_at=LATER, **change)

    in_force = decisions.append(conn, "r-000002", [(changed, "fp-2")])

    assert in_force == {FULL.account_key: changed}
    assert decisions.history(conn, FULL.account_key) == [("r-000001", FULL), ("r-000002", changed)]


def test_history_shows_the_evidence_of_its_time(conn: Connection) -> None:
    """Evidence refreshed later does not rewrite why a past decision was made."""
    decisions.append(conn, "r-000001", [(FULL, "fp-1")])
    decisions.append(conn, "r-000002", [(replace(FULL, evidence={"score": 10.0}), "fp-2")])
    decisions.append(conn, "r-000003", [(replace(FULL, tier=Tier.NONE, routed_at=LATER), "fp-3")])

    past, _ = decisions.history(conn, FULL.account_key)

    assert past == ("r-000001", FULL)


def test_a_run_that_decides_twice_is_remembered_by_its_last_word(conn: Connection) -> None:
    """One decision per account and run (D4): a second one in the same run takes the place of the first."""
    decisions.append(conn, "r-000001", [(FULL, "fp-1")])
    second = replace(FULL, route=Route.HOLD, routed_at=LATER)
    decisions.append(conn, "r-000001", [(second, "fp-2")])

    assert decisions.history(conn, FULL.account_key) == [("r-000001", second)]


def test_many_accounts_at_once(conn: Connection) -> None:
    """Two thousand decisions are stored together, changed and unchanged ones mixed."""
    first = [replace(FULL, account_key=f"acct-{number:04d}") for number in range(2000)]
    decisions.append(conn, "r-000001", [(decision, "fp-1") for decision in first])
    second = [replace(one, route=Route.HOLD) if index % 2 else one for index, one in enumerate(first)]

    in_force = decisions.append(conn, "r-000002", [(decision, "fp-2") for decision in reversed(second)])

    assert in_force == decisions.latest(conn, list(in_force)) == {one.account_key: one for one in second}
    assert stored_documents(conn) == 3000
