"""Two processes on one store, each syncing its own CRM at the same time: neither loses anything to the other (D33).

Each decides by what its own CRM says, so the CRMs agree here: what only one of them knows, such as an SQL, the other
process cannot know.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from benchmarks.proof.client import live
from benchmarks.proof.world import World, world
from benchmarks.scene import BOTH
from connector.model import BulkJob, OpenJob
from connector.store import Store, jobs, runs, tables
from plsync.lease import BusyError, alone
from plsync.wiring import now

ACCOUNTS = 300
ROUNDS = 2


def both_at_once(made: World) -> None:
    """One process syncs Salesforce while another syncs HubSpot."""
    made.ahead += 7 * 3_600.0
    with ThreadPoolExecutor(2) as threads:
        lives = list(threads.map(lambda crm: live(made.job([crm])), BOTH))
    assert [life.error for life in lives] == ["", ""], [life.said for life in lives]


def test_two_crms_are_synced_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    """Both CRMs end with the warehouse's values, each account alerted of once; then neither process calls anybody."""
    with world(tmp_path, ACCOUNTS // 2) as made:
        for lead in made.org.records("Lead"):
            made.org.delete("Lead", lead["Id"], "AE 1")
        made.add(range(1, 21), 0)
        both_at_once(made)
        made.add(range(21, ACCOUNTS + 1), 0)
        for generation in range(1, ROUNDS + 1):
            made.rescore(range(1, ACCOUNTS + 1), generation)
            both_at_once(made)

        for crm in BOTH:
            assert made.lost(crm, made.wanted()) == []
            assert made.doubled(crm, seeded=0) == []
        assert (made.kept_back(), made.rejects()) == ([], [])
        alerted = facts(made)
        assert alerted
        assert len(alerted) == len(set(alerted))
        made.forget()
        both_at_once(made)
        assert made.calls() == 0


def test_a_crm_is_synced_by_one_process_at_a_time(tmp_path: Path) -> None:
    """While somebody syncs HubSpot, a sync of HubSpot is refused and one of Salesforce is not."""
    with world(tmp_path, 10) as made, closing(Store.open(f"sqlite:///{made.store}")) as store:
        made.add(range(1, 11), 0)
        with alone(store, now, ["hubspot"]):
            refused, let = live(made.job(["hubspot"])), live(made.job(["salesforce"]))
            both = live(made.job(BOTH))
        assert (refused.error, let.error, both.error) == (BusyError.__name__, "", BusyError.__name__)
        assert "to hubspot is running" in refused.said["text"]
        assert made.lost("salesforce", made.wanted()) == []
        assert made.counts("hubspot").total() == 0


def test_a_job_of_another_crm_is_left_to_its_own_process(tmp_path: Path) -> None:
    """A load that a Salesforce process left under way keeps nobody from syncing HubSpot, and waits for its own."""
    with world(tmp_path, 10, crms=("hubspot",)) as made, closing(Store.open(f"sqlite:///{made.store}")) as store:
        made.add(range(1, 11), 0)
        with store.write() as conn:
            run = runs.start(conn, "full", now())
            jobs.begin(
                conn, OpenJob(BulkJob("750000000000001AAA", "Account", None), "salesforce", "salesforce_account", run)
            )

        assert made.sync().error == ""
        assert made.lost("hubspot", made.wanted()) == []
        with store.read() as conn:
            assert [each.job.id for each in jobs.under_way(conn)] == ["750000000000001AAA"]


def facts(made: World) -> list[str]:
    """Accounts that an alert is wanted for, once for each time it is."""
    with closing(Store.open(f"sqlite:///{made.store}")) as store, store.read() as conn:
        kind, account = tables.facts.c.kind, tables.facts.c.account_key
        return list(conn.execute(select(account).where(kind == "alert_wanted")).scalars())
