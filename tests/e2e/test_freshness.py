"""P10, bounded: accounts that turn Hot between two polls are posted after the next one. Counted, not timed."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

from benchmarks.proof import freshness


def test_what_turns_hot_is_posted_after_the_next_poll(tmp_path: Path) -> None:
    """Each once, none is lost, by the messages Slack holds."""
    with mock.patch.dict(os.environ):
        found = freshness.run(tmp_path, freshness.Trial(rows=400, turning=6, polls=2))

    assert (found.lost, found.doubled) == ([], [])
    assert len(found.seconds) == 6
    assert len(found.polled) == 2
