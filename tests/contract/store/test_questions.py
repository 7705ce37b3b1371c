"""What people ask the store in Slack, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.model import Tier
from connector.store import Store, alerts, decisions, questions, rungs
from tests.contract.store.test_decisions import FULL

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
OWNER = "ae-1@workspace.example"


def raise_alert(store: Store, key: str, owner: str | None = OWNER, at: datetime = NOW, kind: str = "hot_pql") -> int:
    with store.write() as conn:
        alert_id = alerts.open_alert(
            conn,
            account_key=key,
            kind=kind,
            episode="e",
            raised_at=at,
            occurred_at=at,
            owner_email=owner,
            payload={},
        )
    assert alert_id is not None
    return alert_id


def test_a_queue_has_what_is_theirs_and_what_they_took(store: Store) -> None:
    """Not what somebody else took of theirs, and not what is over; the next one due first."""
    mine, taken, lost, others, over = (raise_alert(store, key) for key in "abcde")
    with store.write() as conn:
        alerts.transition(conn, lost, ["open"], "acknowledged", "U2", "slack", NOW, acknowledged_by="U2")
        alerts.transition(conn, over, ["open"], "closed", "U1", "slack", NOW)
        alerts.transition(conn, others, ["open"], "open", "U1", "slack", NOW, owner_email="someone@else.example")
        alerts.transition(
            conn, taken, ["open"], "acknowledged", "U1", "slack", NOW, acknowledged_by="U1", owner_email=None
        )
        rungs.plan(conn, taken, {"breach": NOW}, NOW)
    with store.read() as conn:
        active = ("open", "acknowledged")
        assert [one.id for one in questions.waiting_for(conn, "U1", OWNER.upper(), active)] == [taken, mine]
        assert [one.id for one in questions.waiting_for(conn, "U1", None, active)] == [taken]


def test_alerts_are_found_by_kind_and_when_they_were_raised(store: Store) -> None:
    """since <= raised < until."""
    first = raise_alert(store, "a")
    raise_alert(store, "b", at=NOW + timedelta(days=1))
    raise_alert(store, "c", kind="fyi")
    with store.read() as conn:
        found = questions.raised(conn, ["hot_pql"], NOW, NOW + timedelta(days=1))
    assert [one.id for one in found] == [first]


def test_rungs_that_fired_are_told_by_alert(store: Store) -> None:
    """Those still to fire are not."""
    one, other = raise_alert(store, "a"), raise_alert(store, "b")
    with store.write() as conn:
        rungs.plan(conn, one, {"breach": NOW, "manager": NOW + timedelta(hours=4)}, NOW)
        assert rungs.fire(conn, one, "breach", NOW)
    with store.read() as conn:
        assert questions.fired(conn, [one, other]) == {one: {"breach": NOW}}


def test_decisions_in_force_are_counted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """By tier, segment and whom they go to, over several pages; what a later run replaced counts no more."""
    monkeypatch.setattr(questions, "PAGE", 2)
    made = [replace(FULL, account_key=f"acct-{n}", tier=Tier.HOT, routed_to=OWNER) for n in range(5)]
    with store.write() as conn:
        decisions.append(conn, "r-000001", [(one, "fp") for one in made])
        decisions.append(conn, "r-000002", [(replace(made[0], tier=Tier.WARM, routed_to=None), "fp-2")])
    with store.read() as conn:
        counted = questions.decided(conn)
    assert counted == {
        questions.Group("hot", FULL.segment, OWNER): 4,
        questions.Group("warm", FULL.segment, None): 1,
    }
