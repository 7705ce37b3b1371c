"""P11, bounded: clicks while a sync writes the same store. Counted, not timed."""

from __future__ import annotations

from pathlib import Path

from benchmarks.proof import clicks
from tests.contract.store_fixture import empty_url, store_url

__all__ = ["empty_url", "store_url"]


def test_every_click_is_answered_and_durable_beside_a_sync(store_url: str, tmp_path: Path) -> None:
    """None is lost or counted twice, whether the store is a file with one writer at a time or a server."""
    toll = clicks.run(tmp_path, store_url, clicks.Trial(clicks=30, per_second=20, rows=1_000))

    assert toll.synced > 0
    assert len(toll.milliseconds) == 30
    assert (toll.unanswered, toll.undurable, toll.twice) == (0, 0, 0)
