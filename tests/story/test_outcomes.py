"""What becomes of a record, and what is remembered of it (invariants 1 and 4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest

from connector.destinations.memory import MemoryCrm, Refusal
from connector.errors import AccessError, BatchRejectedError, TransientError
from connector.model import Outcome, OutcomeKind, Write
from tests.story.house import HUBSPOT, SALESFORCE, Town, named

UPDATED, REJECTED, DEFERRED = OutcomeKind.UPDATED, OutcomeKind.REJECTED, OutcomeKind.DEFERRED


def refuse(town: Town, *keys: str, temporary: bool = False) -> None:
    """Salesforce refuses these accounts' records from now on, and only these."""

    def objection(write: Write) -> Refusal | None:
        return Refusal("VALIDATION", "score is locked", temporary) if write.key in keys else None

    town.crms[SALESFORCE].refuse = objection


def breaks_down(crm: MemoryCrm, sends: int) -> None:
    """The next `sends` calls that write time out."""
    left = [sends]

    def objection(_: Write) -> Refusal | None:
        if left[0]:
            left[0] -= 1
            raise TransientError("timed out")
        return None

    crm.refuse = objection


def changed(town: Town, **scores: int) -> None:
    """The warehouse moves these accounts' scores."""
    for key, score in scores.items():
        town.product(key, score=score)


def test_rejected_record_is_named_in_the_crms_words(town: Town) -> None:
    """A refused record is counted, remembered and audited with the CRM's own code and message."""
    town.accounts("a", "b")
    town.settled()
    refuse(town, "a")
    changed(town, a=61, b=61)
    run = town.sync()
    memory, audited = town.memory("a"), town.audit("a")[1]

    assert run.rejects == 1
    assert run.tallies[SALESFORCE].outcomes == {REJECTED: 1, UPDATED: 1}
    assert (memory.outcome, memory.code, memory.message) == ("rejected", "VALIDATION", "score is locked")
    assert (audited.mapping, audited.outcome, audited.message) == (SALESFORCE, "rejected", "score is locked")
    assert town.holds("a", "score") == 60


def test_rejected_record_is_not_remembered_as_written(town: Town) -> None:
    """What the CRM refused it does not hold: the merge base stays what it confirmed (invariant 1)."""
    town.accounts("a")
    town.settled()
    refuse(town, "a")
    changed(town, a=61)
    town.sync()

    assert town.memory("a").written[named(SALESFORCE, "score")] == 60
    assert town.memory("a").intended is None


def test_rejected_record_is_not_resent(town: Town) -> None:
    """The same poison is not sent again while nothing about it has changed."""
    town.accounts("a")
    town.settled()
    refuse(town, "a")
    changed(town, a=61)
    town.sync()
    town.forget_calls()

    assert town.sync().planned == 0
    assert town.calls() == 0


def test_rejected_record_is_resent_when_its_value_changes(town: Town) -> None:
    """Another value is another try, and the other CRM, which took the first, is not bothered with more than that."""
    town.accounts("a")
    town.settled()
    refuse(town, "a")
    changed(town, a=61)
    town.sync()
    refuse(town)
    changed(town, a=62)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {UPDATED: 1}
    assert town.holds("a", "score") == town.holds("a", "score", HUBSPOT) == 62
    assert town.memory("a").code is None


def test_one_crms_refusal_is_not_the_others(town: Town) -> None:
    """What Salesforce refuses, HubSpot still gets."""
    town.accounts("a")
    town.settled()
    refuse(town, "a")
    changed(town, a=61)
    town.sync()

    assert (town.holds("a", "score"), town.holds("a", "score", HUBSPOT)) == (60, 61)


def test_deferred_record_is_resent(town: Town) -> None:
    """A record that could not be taken now is due in the next run, and then no more."""
    town.accounts("a", "b")
    town.settled()
    refuse(town, "a", temporary=True)
    changed(town, a=61, b=61)
    assert town.sync().tallies[SALESFORCE].outcomes == {DEFERRED: 1, UPDATED: 1}

    refuse(town)
    town.forget_calls()
    assert town.sync().tallies[SALESFORCE].outcomes == {UPDATED: 1}
    assert (town.holds("a", "score"), town.sent(), town.sent(HUBSPOT)) == (61, ["a"], [])

    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_outage_defers_a_batch_and_heals(town: Town) -> None:
    """A CRM that is away for one batch costs that batch one run, and nothing is lost."""
    keys = [f"a-{number}" for number in range(6)]
    town.accounts(*keys)
    town.settled()
    changed(town, **dict.fromkeys(keys, 61))
    breaks_down(town.crms[SALESFORCE], sends=5)
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {DEFERRED: 4, UPDATED: 2}

    town.sync()
    assert [town.holds(key, "score") for key in keys] == [61] * 6


