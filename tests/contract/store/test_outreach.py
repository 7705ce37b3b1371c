"""Which alerts the CRMs are asked about, on both databases (D40)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.model import PROOF
from connector.store import Store, alerts
from connector.store.outreach import awaiting

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def raise_alert(store: Store, key: str, at: datetime = NOW, kind: str = "hot_pql", episode: str = "e1") -> int:
    with store.write() as conn:
        alert_id = alerts.open_alert(
            conn,
            account_key=key,
            kind=kind,
            episode=episode,
            raised_at=at,
            occurred_at=at,
            owner_email="ae-1@workspace.example",
            payload={},
        )
    assert alert_id is not None
    return alert_id


def waiting(store: Store, now: datetime = NOW) -> list[str]:
    with store.read() as conn:
        return [one.account_key for one in awaiting(conn, now)]


def test_alerts_that_somebody_is_to_reach_out_for_wait(store: Store) -> None:
    """Hot and expansion, whoever has them, the oldest first; no FYI, and none that only stands in a queue (D18)."""
    raise_alert(store, "b")
    taken = raise_alert(store, "a", NOW - HOUR, "expansion")
    raise_alert(store, "c", kind="fyi")
    raise_alert(store, "d", episode="hot:baseline")
    with store.write() as conn:
        alerts.transition(conn, taken, ["open"], "acknowledged", "U1", "slack", NOW, acknowledged_by="U1")

    assert waiting(store) == ["a", "b"]


@pytest.mark.parametrize("state", ["closed", "superseded", "disqualified", "converted"])
def test_what_is_over_waits_no_more(store: Store, state: str) -> None:
    """Nobody is to reach out."""
    alert_id = raise_alert(store, "a")
    with store.write() as conn:
        alerts.transition(conn, alert_id, ["open"], state, "U1", "slack", NOW)

    assert waiting(store) == []


def test_somebodys_word_waits_for_its_proof_for_a_week(store: Store) -> None:
    """Also when they are done with it; what a CRM proved does not."""
    said, proven = raise_alert(store, "a"), raise_alert(store, "b")
    with store.write() as conn:
        alerts.transition(conn, said, ["open"], "contacted", "U1", "slack", NOW, contacted_at=NOW)
        alerts.transition(
            conn, proven, ["open"], "contacted", "a", "crm", NOW, contacted_at=NOW, payload={PROOF: {"id": "1"}}
        )

    done = raise_alert(store, "c")
    with store.write() as conn:
        alerts.transition(conn, done, ["open"], "contacted", "U1", "slack", NOW, contacted_at=NOW)
        alerts.transition(conn, done, ["contacted"], "closed", "U1", "slack", NOW)

    assert waiting(store) == waiting(store, NOW + 7 * DAY) == ["a", "c"]
    assert waiting(store, NOW + 7 * DAY + HOUR) == []


def test_nobody_waits_for_ever(store: Store) -> None:
    """A quarter after it was raised nobody reaches out any more."""
    raise_alert(store, "a")

    assert waiting(store, NOW + 90 * DAY) == ["a"]
    assert waiting(store, NOW + 91 * DAY) == []
