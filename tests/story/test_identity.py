"""Which record is written, created, linked or left alone (invariant 6; D5, D6, D7, D8)."""

from __future__ import annotations

import pytest

from connector.destinations.memory import Refusal
from connector.errors import ConfigError
from connector.model import OutcomeKind
from connector.schemas import FRESH
from tests.story.house import HUBSPOT, OBJECTS, SALESFORCE, Town, mapping, named

HELD = OutcomeKind.HELD


def upserting(town: Town) -> None:
    """Salesforce may create."""
    town.mappings[SALESFORCE] = mapping(SALESFORCE, "upsert")


def test_update_only_never_creates(town: Town) -> None:
    """An account without a record stays without one, is named, and is not asked for again."""
    town.product("acme", score=92)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {HELD: 1}
    assert (town.memory("acme").code, town.sent()) == ("NO_RECORD", [])
    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_upsert_creates_with_the_key(town: Town) -> None:
    """Where the mapping says so a missing record is created, carrying our key and the values."""
    upserting(town)
    town.product("acme")
    run = town.sync()
    record_id = town.memory("acme").record_id

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.CREATED: 1}
    assert record_id is not None
    held = town.crms[SALESFORCE].values(OBJECTS[SALESFORCE], record_id)
    assert held[named(SALESFORCE, "key")] == "acme"
    assert held[named(SALESFORCE, "score")] == 60
    assert held[named(SALESFORCE, "matched")] == "key"


def test_created_record_is_updated_from_then_on(town: Town) -> None:
    """The next change finds the record we created, and creates no second one."""
    upserting(town)
    town.product("acme")
    town.sync()
    town.product("acme", score=61)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}


def test_create_only_leaves_records_alone(town: Town) -> None:
    """A mapping that only creates never changes a record that is there."""
    town.mappings[SALESFORCE] = mapping(SALESFORCE, "create_only")
    town.accounts("acme")
    town.product("new")
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UNCHANGED: 1, OutcomeKind.CREATED: 1}
    assert town.holds("acme", "score") is None


def test_domain_match_is_a_link(town: Town) -> None:
    """A record found by its company domain gets our key once, and the outcome is its own kind (D5)."""
    town.product("acme")
    town.record("acme", keyed=False)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.LINKED: 1}
    assert town.holds("acme", "key") == "acme"
    assert town.holds("acme", "matched") == "domain"

    town.product("acme", score=61)
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}
    assert town.holds("acme", "matched") == "domain"


@pytest.mark.parametrize("temporary", [False, True])
def test_link_that_failed_is_made_later(town: Town, temporary: bool) -> None:
    """A record whose first write did not get through still gets our key with the next one (D5)."""
    town.product("acme")
    town.record("acme", keyed=False)
    town.crms[SALESFORCE].refuse = lambda _: Refusal("LOCKED", "not now", temporary)
    town.sync()
    town.crms[SALESFORCE].refuse = lambda _: None
    town.product("acme", score=61)
    town.sync()

    assert town.holds("acme", "key") == "acme"
    assert town.holds("acme", "matched") == "domain"


def test_link_is_made_even_with_nothing_else_to_write(town: Town) -> None:
    """A record that holds every value already still gets the key that proves whose it is."""
    town.accounts("acme")
    town.settled()
    held = {what: town.holds("acme", what) for what in ("score", "motion", "tier", "reason")}
    town.product("twin", domain="twin.example")
    town.record("twin", keyed=False, **held, matched="domain")
    town.sync()

    assert town.crms[SALESFORCE].sent[-1].fields == {named(SALESFORCE, "key"): "twin"}


def test_personal_domains_link_nobody(town: Town) -> None:
    """A record with a personal e-mail domain is nobody's company (D5)."""
    town.product("at-home", domain="gmail.com")
    town.crms[SALESFORCE].put("Account", "001-shared", {"Website": "gmail.com"})
    town.sync()

    assert town.memory("at-home").code == "NO_RECORD"


