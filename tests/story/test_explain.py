"""`explain`: every side of every field, every rule, what became of it, and nothing written (invariant 8)."""

from __future__ import annotations

import json
import random

import pytest

from connector.destinations.memory import Refusal
from connector.errors import PlsyncError
from connector.explain import Explanation, FieldView
from connector.model import FactKind
from tests.story.house import DOMAINS, HUBSPOT, NAMES, OBJECTS, SALESFORCE, Town, named
from tests.unit.rules.shipped import fact


def view(explained: Explanation, what: str, crm: str = SALESFORCE) -> FieldView:
    """One field's sides in one CRM."""
    return next(f for f in explained.fields if (f.destination, f.name) == (crm, named(crm, what)))


def test_all_sides_of_a_field_are_shown(town: Town) -> None:
    """What the CRM holds, what the warehouse wants, what we wrote last, the policy, and who wins and why."""
    town.accounts("acme")
    town.settled()
    town.edit("acme", motion="partner")
    town.product("acme", motion="sales_led")
    motion = view(town.explain("acme"), "motion")

    assert (motion.live, motion.wanted, motion.written) == ("partner", "sales_led", "plg")
    assert motion.policy == "crm_wins_if_edited"
    assert motion.reason == "edited in the CRM by AE 1, and the CRM wins if edited"
    assert view(town.explain("acme"), "motion", HUBSPOT).reason == "the value there is ours"


def test_rules_are_traced_to_the_one_that_decided(town: Town) -> None:
    """Every rule up to the decisive one is shown with the values it saw."""
    town.accounts("acme")
    town.settled()
    explained = town.explain("acme")

    assert explained.decision is not None
    assert explained.rules[-1].rule == explained.decision.rule == "warm-mid-market"
    assert explained.rules[-1].matched is True
    assert True not in {rule.matched for rule in explained.rules[:-1]}


def test_recorded_decision_is_told_from_a_rehearsal(town: Town) -> None:
    """Before the first run the decision shown is a rehearsal; afterwards the recorded one, with its time."""
    town.accounts("acme")
    assert town.explain("acme").stored is False

    town.settled()
    decided_at = town.now
    town.later(days=2)
    explained = town.explain("acme")
    assert explained.stored is True
    assert explained.decision is not None
    assert explained.decision.routed_at == decided_at


def test_counterfactual_is_kept(town: Town) -> None:
    """An account with an SQL says who would have had it without (invariant 8)."""
    town.accounts("acme")
    town.crms[SALESFORCE].facts["acme"] = (fact(FactKind.SQL, owner="sdr-1", at=town.now),)
    town.settled()
    decision = town.explain("acme").decision

    assert decision is not None
    assert decision.rule == "sql-supersedes-pql"
    assert decision.counterfactual is not None
    assert decision.counterfactual.rule == "warm-mid-market"


def test_matches_and_last_outcomes_are_shown(town: Town) -> None:
    """How the record was found in each CRM, and what the CRM last said of it."""
    town.product("acme")
    town.record("acme", SALESFORCE, keyed=False)
    town.crms[SALESFORCE].refuse = lambda _: Refusal("LOCKED", "approval pending")
    town.sync()
    salesforce, hubspot = town.explain("acme").matches

    assert (salesforce["mapping"], salesforce["record_id"]) == (SALESFORCE, "salesforce-acme")
    assert (salesforce["last_outcome"], salesforce["last_code"]) == ("rejected", "LOCKED")
    assert salesforce["last_message"] == "approval pending"
    assert (hubspot["method"], hubspot["last_code"]) == ("none", "NO_RECORD")


def test_explaining_writes_nothing(town: Town) -> None:
    """The CRMs are read, and neither they nor the store are changed."""
    town.accounts("acme")
    town.settled()
    town.product("acme", score=92)
    town.explain("acme")

    assert town.sent() == town.sent(HUBSPOT) == []
    assert town.facts() == []
    assert town.sync().planned == 1


def test_unknown_account_is_advice(town: Town) -> None:
    """An account the warehouse does not have is said by name."""
    with pytest.raises(PlsyncError, match=r'the warehouse has no account "Acme"; the key is case sensitive'):
        town.explain("Acme")


