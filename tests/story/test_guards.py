"""Absurd plans wait for a person, and accounts that vanish are cleared in their own time (D22, D25, D26)."""

from __future__ import annotations

import pytest

from connector.errors import RefusedPlanError
from connector.model import OutcomeKind
from tests.story.house import FIELDS, HUBSPOT, SALESFORCE, Town, mapping

CREATES, CLEARS = 51, 3  # one more than may be created; one in ten of thirty
CLEARED = {name: {**body, "on_missing": "clear"} for name, body in FIELDS.items() if name != "matched"}
KEYS = [f"a-{number:02}" for number in range(30)]


def refused(town: Town) -> str:
    """A run that is refused; the HASH it gives."""
    with pytest.raises(RefusedPlanError) as caught:
        town.sync()
    return str(caught.value).split()[-1]


def newcomers(town: Town) -> None:
    """More new accounts than may be created, in mappings that create."""
    town.mappings = {crm: mapping(crm, "upsert") for crm in town.crms}
    for number in range(CREATES):
        town.product(f"new-{number:02}")


def test_a_refused_run_sends_nothing_and_says_so(town: Town) -> None:
    """No CRM is called, nobody is decided about, and the run's row holds what it would have done."""
    newcomers(town)
    hash_ = refused(town)

    assert town.calls() == 0
    assert town.ledger.decisions(["new-00"]) == {}
    assert (town.run().state, town.run().counts[SALESFORCE]["creates"]) == ("refused", CREATES)
    assert hash_ in str(town.run().error)
    assert town.ledger.baseline_done() is False


def test_a_person_may_apply_a_refused_plan(town: Town) -> None:
    """With its HASH the plan is applied whole."""
    newcomers(town)
    run = town.sync(approved=refused(town))

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.CREATED: CREATES}


def test_an_approved_plan_that_moved_is_refused(town: Town) -> None:
    """A row that changed since makes it another plan: it is refused again, with its new HASH."""
    newcomers(town)
    hash_ = refused(town)
    town.product("new-00", score=61)

    with pytest.raises(RefusedPlanError, match=f"not {hash_}"):
        town.sync(approved=hash_)
    assert town.calls() == 0


def test_a_column_that_went_blank_is_refused(town: Town) -> None:
    """A load that lost a column for more than one record in twenty does not clear the CRM."""
    town.accounts(*KEYS)
    town.settled()
    for key in KEYS:
        town.product(key, score=None)
    refused(town)

    assert town.holds("a-00", "score") == 60


def test_updates_ask_nobody(town: Town) -> None:
    """A daily move of every score is no reason to ask anybody."""
    town.accounts(*KEYS)
    town.settled()
    for key in KEYS:
        town.product(key, score=61)

    assert town.sync().tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: len(KEYS)}


# --- accounts that vanish --------------------------------------------------------------------------


def vanishing(town: Town, crms: tuple[str, ...] = (SALESFORCE, HUBSPOT)) -> Town:
    """A settled town whose first account leaves the warehouse; `crms` clear what is missing."""
    for crm in crms:
        town.mappings[crm] = mapping(crm, fields=CLEARED)
    town.accounts(*KEYS)
    town.settled()
    del town.warehouse.rows["a-00"]
    return town


def test_a_vanished_account_is_cleared_after_three_days(town: Town) -> None:
    """Noticed, waited for, cleared in one write per CRM, then left alone; its key and its neighbours stay."""
    vanishing(town)
    for days in (0, 2):
        town.later(days=days)
        assert town.sync().planned == 0
    town.later(days=1)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}
    for crm in (SALESFORCE, HUBSPOT):
        assert [town.holds("a-00", name, crm) for name in ("score", "motion", "tier", "reason")] == [None] * 4
        assert town.holds("a-00", "key", crm) == "a-00"
        assert town.holds("a-01", "score", crm) == 60
    town.forget_calls()
    town.later(days=9)
    town.sync()
    assert town.calls() == 0


def test_an_account_that_is_back_in_time_loses_nothing(town: Town) -> None:
    """Back within three days nothing happens, and the clock starts anew the next time it is missing."""
    vanishing(town)
    town.sync()
    town.later(days=2)
    town.product("a-00")
    town.sync()
    del town.warehouse.rows["a-00"]
    town.later(days=2)
    town.sync()
    town.later(days=2)

    assert town.sync().planned == 0
    assert town.holds("a-00", "score") == 60


def test_an_account_that_is_back_late_is_written_again(town: Town) -> None:
    """After it was cleared, the row that returns as it was reaches the CRMs again."""
    vanishing(town)
    town.sync()
    town.later(days=3)
    town.sync()
    town.product("a-00")
    town.sync()

    assert town.holds("a-00", "score") == town.holds("a-00", "score", HUBSPOT) == 60
    assert town.holds("a-00", "motion") == "plg"


def test_fields_that_skip_stay(town: Town) -> None:
    """A mapping that clears nothing is left alone, whatever the other one does."""
    vanishing(town, (HUBSPOT,))
    town.sync()
    town.later(days=3)
    run = town.sync()

    assert (run.planned, town.holds("a-00", "score"), town.holds("a-00", "score", HUBSPOT)) == (1, 60, None)
    assert town.sent(SALESFORCE) == []


def test_a_vanished_account_alerts_nobody_and_keeps_its_decision(town: Town) -> None:
    """About what the warehouse no longer has nothing is decided."""
    vanishing(town)
    decided = town.ledger.decisions(["a-00"])
    town.sync()
    town.later(days=3)
    town.sync()

    assert town.ledger.decisions(["a-00"]) == decided
    assert town.alerts() == []


def test_an_edit_of_a_vanished_account_is_held(town: Town) -> None:
    """What a person wrote since is theirs; the rest is cleared."""
    vanishing(town)
    town.edit("a-00", SALESFORCE, motion="partner")
    town.sync()
    town.later(days=3)
    town.sync()

    assert (town.holds("a-00", "motion"), town.holds("a-00", "score")) == ("partner", None)


def test_a_half_empty_load_is_refused(town: Town) -> None:
    """Accounts that are missing by the dozen for three days wait for a person's word."""
    vanishing(town)
    for key in KEYS[:20]:
        town.warehouse.rows.pop(key, None)
    town.sync()
    town.later(days=3)
    refused(town)

    assert town.holds("a-01", "score") == 60


def test_an_empty_load_clears_nothing(town: Town) -> None:
    """A warehouse without rows, for however long, makes nobody vanish."""
    vanishing(town)
    town.warehouse.rows.clear()
    for _ in range(3):
        town.later(days=3)
        assert town.sync().planned == 0
