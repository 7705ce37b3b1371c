"""From one run to the next: what changed is written, what did not costs nothing (invariants 2, 3, 12; D13, D18)."""

from __future__ import annotations

from connector.model import OutcomeKind
from connector.rules import definitions
from tests.story.house import FIELDS, HUBSPOT, SALESFORCE, Town, mapping
from tests.unit.rules.shipped import DECLARED, ago, documents, signal

HOT = ("acme", "hot_pql")


def test_first_run_writes_both_crms(town: Town) -> None:
    """The first run brings every account's values to both CRMs, each record in its own words."""
    town.accounts("acme", "quiet")
    run = town.sync()

    assert (run.compared, run.planned, run.rejects) == (2, 2, 0)
    for crm in (SALESFORCE, HUBSPOT):
        assert run.tallies[crm].outcomes == {OutcomeKind.UPDATED: 2}
        assert town.holds("acme", "score", crm) == 60
        assert town.holds("acme", "tier", crm) == "warm"
        assert town.holds("acme", "matched", crm) == "key"


def test_what_the_first_run_knew_is_no_news(town: Town) -> None:
    """Accounts that are Hot when plsync arrives are a baseline: queued, and opened by nothing that was there (D18)."""
    town.accounts("acme", "quiet")
    town.product("acme", score=92, signals=[signal("limit_hit", 1)])
    town.sync()
    town.later(hours=1)
    town.product("acme", score=93, signals=[signal("limit_hit", 1)])
    town.sync()

    assert [fact.payload["episode"] for fact in town.facts()] == ["baseline"]
    assert town.holds("acme", "tier") == "hot"


def test_a_limited_first_run_is_no_baseline(town: Town) -> None:
    """Until a whole run has finished nobody is alerted; who is Hot waits in a queue (D18)."""
    town.accounts("acme", "quiet")
    town.product("quiet", score=92)
    town.sync(limit=1, lane="limited")
    town.sync()

    assert [fact.payload["episode"] for fact in town.facts()] == ["baseline"]


def test_a_crossing_after_the_baseline_is_told_once(town: Town) -> None:
    """An account that becomes Hot is alerted in that run and in no later one (invariant 12)."""
    town.accounts("acme", "quiet")
    town.settled()
    town.product("acme", score=92)
    town.sync()
    assert town.alerts() == [HOT]

    for score in (93, 94):
        town.later(hours=1)
        town.product("acme", score=score)
        town.sync()
    assert town.alerts() == [HOT]


def test_unchanged_warehouse_makes_no_call(town: Town) -> None:
    """A run over an unchanged warehouse asks neither CRM anything, however much time has passed (invariant 3)."""
    town.accounts("acme", "quiet")
    town.settled()
    town.later(days=30)
    run = town.sync()

    assert (run.compared, run.planned, town.calls()) == (2, 0, 0)


def test_only_the_changed_account_is_written(town: Town) -> None:
    """One changed row is one write per CRM, of the changed fields alone."""
    town.accounts("acme", "quiet")
    town.settled()
    town.product("acme", motion="sales_led")
    town.sync()

    assert town.holds("acme", "motion") == town.holds("acme", "motion", HUBSPOT) == "sales_led"
    assert [dict(write.fields) for write in town.crms[SALESFORCE].sent] == [{"PLS_Motion__c": "sales_led"}]
    assert town.sent(HUBSPOT) == ["acme"]


def test_nothing_to_write_is_remembered(town: Town) -> None:
    """A CRM that already holds what is wanted is asked once, not in every run (invariant 5)."""
    town.accounts("acme")
    town.settled()
    for crm in (SALESFORCE, HUBSPOT):
        town.edit("acme", crm, motion="sales_led")
    town.product("acme", motion="sales_led")
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UNCHANGED: 1}

    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_columns_nobody_uses_cost_nothing(town: Town) -> None:
    """A column that is neither mapped nor read by a rule may move without a call."""
    town.accounts("acme")
    town.settled()
    town.product("acme", scored_at=ago(-1))
    town.sync()

    assert town.calls() == 0


