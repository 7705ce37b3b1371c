"""What CRMs promise that can write in other ways too: under a condition (A4), or by key without a read (B1)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connector.model import By, OutcomeKind, Write
from connector.ports import BlindWrites, GuardedWrites
from tests.contract.benches.bench import NOW, Bench


@pytest.fixture(params=["salesforce", "memory"])
def guarding(request: pytest.FixtureRequest) -> Bench:
    """Each CRM with conditional writes, as seeded."""
    found: Bench = request.getfixturevalue(request.param)
    found.reset()
    return found


@pytest.fixture
def guarded(guarding: Bench) -> GuardedWrites:
    assert guarding.guarded is not None
    return guarding.guarded


@pytest.fixture(params=["hubspot", "hubspot_dated", "memory"])
def blinding(request: pytest.FixtureRequest) -> Bench:
    """Each CRM with blind writes, as seeded."""
    found: Bench = request.getfixturevalue(request.param)
    found.reset()
    return found


@pytest.fixture
def blind(blinding: Bench) -> BlindWrites:
    assert blinding.blind is not None
    return blinding.blind


def _two(bench: Bench) -> list[Write]:
    return [Write("a-1", bench.first, bench.fields(score=5)), Write("a-2", bench.second, bench.fields(score=6))]


# --- under a condition -------------------------------------------------------------------------------


def test_a_guarded_write_waits_for_nobody(guarding: Bench, guarded: GuardedWrites) -> None:
    """What nobody changed since the read is written."""
    write = Write("a-1", guarding.first, guarding.fields(score=5, tier=None))

    (outcome,) = guarded.send_guarded(guarding.object, guarding.name("key"), [write], {guarding.first: NOW})

    assert (outcome.kind, outcome.record_id) == (OutcomeKind.UPDATED, guarding.first)
    assert guarding.read(guarding.first, "score", "tier") == {"score": 5, "tier": None}


def test_a_record_changed_meanwhile_is_not_overwritten(guarding: Bench, guarded: GuardedWrites) -> None:
    """It stays due under a code of its own; its neighbour is written (D21, A4)."""
    writes = _two(guarding)
    moments = {guarding.first: NOW - timedelta(seconds=1), guarding.second: NOW}

    outcomes = {each.key: each for each in guarded.send_guarded(guarding.object, guarding.name("key"), writes, moments)}

    assert (outcomes["a-1"].kind, outcomes["a-1"].code) == (OutcomeKind.DEFERRED, "CHANGED_MEANWHILE")
    assert outcomes["a-2"].kind is OutcomeKind.UPDATED
    assert guarding.read(guarding.first, "score") == {"score": 87.5}


def test_a_guarded_write_is_refused_by_name(guarding: Bench, guarded: GuardedWrites) -> None:
    """A record that is gone or refused costs no neighbour."""
    guarding.refuse(guarding.first)
    records = {"a-1": guarding.first, "a-2": guarding.second, "a-9": guarding.absent}
    writes = [Write(key, record_id, guarding.fields(score=5)) for key, record_id in records.items()]

    found = guarded.send_guarded(guarding.object, guarding.name("key"), writes, dict.fromkeys(records.values(), NOW))

    outcomes = {each.key: each for each in found}
    assert {key: each.kind for key, each in outcomes.items()} == {
        "a-1": OutcomeKind.REJECTED,
        "a-2": OutcomeKind.UPDATED,
        "a-9": OutcomeKind.REJECTED,
    }
    assert outcomes["a-1"].message == "no"


def test_nothing_goes_unguarded(guarding: Bench, guarded: GuardedWrites) -> None:
    """A write without its moment is an error before anything is sent."""
    writes = _two(guarding)

    with pytest.raises(ValueError, match="a-2"):
        guarded.send_guarded(guarding.object, guarding.name("key"), writes, {guarding.first: NOW})

    assert guarding.read(guarding.first, "score") == {"score": 87.5}
    assert guarded.send_guarded(guarding.object, guarding.name("key"), [], {}) == []


def test_a_full_guarded_send_is_one_call(guarding: Bench, guarded: GuardedWrites) -> None:
    """`capacity.guarded` records cost one call (A1)."""
    most = guarding.destination.capacity.guarded
    made = guarding.send(
        *(Write(f"n-{each}", None, guarding.fields(label="Account N", score=1)) for each in range(most))
    )
    writes = [Write(key, outcome.record_id, guarding.fields(score=2)) for key, outcome in made.items()]
    before = guarding.used()

    outcomes = guarded.send_guarded(
        guarding.object, guarding.name("key"), writes, {str(write.record_id): NOW for write in writes}
    )

    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.UPDATED}
    assert guarding.used() - before == 2  # one, and the one that asks


# --- by key, without a read --------------------------------------------------------------------------


def test_a_blind_write_finds_its_record(blinding: Bench, blind: BlindWrites) -> None:
    """By key, without a read, and its outcome tells the record; a key nobody carries is held, not made (P2)."""
    writes = [Write("a-1", None, blinding.fields(score=5)), Write("a-9", None, blinding.fields(score=6))]

    outcomes = {each.key: each for each in blind.send_blind(blinding.object, blinding.name("key"), writes)}

    assert (outcomes["a-1"].kind, outcomes["a-1"].record_id) == (OutcomeKind.UPDATED, blinding.first)
    assert (outcomes["a-9"].kind, outcomes["a-9"].code) == (OutcomeKind.HELD, "NO_RECORD")
    assert blinding.read(blinding.first, "score", "key") == {"score": 5, "key": "a-1"}
    assert (
        blinding.destination.fetch(blinding.object, By.KEY, blinding.name("key"), ["a-9"], [blinding.name("key")]) == []
    )


def test_a_blind_write_that_is_refused_costs_no_neighbour(blinding: Bench, blind: BlindWrites) -> None:
    """One record is refused, the other written."""
    blinding.refuse(blinding.first)
    writes = [Write("a-1", None, blinding.fields(score=5)), Write("a-2", None, blinding.fields(score=6))]

    outcomes = {each.key: each.kind for each in blind.send_blind(blinding.object, blinding.name("key"), writes)}

    assert outcomes == {"a-1": OutcomeKind.REJECTED, "a-2": OutcomeKind.UPDATED}


def test_a_full_blind_send_is_one_call(blinding: Bench, blind: BlindWrites) -> None:
    """`capacity.blind` records cost one call (P2)."""
    writes = [Write(f"k-{each}", None, blinding.fields(score=1)) for each in range(blinding.destination.capacity.blind)]
    before = blinding.used()

    outcomes = blind.send_blind(blinding.object, blinding.name("key"), writes)

    assert {outcome.code for outcome in outcomes} == {"NO_RECORD"}
    assert blinding.used() - before == 2  # one, and the one that asks
