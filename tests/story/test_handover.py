"""Handing over what somebody has: the next sync brings it home, and decides nothing differently (D43)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.store import alerts, decisions, holdings
from connector.store.handovers import Belongings, Handover, belongings, hand_over
from tests.story.house import HUBSPOT, SALESFORCE, Town, mapping, named
from tests.unit.rules.shipped import SDRS

SDR_1, SDR_2 = sorted(SDRS)
KEYS = [f"a-{number:02}" for number in range(9)]
OWNED: dict[str, dict[str, object]] = {"reason": {"from": "decision.routed_to", "merge": "warehouse_wins"}}


@pytest.fixture
def shared(town: Town) -> Town:
    """Nine Warm accounts shared by two SDRs, delivered; their records say who has them."""
    town.mappings = {crm: mapping(crm, fields=OWNED) for crm in town.crms}
    town.accounts(*KEYS)
    return town.settled()


def given(town: Town, leaver: str = SDR_1, heir: str = SDR_2) -> Belongings:
    """What the leaver had, handed over in a run of its own."""
    what = belongings(town.store, leaver)
    hand_over(town.store, what, Handover(town.ledger.start_run("reassign", town.now), leaver, heir, town.now))
    return what


def open_alert(town: Town, key: str, owner: str, kind: str = "hot_pql", state: str = "open") -> None:
    """An alert the bot has opened."""
    with town.store.write() as conn:
        alerts.open_alert(
            conn,
            account_key=key,
            kind=kind,
            episode="hot:2026-03-18",
            raised_at=town.now,
            occurred_at=town.now,
            owner_email=owner,
            payload={},
            state=state,
        )


def owners(town: Town) -> dict[str, str | None]:
    return {key: one.routed_to for key, one in town.ledger.decisions(KEYS).items()}


def test_accounts_are_the_heirs_at_once_and_due(shared: Town) -> None:
    """In force from that moment; the next sync plans exactly these and writes their owner, in every CRM."""
    shared.later(days=1)
    what = given(shared)
    assert 0 < len(what.accounts) < len(KEYS)
    assert set(owners(shared).values()) == {SDR_2}

    run = shared.sync()
    assert run.planned == len(what.accounts)
    assert set(shared.sent()) == set(shared.sent(HUBSPOT)) == set(what.accounts)
    assert {shared.holds(key, "reason") for key in KEYS} == {SDR_2}
    assert set(owners(shared).values()) == {SDR_2}
    assert shared.sync().planned == 0


def test_the_history_shows_the_handover(shared: Town) -> None:
    """A decision of its own run, taken at its time; the sync after it decides the same."""
    (key, *_) = belongings(shared.store, SDR_1).accounts
    shared.later(days=1)
    given(shared)
    shared.later(hours=1)
    shared.sync()

    with shared.store.read() as conn:
        history = decisions.history(conn, key)
    assert [(run, one.routed_to) for run, one in history] == [("r-000001", SDR_1), ("r-000002", SDR_2)]
    assert history[-1][1].routed_at == shared.now - timedelta(hours=1)


def test_open_hot_alerts_are_told_of(shared: Town) -> None:
    """One fact each, in the words the bot understands; taken ones, FYIs and others' alerts are left alone."""
    open_alert(shared, "a-00", SDR_1)
    open_alert(shared, "a-01", SDR_1, state="acknowledged")
    open_alert(shared, "a-02", SDR_1, kind="fyi")
    open_alert(shared, "a-03", SDR_2)
    assert given(shared).alerts == [("a-00", "hot:2026-03-18")]

    (fact,) = [fact for fact in shared.facts() if fact.kind == "owner_changed"]
    assert (fact.account_key, fact.payload) == (
        "a-00",
        {"episode": "hot:2026-03-18", "kind": "hot_pql", "owner": SDR_2, "reason": "away or has left"},
    )


def test_a_handover_can_be_done_again(shared: Town) -> None:
    """Broken off or repeated: nothing is handed over twice, and no alert is told of twice."""
    open_alert(shared, "a-00", SDR_1)
    given(shared)
    again = given(shared)

    assert again.accounts == []
    assert len([fact for fact in shared.facts() if fact.kind == "owner_changed"]) == 1


def test_a_handover_keeps_the_count(shared: Town) -> None:
    """Whoever takes over has more from then on (D14)."""
    holdings.of(shared.store, [SDR_1])
    given(shared)

    assert shared.ledger.holdings([SDR_1, SDR_2]) == {SDR_1: 0, SDR_2: len(KEYS)}


def test_other_fields_are_not_touched(shared: Town) -> None:
    """Due is not changed: of each record only the owner is sent."""
    given(shared)
    shared.forget_calls()
    shared.sync()

    assert {tuple(write.fields) for write in shared.crms[SALESFORCE].sent} == {(named(SALESFORCE, "reason"),)}
