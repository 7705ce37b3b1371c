"""R2, bounded: each thing that a CRM or the network does to a write, once, on both CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from benchmarks.proof.faults import FAULTS, REFUSALS, TIMEOUT, Fault, Refusal, Stage, names, order, stage
from benchmarks.proof.world import world
from benchmarks.rows import key
from benchmarks.scene import BOTH

ACCOUNTS = 20
EACH_FAULT = [pytest.param(crm, fault, id=f"{crm}-{fault}") for crm in BOTH for fault in FAULTS[crm]]
EACH_REFUSAL = [pytest.param(crm, refusal, id=f"{crm}-{refusal}") for crm in BOTH for refusal in REFUSALS[crm]]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    """One company per CRM for all faults: each test scores its accounts anew and adds one the CRM has not."""
    with ExitStack() as stack:
        made = {
            crm: stack.enter_context(world(tmp_path_factory.mktemp(crm), ACCOUNTS // 2, crms=(crm,))) for crm in BOTH
        }
        yield {crm: stack.enter_context(stage(made[crm], crm, ACCOUNTS, TIMEOUT)) for crm in BOTH}


@pytest.mark.parametrize(("crm", "fault"), EACH_FAULT)
def test_a_fault_loses_and_doubles_nothing(crm: str, fault: Fault, stages: dict[str, Stage]) -> None:
    """What passes is tried again at once; a spent day defers the rest; refused access ends the run, which says so.

    In the end every account is on one record with the warehouse's values, and the run after that calls nobody.
    """
    told = stages[crm].try_out([order(crm, fault)])

    assert told.first.error == fault.ends
    assert _deferred(told.first.said) == fault.defers
    assert (told.lost, told.doubled, told.rejects, told.held) == ([], [], [], [])
    assert (told.planned, told.last_calls) == (0, 0)
    assert told.runs <= 3


@pytest.mark.parametrize(("crm", "refusal"), EACH_REFUSAL)
def test_a_refused_record_is_named_and_costs_nobody_else(crm: str, refusal: Refusal, stages: dict[str, Stage]) -> None:
    """It is listed with its code, the CRM's words and advice; deferred ones go out with the next run.

    Once the CRM takes it and the warehouse has news of it, it is delivered like the others.
    """
    scene = stages[crm]
    refused = scene.newest + 1 if refusal.new else 1
    scene.refuse(refusal, refused)
    told = scene.try_out([])
    scene.take_back()

    assert told.doubled == []
    assert told.held == []
    assert told.lost == ([] if refusal.deferred else [key(refused)])
    assert [each.account for each in told.rejects] == told.lost
    assert all(names(each, refusal) for each in told.rejects)
    assert refusal.deferred == (_outcomes(told.first.said)["deferred"] == 1)

    after = scene.try_out([])
    assert (after.lost, after.doubled, after.rejects, after.planned) == ([], [], [], 0)


def _deferred(said: dict[str, object]) -> bool:
    return bool(said.get("counts") and _outcomes(said)["deferred"])


def _outcomes(said: dict[str, object]) -> dict[str, int]:
    """The outcomes of the one mapping."""
    counts = said["counts"]
    assert isinstance(counts, dict)
    (only,) = counts.values()
    assert isinstance(only, dict)
    return only
