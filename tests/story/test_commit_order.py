"""What is committed before what (D19, D27; invariants 1, 2, 10)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connector.destinations.memory import Refusal
from connector.model import FactKind, Outcome, OutcomeKind, Write
from tests.story.house import HUBSPOT, SALESFORCE, Town, named
from tests.unit.rules.shipped import fact, signal

MOTION = named(SALESFORCE, "motion")


class Killed(BaseException):
    """The process is gone."""


def kill_in_send(town: Town, *, after: bool, crm: str = SALESFORCE) -> None:
    """The next write to a CRM kills the process, before or after the CRM took it. The one after that is sound."""
    target = town.crms[crm]
    send = target.send

    def dying(object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        target.send = send  # type: ignore[method-assign]  # dies once
        if after:
            send(object_name, match_field, writes)
        raise Killed

    target.send = dying  # type: ignore[method-assign]  # dies once


def killed(town: Town, *, after: bool = False) -> Town:
    """A run that was killed in its first send."""
    kill_in_send(town, after=after)
    with pytest.raises(Killed):
        town.sync()
    return town


def test_decisions_and_outbox_survive_a_crash_in_send(town: Town) -> None:
    """What was decided, and who must know, is committed before the first record is sent (D27)."""
    town.accounts("acme")
    town.settled()
    town.product("acme", score=92)
    killed(town)

    assert town.ledger.decisions(["acme"])["acme"].rule == "hot-enterprise-size"
    assert town.alerts() == [("acme", "hot_pql")]
    assert town.run().state == "failed"


def test_intent_survives_a_crash_in_send(town: Town) -> None:
    """What was about to be sent is committed before it is sent (D19)."""
    town.accounts("acme")
    town.settled()
    town.product("acme", motion="sales_led")
    memory = killed(town).memory("acme")

    assert memory.intended is not None
    assert memory.intended[MOTION] == "sales_led"
    assert memory.written[MOTION] == "plg"


@pytest.mark.parametrize("after", [False, True])
def test_rerun_after_a_crash_ends_as_one_run(town: Town, after: bool) -> None:
    """Killed before or after the CRM took the batch: the next run brings all home, the one after calls nobody."""
    keys = [f"a-{number}" for number in range(6)]
    town.accounts(*keys)
    town.settled()
    for key in keys:
        town.product(key, motion="sales_led", score=92)
    killed(town, after=after).sync()

    for crm in (SALESFORCE, HUBSPOT):
        assert [town.holds(key, "motion", crm) for key in keys] == ["sales_led"] * 6
    assert len(town.alerts()) == 6
    town.forget_calls()
    town.sync()
    assert town.calls() == 0


@pytest.mark.parametrize("now_wanted", ["hybrid", "plg"])
@pytest.mark.parametrize("after", [False, True])
def test_warehouse_that_moved_on_meets_no_edit(town: Town, after: bool, now_wanted: str) -> None:
    """Our own write, accepted as we died, is no person's edit once the warehouse has moved on, or back (D19)."""
    town.accounts("acme")
    town.settled()
    town.product("acme", motion="sales_led")
    killed(town, after=after)
    town.product("acme", motion=now_wanted)
    run = town.sync()

    assert town.holds("acme", "motion") == now_wanted
    assert run.tallies[SALESFORCE].outcomes[OutcomeKind.HELD] == 0
    assert town.memory("acme").intended is None


@pytest.mark.parametrize("after", [False, True])
def test_invalid_value_after_a_crash_forgets_nothing(town: Town, after: bool) -> None:
    """A run that cannot express the new value has not learnt what the CRM took: it stays ours (D19)."""
    town.accounts("acme")
    town.settled()
    town.product("acme", motion="sales_led")
    killed(town, after=after)
    town.product("acme", motion="x" * 300)
    town.sync()
    town.product("acme", motion="hybrid")
    town.sync()

    assert town.holds("acme", "motion") == "hybrid"


@pytest.mark.parametrize("after", [False, True])
def test_record_out_of_sight_after_a_crash_is_not_forgotten(town: Town, after: bool) -> None:
    """A record that could not be seen once, between a crash and its recovery, is still ours when it is back (D19)."""
    town.accounts("acme")
    town.settled()
    town.product("acme", motion="sales_led")
    killed(town, after=after)
    held = town.crms[SALESFORCE].values("Account", "salesforce-acme")
    town.crms[SALESFORCE].delete("Account", "salesforce-acme")
    town.product("acme", motion="plg_again")
    town.sync()
    assert town.memory("acme").code == "RECORD_GONE"

    town.crms[SALESFORCE].put("Account", "salesforce-acme", held)
    town.product("acme", motion="hybrid")
    town.sync()
    assert town.holds("acme", "motion") == "hybrid"


def test_outcomes_are_recorded_as_they_arrive(town: Town) -> None:
    """A crash in the second batch leaves the first one settled."""
    keys = [f"a-{number}" for number in range(6)]
    town.accounts(*keys)
    town.settled()
    for key in keys:
        town.product(key, motion="sales_led")
    crm = town.crms[SALESFORCE]
    send = crm.send

    def second_kills(object_name: str, match_field: str, writes: Sequence[Write]) -> list[Outcome]:
        kill_in_send(town, after=False)
        return send(object_name, match_field, writes)

    crm.send = second_kills  # type: ignore[method-assign]  # sound once
    with pytest.raises(Killed):
        town.sync()

    assert [town.memory(key).intended is None for key in keys] == [True] * 4 + [False] * 2


def test_rejected_field_write_does_not_silence_the_alert(town: Town) -> None:
    """A CRM that refuses the fields of a Hot account does not keep its owner from hearing of it (invariant 10)."""
    town.accounts("acme")
    town.settled()
    for crm in town.crms.values():
        crm.refuse = lambda _: Refusal("LOCKED", "no")
    town.product("acme", score=92)
    run = town.sync()

    assert run.rejects == 2
    assert town.alerts() == [("acme", "hot_pql")]


def test_account_without_record_is_alerted_too(town: Town) -> None:
    """No CRM record holds the fields, never the alert, which says so (D6)."""
    town.accounts("quiet")
    town.settled()
    town.product("nowhere", score=92)
    town.sync()

    assert town.alerts() == [("nowhere", "hot_pql")]
    assert "not_in_crm" in town.ledger.decisions(["nowhere"])["nowhere"].flags


def test_unreadable_crm_decides_nothing(town: Town) -> None:
    """A run that could not read a CRM has decided, alerted and written nothing; the next one has it all (D27)."""
    town.accounts("acme")
    town.settled()
    town.product("acme", score=92)
    town.crms[HUBSPOT].fail(RuntimeError("a bug"))
    with pytest.raises(RuntimeError):
        town.sync()
    assert (town.alerts(), town.sent()) == ([], [])

    town.sync()
    assert town.alerts() == [("acme", "hot_pql")]


def test_sql_turns_the_alert_into_an_fyi(town: Town) -> None:
    """With an SQL in the CRM its owner hears of it, and the decision keeps what would have been (invariants 8, 9)."""
    town.accounts("acme")
    town.settled()
    town.crms[SALESFORCE].facts["acme"] = (fact(FactKind.SQL, owner="sdr-1", at=town.now),)
    town.later(hours=1)
    town.product("acme", score=92, signals=[signal("limit_hit", days=-0.02)])
    town.sync()
    decision = town.ledger.decisions(["acme"])["acme"]

    assert town.alerts() == [("acme", "fyi")]
    assert decision.routed_to == "sdr-1@workspace.example"
    assert decision.counterfactual is not None
    assert decision.counterfactual.rule == "hot-enterprise-size"