@pytest.mark.parametrize("motion", ["hybrid", "plg"])
def test_answer_that_got_lost_is_no_edit(town: Town, motion: str) -> None:
    """A write the CRM took without our hearing of it is ours in the next run, whatever is wanted by then (D19)."""
    town.accounts("a")
    town.settled()
    crm = town.crms[SALESFORCE]
    send = crm.send

    def unheard(object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        send(object_name, match_field, writes)
        raise TransientError("the answer never came")

    crm.send = unheard  # type: ignore[method-assign]  # until it is back
    town.product("a", motion="sales_led")
    assert town.sync().tallies[SALESFORCE].outcomes == {DEFERRED: 1}
    assert town.memory("a").intended is not None

    crm.send = send  # type: ignore[method-assign]  # back
    town.product("a", motion=motion)
    town.sync()
    assert town.holds("a", "motion") == motion


def test_poisoned_record_does_not_cost_its_neighbours(town: Town) -> None:
    """A CRM that refuses whole batches for one record still takes the rest of them (invariant 4)."""
    keys = [f"a-{number}" for number in range(8)]
    town.accounts(*keys)
    town.settled()
    changed(town, **dict.fromkeys(keys, 61))
    crm = town.crms[SALESFORCE]
    send = crm.send

    def all_or_nothing(object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        if any(write.key == "a-2" for write in writes):
            raise BatchRejectedError("a-2 is a duplicate", "DUPLICATE")
        return send(object_name, match_field, writes)

    crm.send = all_or_nothing  # type: ignore[method-assign]  # this CRM takes a batch whole or not at all
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {UPDATED: 7, REJECTED: 1}
    assert (town.memory("a-2").code, town.memory("a-2").message) == ("DUPLICATE", "a-2 is a duplicate")
    assert [town.holds(key, "score") for key in keys] == [61, 61, 60, 61, 61, 61, 61, 61]

    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_value_that_fits_no_field_costs_its_record_only(town: Town) -> None:
    """A value the field cannot hold is named before anything is sent; the neighbours are written (invariant 4)."""
    town.accounts("a", "b")
    town.settled()
    town.product("a", score=60, motion="x" * 300)
    changed(town, b=61)
    run = town.sync()
    memory = town.memory("a")

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.INVALID: 1, UPDATED: 1}
    assert (memory.outcome, memory.code) == ("invalid", "VALUE")
    assert memory.message == "PLS_Motion__c from motion: 300 characters, the field takes 255"
    assert run.rejects == 2

    town.forget_calls()
    town.sync()
    assert town.calls() == 0


@pytest.mark.parametrize("score", [float("nan"), float("inf"), 1e300])
def test_no_number_stops_a_run(town: Town, score: float) -> None:
    """Whatever a warehouse calls a number, the run ends and the neighbours are written."""
    town.accounts("a", "b")
    town.settled()
    town.product("a", score=score)
    changed(town, b=61)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.INVALID: 1, UPDATED: 1}
    assert town.holds("b", "score") == 61


def test_lost_credentials_stop_the_run_and_say_why(town: Town) -> None:
    """Without access the run fails with the advice in its row; what is left is due."""
    town.accounts("a")
    town.settled()
    changed(town, a=61)
    town.crms[SALESFORCE].fail(AccessError("the token has expired"))

    with pytest.raises(AccessError):
        town.sync()
    assert (town.run().state, town.run().error) == ("failed", "the token has expired")

    town.sync()
    assert town.holds("a", "score") == 61


def test_audit_says_what_changed(town: Town) -> None:
    """Each written record leaves one row with before and after of the written fields; an unchanged one leaves none."""
    town.accounts("a")
    town.settled()
    written = len(town.audit("a"))
    changed(town, a=61)
    town.now += timedelta(hours=1)
    town.sync()
    rows = town.audit("a")[: len(town.audit("a")) - written]

    assert {(row.mapping, row.outcome) for row in rows} == {(SALESFORCE, "updated"), (HUBSPOT, "updated")}
    salesforce = next(row for row in rows if row.mapping == SALESFORCE)
    assert salesforce.changes[named(SALESFORCE, "score")] == (60, 61)
    assert salesforce.at == town.now
