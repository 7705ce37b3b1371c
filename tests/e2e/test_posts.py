"""R3, bounded: Slack fails and kills two replicas that share one store, again and again."""

from __future__ import annotations

from benchmarks.proof import crossings
from tests.contract.store_fixture import empty_url, store_url

__all__ = ["empty_url", "store_url"]
SEED = 3


def test_every_crossing_is_posted_once_and_each_rung_fires_once(store_url: str) -> None:
    """Each alert once per place, each rung once, every click heard once: by the messages Slack holds in the end."""
    found = crossings.run(store_url, crossings.Trial(crossings=6, kills=4, faults=8, at_once=3, seed=SEED))

    assert found.kills.total() >= 2
    assert found.redelivered > 0
    assert (found.lost, found.doubled, found.strays) == ([], [], [])
    assert (found.rungs_lost, found.rungs_doubled) == ([], [])
    assert (found.clicks_lost, found.clicks_doubled) == ([], [])
    assert found.told["alert"] >= 6
