"""Digests in the store: who is listed where, what carries them, and when they are behind."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from connector.store import alerts, digests
from tests.contract.store_fixture import NOW

READER, NAME = "person:ae-1@workspace.example", "warm:2026-03-02:ae-1"
PURPOSES = (alerts.THE_ALERT, alerts.DIGEST, alerts.NEWS)


def raised(conn: Connection, key: str) -> int:
    alert_id = alerts.open_alert(
        conn, account_key=key, kind="hot_pql", episode="e", raised_at=NOW, occurred_at=NOW, owner_email=None, payload={}
    )
    assert alert_id is not None
    return alert_id


def listed(conn: Connection, *keys: str) -> tuple[digests.Digest, list[int]]:
    """A digest of new alerts, planned for its reader."""
    ids = [raised(conn, key) for key in keys]
    digest, *_ = [digests.join(conn, NAME, "warm", "2026-03-02", each) for each in ids]
    alerts.plan_delivery(conn, digest.alert_id, READER, digest.purpose)
    return digest, ids


def test_alerts_join_one_digest(conn: Connection) -> None:
    """The first carries it; joining again changes nothing."""
    digest, ids = listed(conn, "a", "b", "c")
    assert digests.join(conn, NAME, "warm", "2026-03-02", ids[2]) == digest
    assert digest.alert_id == ids[0]
    assert [one.id for one in digests.first_listed(conn, digest, 2)] == ids[:2]
    assert digests.size_and_version(conn, digest) == (3, 3)
    assert digests.of_purpose(conn, digest.purpose) == digest
    assert digests.of_purpose(conn, alerts.THE_ALERT) is None
    assert digests.of_purpose(conn, f"{alerts.DIGEST}99") is None


def test_a_digest_is_claimed_and_shows_its_alerts(conn: Connection) -> None:
    """By the beginning of its purpose; once it is posted every alert in it is shown to its reader."""
    digest, ids = listed(conn, "a", "b")
    assert alerts.claim_delivery(conn, NOW) is None
    claimed = alerts.claim_delivery(conn, NOW, PURPOSES)
    assert claimed is not None
    assert claimed.purpose == digest.purpose
    assert alerts.shown_at(conn, ids[1], READER) is None
    alerts.mark_sent(conn, claimed.id, "D1", "1.1", 2)

    for each in ids:
        shown = alerts.shown_at(conn, each, READER)
        assert shown is not None
        assert (shown.id, shown.ts) == (claimed.id, "1.1")
        assert [one.id for one in alerts.carriers(conn, each)] == [claimed.id]


def test_a_digest_is_behind_when_anything_of_it_moves(conn: Connection) -> None:
    """One of its alerts changes, or another joins; drawn anew it is not."""
    digest, ids = listed(conn, "a", "b")
    claimed = alerts.claim_delivery(conn, NOW, PURPOSES)
    assert claimed is not None
    alerts.mark_sent(conn, claimed.id, "D1", "1.1", 2)
    assert alerts.stale_renderings(conn) == []

    for move in (
        lambda: alerts.amend(conn, ids[1], {"sentence": "News."}),
        lambda: digests.join(conn, NAME, "warm", "2026-03-02", raised(conn, "c")),
    ):
        move()
        assert [one.id for one in alerts.stale_renderings(conn)] == [claimed.id]
        alerts.mark_rendered(conn, claimed.id, digests.size_and_version(conn, digest)[1])
        assert alerts.stale_renderings(conn) == []


def test_what_somebody_is_told_in_a_day_is_counted(conn: Connection) -> None:
    """What went out then or is to, and what may go at any time; neither failures nor other days nor digests."""
    for key, not_before in (("a", None), ("b", NOW), ("c", NOW + timedelta(days=1)), ("d", None)):
        alerts.plan_delivery(conn, raised(conn, key), READER, not_before=not_before)
    listed(conn, "e")
    failed = alerts.claim_delivery(conn, NOW)
    assert failed is not None
    alerts.mark_failed(conn, failed, "users_not_found")
    sent = alerts.claim_delivery(conn, NOW)
    assert sent is not None
    alerts.mark_sent(conn, sent.id, "D1", "1.1", 1)

    day = timedelta(days=1)
    assert alerts.count_told(conn, READER, NOW, NOW + day) == 2  # b, which was sent, and d
    assert alerts.count_told(conn, READER, NOW + day, NOW + 2 * day) == 2  # c, and d
    assert alerts.count_told(conn, "person:other", NOW, NOW + day) == 0


def test_what_waits_may_be_asked_up_to_a_moment(conn: Connection) -> None:
    """Later deliveries are left out."""
    alerts.plan_delivery(conn, raised(conn, "a"), READER, not_before=NOW + timedelta(hours=2))
    assert alerts.any_waiting(conn)
    assert not alerts.any_waiting(conn, until=NOW)
    assert alerts.any_waiting(conn, until=NOW + timedelta(hours=2))
