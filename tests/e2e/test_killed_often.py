"""R1, bounded: the CRMs kill plsync again and again while it makes and changes records, and alerts are on."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.proof import kills

TRIALS = {"salesforce": kills.Trial(rows=400, kills=4, seed=4, crms=("salesforce",)),
          "hubspot": kills.Trial(rows=400, kills=4, seed=9, crms=("hubspot",))}  # fmt: skip


@pytest.mark.parametrize("crm", TRIALS)
def test_killed_often_nothing_is_lost_or_doubled(crm: str, tmp_path: Path) -> None:
    """Every account ends on exactly one record with the warehouse's values, and the run after that calls nobody.

    Nothing of ours is held as a person's edit, nothing is refused, every Hot account is alerted of once.
    """
    toll = kills.run(tmp_path, TRIALS[crm])

    assert toll.killed == {crm: 4}
    assert toll.unsettled * 4 >= toll.kills.total()
    assert (toll.lost, toll.doubled) == ({crm: []}, {crm: []})
    assert (toll.held, toll.refused) == ([], [])
    assert toll.third_calls == 0
    assert toll.created >= 200
    assert toll.alerts > 0
    assert (toll.alerts_lost, toll.alerts_doubled) == ([], [])