def test_changed_definitions_redecide_everyone(town: Town) -> None:
    """Another threshold in rules.toml decides every account again, and what it means reaches the CRMs (D13)."""
    town.accounts("acme", "quiet")
    town.settled()
    town.later(hours=1)
    changed = documents()
    changed["rules"]["tiers"] |= {"hot": 55, "warm": 50, "rearm_below": 50}
    town.definitions = definitions.build(changed, DECLARED)
    run = town.sync()

    assert run.planned == 2
    assert town.holds("acme", "tier") == town.holds("quiet", "tier", HUBSPOT) == "hot"


def test_changed_mapping_rewrites_its_crm_alone(town: Town) -> None:
    """A field added to one mapping is written to that CRM; the other is not written."""
    town.accounts("acme")
    fields = {name: body for name, body in FIELDS.items() if name != "reason"}
    town.mappings[SALESFORCE] = mapping(SALESFORCE, fields=fields)
    town.settled()
    assert town.holds("acme", "reason") is None

    town.mappings[SALESFORCE] = mapping(SALESFORCE)
    town.sync()
    assert town.holds("acme", "reason") == town.holds("acme", "reason", HUBSPOT) is not None
    assert (town.sent(SALESFORCE), town.sent(HUBSPOT)) == (["acme"], [])


def test_limited_runs_add_up(town: Town) -> None:
    """Runs of a few accounts each end where one whole run would have."""
    town.accounts("a", "b", "c", "d", "e")
    planned = [town.sync(limit=2, lane="limited").planned for _ in range(4)]

    assert planned == [2, 2, 1, 0]
    assert [town.holds(key, "score") for key in "abcde"] == [60] * 5


def test_preview_says_what_a_run_does(town: Town) -> None:
    """`plan` names what `sync` then does, with the same hash, and writes nothing (D26)."""
    town.accounts("acme", "quiet")
    town.record("named", keyed=False)
    town.product("named")
    town.product("nowhere")
    seen = town.preview()

    assert (seen.compared, seen.planned) == (4, 4)
    assert seen.kinds[SALESFORCE] == {"update": 2, "link": 1, "held": 1}
    assert town.sent() == []
    assert town.facts() == []

    again = town.preview()
    assert again.hash == seen.hash
    outcomes = town.sync().tallies[SALESFORCE].outcomes
    assert outcomes == {OutcomeKind.UPDATED: 2, OutcomeKind.LINKED: 1, OutcomeKind.HELD: 1}


def test_run_is_recorded(town: Town) -> None:
    """A run's row says how it ended and what became of each mapping's records."""
    town.accounts("acme")
    run = town.sync()
    stored = town.run()

    assert (stored.id, stored.lane, stored.state, stored.error) == (run.id, "full", "done", None)
    assert stored.counts[SALESFORCE]["updated"] == 1
    assert stored.counts[HUBSPOT]["planned"] == 1


def test_schema_is_asked_once_a_day(town: Town) -> None:
    """What the objects look like is remembered for a day, so a small run spends no call on it."""
    town.accounts("acme")
    town.settled()
    town.product("acme", score=61)
    town.sync()
    assert town.crms[SALESFORCE].calls["describe"] == 0

    town.later(days=1, minutes=1)
    town.product("acme", score=62)
    town.sync()
    assert town.crms[SALESFORCE].calls["describe"] == 1


def test_decision_columns_alone_reach_the_crm(town: Town) -> None:
    """A signal that no field maps is decided, and its consequences are written (D13)."""
    town.accounts("acme")
    town.settled()
    town.later(hours=1)
    town.product("acme", signals=[signal("limit_hit", days=-0.02)])
    run = town.sync()

    assert run.planned == 1
    assert town.alerts() == [HOT]