def test_json_holds_it_all(town: Town) -> None:
    """`explain --json` carries the same, and is JSON."""
    town.accounts("acme")
    town.settled()
    told = json.loads(json.dumps(town.explain("acme").as_json(), default=str))

    assert told["account"] == {"key": "acme", "name": None}
    assert {"decision", "fields", "rules", "matches", "stored"} <= told.keys()


def put(town: Town, record_id: str, name: str, domain: str, key: str | None = None, crm: str = SALESFORCE) -> None:
    """Somebody keeps a record of this name and domain."""
    values = {NAMES[crm]: name, DOMAINS[crm]: domain, named(crm, "key"): key}
    town.crms[crm].put(OBJECTS[crm], record_id, values, by="AE 1")


def offered(town: Town, key: str, crm: str = SALESFORCE) -> dict[str, str | None]:
    """The records explain offers in one CRM, by what they are called."""
    found: dict[str, str | None] = next(one["offered"] for one in town.explain(key).matches if one["mapping"] == crm)
    return found


def test_candidates_are_named(town: Town) -> None:
    """Of an ambiguous account each record it may be says what it is called."""
    town.product("acme")
    put(town, "001-1", "Acme Berlin", "acme.example")
    put(town, "001-2", "Acme Boston", "acme.example")
    town.sync()

    assert offered(town, "acme") == {"001-1": "Acme Berlin", "001-2": "Acme Boston"}


def test_records_called_the_same_are_suggested(town: Town) -> None:
    """An account without a record: whatever the case and legal form; never one that carries another's key (D5)."""
    town.product("acme", name="Acme Tools, Inc.")
    put(town, "001-1", "acme tools", "elsewhere.example")
    put(town, "001-2", "Acme Tools, Inc.", "other.example", key="beta")
    put(town, "001-3", "Acme", "another.example")
    town.sync()

    assert offered(town, "acme") == {"001-1": "acme tools"}
    assert offered(town, "acme", HUBSPOT) == {}


def test_a_suggestion_is_no_match(town: Town) -> None:
    """Nothing is written to it, and it costs one look-up: a person links it (D5)."""
    town.product("acme", name="Acme Tools")
    put(town, "001-1", "Acme Tools", "elsewhere.example")
    town.sync()
    town.forget_calls()
    town.explain("acme")
    with_name = town.calls()
    town.product("acme", name=None)
    town.forget_calls()
    town.explain("acme")

    assert with_name - town.calls() == 2  # one in each CRM
    assert town.memory("acme").record_id is None


def test_a_certain_record_is_not_doubted(town: Town) -> None:
    """Others that are called the same are not offered."""
    town.product("acme", name="Acme Tools")
    town.record("acme")
    put(town, "001-1", "Acme Tools", "elsewhere.example")
    town.sync()

    assert offered(town, "acme") == {}


def test_what_moved_since_is_told(town: Town) -> None:
    """The decision in force is shown, and what the next sync would make of it."""
    town.accounts("acme")
    town.settled()
    assert town.explain("acme").anew is None

    town.tell("acme", FactKind.SQL, "00Q-1")
    explained = town.explain("acme")
    assert explained.decision is not None
    assert explained.anew is not None
    assert (explained.decision.rule, explained.anew.rule) == ("warm-mid-market", "sql-supersedes-pql")


def test_twenty_explanations_are_the_stored_decisions_and_their_otherwise_comes_true(town: Town) -> None:
    """Drawn by seed: each shows what is stored; each counterfactual is what is decided once the SQL is gone."""
    draw = random.Random(20)
    keys = [f"a-{number:02}" for number in range(20)]
    for key in keys:
        town.product(key, score=draw.choice([45, 60, 92]), employees=draw.choice([12, 120, 800, None]))
        town.record(key)
        town.tell(key, FactKind.SQL, f"00Q-{key}")
    town.settled()
    stored = town.ledger.decisions(keys)
    assert {key: town.explain(key).decision for key in keys} == stored

    town.crms[SALESFORCE].facts.clear()
    for key in keys:
        other, now = stored[key].counterfactual, town.explain(key).anew
        assert other is not None
        assert now is not None
        assert (now.route, now.rule, now.reason, now.routed_to) == (
            other.route,
            other.rule,
            other.reason,
            other.routed_to,
        )