def test_another_accounts_record_is_not_linked(town: Town) -> None:
    """A record of our domain with another account's key stays that account's."""
    town.product("acme")
    town.record("acme", keyed=False)
    town.edit("acme", SALESFORCE, key="acme-labs")
    town.sync()

    assert town.memory("acme").code == "NO_RECORD"
    assert town.holds("acme", "key") == "acme-labs"


def test_ambiguous_account_is_held_everywhere(town: Town) -> None:
    """Two records of one domain are named and neither is written; the decision holds the account, too (D6)."""
    town.product("acme", score=92)
    town.record("acme", keyed=False)
    town.crms[SALESFORCE].put("Account", "001-twin", {"Website": "ACME.example"})
    run = town.sync()
    memory = town.memory("acme")

    assert run.tallies[SALESFORCE].outcomes == {HELD: 1}
    assert memory.code == "AMBIGUOUS"
    assert "001-twin" in (memory.message or "")
    assert town.sent() == []
    assert town.ledger.decisions(["acme"])["acme"].rule == "ambiguous-identity"


def test_shared_record_has_no_writer(town: Town) -> None:
    """Two accounts of one domain are both held: never two writers on one record (D7)."""
    for key in ("acme", "acme-labs"):
        town.product(key, domain="acme.example")
    town.record("acme", keyed=False)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {HELD: 2}
    assert {town.memory(key).code for key in ("acme", "acme-labs")} == {"AMBIGUOUS"}
    assert town.sent() == []


def test_record_that_is_gone_is_held(town: Town) -> None:
    """A record a person deleted is not created again, not even where the mapping creates (D8)."""
    upserting(town)
    town.accounts("acme")
    town.settled()
    town.crms[SALESFORCE].delete("Account", "salesforce-acme")
    town.product("acme", score=61)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {HELD: 1}
    assert (town.memory("acme").code, town.sent()) == ("RECORD_GONE", [])
    assert town.holds("acme", "score", HUBSPOT) == 61


def test_record_merged_away_is_found_by_its_key(town: Town) -> None:
    """Where a merge moved our key to the surviving record, that one is written from then on (D8)."""
    town.accounts("acme")
    town.settled()
    town.crms[SALESFORCE].delete("Account", "salesforce-acme")
    town.crms[SALESFORCE].put("Account", "001-survivor", {named(SALESFORCE, "key"): "acme"})
    town.product("acme", score=61)
    town.sync()

    assert town.memory("acme").record_id == "001-survivor"
    assert town.crms[SALESFORCE].values("Account", "001-survivor")[named(SALESFORCE, "score")] == 61


def test_a_record_merged_into_another_accounts_is_that_ones(town: Town) -> None:
    """Two records became one that carries the other account's key: who lost its record is held, never a second writer.

    That must not depend on both being due in one run (D7).
    """
    town.accounts("acme", "acme-labs")
    town.settled()
    town.crms[SALESFORCE].merge("Account", "salesforce-acme-labs", "salesforce-acme")
    town.product("acme-labs", score=99)
    town.sync()

    assert town.memory("acme-labs").code == "AMBIGUOUS"
    assert (town.holds("acme", "key"), town.holds("acme", "score")) == ("acme", 60)


def test_nothing_outside_the_mapping_is_written(town: Town) -> None:
    """A write names mapped fields and the match key, nothing else (invariant 6)."""
    town.accounts("acme")
    town.product("new")
    upserting(town)
    town.sync()
    allowed = {f.to for f in town.mappings[SALESFORCE].fields} | {named(SALESFORCE, "key")}

    assert {name for write in town.crms[SALESFORCE].sent for name in write.fields} <= allowed


def test_store_serves_one_organisation(town: Town) -> None:
    """Credentials that lead to another organisation are noticed before anything is read there (D9)."""
    town.accounts("acme")
    town.settled()
    town.crms[SALESFORCE].organisation = "another-org"
    town.now += FRESH * 2
    town.product("acme", score=61)

    with pytest.raises(ConfigError, match="another-org"):
        town.sync()
    assert town.sent() == []
    assert town.run().state == "failed"
