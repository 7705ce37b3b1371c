"""`plsync demo --once --json --scale 3`: the same story, three times as many ordinary accounts."""

from __future__ import annotations

from tests.e2e.told import PLANNED, POSTED, Told


def test_scale_three_triples_the_funnel(told: Told, told_thrice: Told) -> None:
    """Three times the accounts at every stage, and SQL still agrees with what was planned and posted."""
    tripled = {name: {s: 3 * count for s, count in stages.items()} for name, stages in told.object["funnel"].items()}
    assert told_thrice.object["funnel"] == told_thrice.counted_funnel() == tripled
    planned = {run["phase"]: run["planned"] for run in told_thrice.object["runs"]}
    assert planned == {phase: told_thrice.number(query) for phase, query in PLANNED.items()}
    assert told_thrice.object["alerts"]["posted"] == told_thrice.number(POSTED)
