"""Claims (D33) and writers in several processes (D32)."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import Connection

from connector.model import NewFact
from connector.store import Store, alerts, claims, facts, runs
from tests.contract.store_fixture import NOW

LEASE = 60.0
JOB = "lane:full"


def in_seconds(seconds: float) -> timedelta:
    """So many seconds."""
    return timedelta(seconds=seconds)


def test_a_tick_is_claimed_once(conn: Connection) -> None:
    """The first owner has it; the second, and the first again, have not; other ticks and jobs are free."""
    assert claims.claim(conn, JOB, NOW, "host:1", NOW, LEASE)
    assert not claims.claim(conn, JOB, NOW, "host:2", NOW, LEASE)
    assert not claims.claim(conn, JOB, NOW, "host:1", NOW, LEASE)
    assert claims.claim(conn, JOB, NOW + in_seconds(300), "host:2", NOW, LEASE)
    assert claims.claim(conn, "lane:alerts", NOW, "host:2", NOW, LEASE)


def test_an_expired_claim_is_taken_over(conn: Connection) -> None:
    """When the lease ran out unfinished another owner takes over, and the first learns it when renewing."""
    claims.claim(conn, JOB, NOW, "host:1", NOW, LEASE)

    assert not claims.claim(conn, JOB, NOW, "host:2", NOW + in_seconds(LEASE - 1), LEASE)
    assert claims.claim(conn, JOB, NOW, "host:2", NOW + in_seconds(LEASE), LEASE)
    assert not claims.renew(conn, JOB, NOW, "host:1", NOW + in_seconds(LEASE + 1), LEASE)
    assert claims.renew(conn, JOB, NOW, "host:2", NOW + in_seconds(LEASE + 1), LEASE)


def test_a_renewed_claim_lasts_longer(conn: Connection) -> None:
    """A lease renewed at half time ends half a lease later."""
    claims.claim(conn, JOB, NOW, "host:1", NOW, LEASE)
    assert claims.renew(conn, JOB, NOW, "host:1", NOW + in_seconds(LEASE / 2), LEASE)

    assert not claims.claim(conn, JOB, NOW, "host:2", NOW + in_seconds(LEASE), LEASE)
    assert claims.claim(conn, JOB, NOW, "host:2", NOW + in_seconds(LEASE * 1.5), LEASE)


def test_the_claim_of_the_dead_is_taken_over_at_once(conn: Connection) -> None:
    """An owner known to be gone needs no waiting for its lease (D33)."""
    claims.claim(conn, JOB, NOW, "host:1", NOW, LEASE)

    assert not claims.claim(conn, JOB, NOW, "host:2", NOW, LEASE, is_gone=lambda owner: owner == "host:7")
    assert claims.claim(conn, JOB, NOW, "host:2", NOW, LEASE, is_gone=lambda owner: owner == "host:1")


def test_a_finished_tick_is_never_claimed_again(conn: Connection) -> None:
    """Done is done: neither expiry nor a dead owner opens a tick again, and nobody renews it."""
    claims.claim(conn, JOB, NOW, "host:1", NOW, LEASE)
    claims.finish(conn, JOB, NOW, NOW + in_seconds(10))

    assert not claims.claim(conn, JOB, NOW, "host:2", NOW + in_seconds(9999), LEASE, is_gone=lambda _owner: True)
    assert not claims.renew(conn, JOB, NOW, "host:1", NOW + in_seconds(11), LEASE)


def test_of_racing_replicas_one_has_the_tick(store: Store) -> None:
    """Four claim a fresh tick at once, then four take over an expired one: one each time."""

    def attempt(seconds: float, replica: int) -> bool:
        with store.write() as conn:
            return claims.claim(conn, JOB, NOW, f"host:{replica}", NOW + in_seconds(seconds), LEASE)

    with ThreadPoolExecutor(4) as threads:
        fresh = list(threads.map(attempt, [0.0] * 4, range(4)))
        expired = list(threads.map(attempt, [LEASE * 2] * 4, range(4, 8)))

    assert sum(fresh) == sum(expired) == 1


# --- several processes -----------------------------------------------------------------------------

WRITERS_PER_PROCESS = 2
INCREMENTS = 50


def increment(store: Store, alert_id: int, writer: str) -> None:
    """Bump the alert's version many times, each time in a transaction that also writes elsewhere."""
    for number in range(INCREMENTS):
        with store.write() as conn:
            assert alerts.transition(conn, alert_id, ["open"], "open", writer, "system", NOW)
            facts.append(conn, "r-000001", [NewFact("sql_seen", writer, f"{writer}:{number}", NOW, {})])


def run_writers(url: str, alert_id: int, process: int) -> None:
    """One process with several writers of its own."""
    store = Store.open(url)
    with ThreadPoolExecutor(WRITERS_PER_PROCESS) as threads:
        names = [f"process {process} writer {number}" for number in range(WRITERS_PER_PROCESS)]
        list(threads.map(lambda name: increment(store, alert_id, name), names))
    store.close()


def test_writers_in_two_processes_lose_nothing(store: Store, store_url: str) -> None:
    """Four writers in two processes: no increment is lost, nobody fails (D32)."""
    with store.write() as conn:
        runs.start(conn, "full", NOW)
        alert_id = alerts.open_alert(
            conn,
            account_key="hot-mid",
            kind="hot_pql",
            episode="e1",
            raised_at=NOW,
            occurred_at=NOW,
            owner_email=None,
            payload={},
        )
    assert alert_id is not None

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        list(processes.map(run_writers, [store_url] * 2, [alert_id] * 2, range(2)))

    increments = 2 * WRITERS_PER_PROCESS * INCREMENTS
    with store.read() as conn:
        alert = alerts.get(conn, alert_id)
        assert alert is not None
        assert alert.version == 1 + increments
        assert len(alerts.transitions_of(conn, alert_id)) == increments
        assert len(facts.untaken(conn, 10 * increments)) == increments
