"""R4, bounded: hostile rows are delivered as they are, or named with a reason, and do no harm to anything else."""

from __future__ import annotations

from pathlib import Path

from benchmarks.proof import hostile
from benchmarks.scene import BOTH
from connector.errors import ContentError

ROWS = 300


def test_hostile_rows_arrive_as_they_are_or_are_named(tmp_path: Path) -> None:
    """Nothing of the others' is touched, no row is passed over in silence, and most arrive after all."""
    for crm, verdict in hostile.run(tmp_path, ROWS, seed=1).items():
        assert verdict.wrong == [], crm
        assert verdict.without_reason == [], crm
        assert verdict.strays == [], crm
        assert verdict.delivered + verdict.named.total() == ROWS
        assert verdict.delivered > ROWS // 2


def test_a_key_that_no_crm_keeps_is_named(tmp_path: Path) -> None:
    """CRMs trim keys: one with space around it never writes on the record of the account without, not even alone."""
    plain, *spaced = (
        {**hostile.PLAIN, "key": key, "note": repr(key)} for key in ("trail", "trail ", " trail", "trail\t")
    )
    with hostile.world(tmp_path) as made:
        hostile.write(made, [plain])
        assert made.sync().error == ""
        hostile.write(made, spaced)  # as in a chunk of their own
        assert made.sync().said["rejects"] == 2 * len(spaced)
        for crm in BOTH:
            (record,) = made.held(crm)["trail"]
            assert repr("trail") in record.values()
        assert {each.account for each in made.rejects()} == {row["key"] for row in spaced}
        assert all("space around it" in (each.message or "") for each in made.rejects())


def test_a_repeated_key_refuses_the_whole_run(tmp_path: Path) -> None:
    """Two rows of one key are no account (A1): the run says which key it is, and nobody is called."""
    twice = hostile.rows(20, seed=1)
    with hostile.world(tmp_path) as made:
        hostile.write(made, [*twice, twice[7]])
        life = made.sync()

        assert life.error == ContentError.__name__
        assert repr(twice[7]["key"]) in life.said["text"]
        assert made.calls() == 0
