"""A person says which record is an account's (D5): checked, remembered, written with the next sync."""

from __future__ import annotations

import pytest

from connector.errors import ConfigError
from connector.link import link
from connector.model import OutcomeKind
from connector.store import troubles
from tests.story.house import HUBSPOT, SALESFORCE, Town, named


def linked(town: Town, key: str, record_id: str, crm: str = SALESFORCE) -> None:
    """What `plsync link ACCOUNT RECORD` does."""
    link(town.house(), town.warehouse, crm, key, record_id, lambda: town.now)


def ambiguous(town: Town) -> Town:
    """An account with two records of its domain in Salesforce, held there."""
    town.product("acme")
    town.record("acme", keyed=False)
    town.crms[SALESFORCE].put("Account", "001-twin", {"Website": "acme.example"})
    return town.settled()


def twin(town: Town, what: str) -> object:
    """What the linked record holds."""
    return town.crms[SALESFORCE].values("Account", "001-twin").get(named(SALESFORCE, what))


def test_held_account_names_its_candidates(town: Town) -> None:
    """The list of held accounts has the records to choose from."""
    ambiguous(town)
    with town.store.read() as conn:
        (one,) = troubles.held(conn)
    assert (one.account, one.mapping, one.code) == ("acme", SALESFORCE, "AMBIGUOUS")
    assert one.candidates == ("001-twin", "salesforce-acme")


def test_link_is_written_with_the_next_sync(town: Town) -> None:
    """The chosen record gets our key and values, is said to be linked, and stays the account's."""
    ambiguous(town)
    linked(town, "acme", "001-twin")
    assert town.sent() == []

    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.LINKED: 1}
    assert (twin(town, "key"), twin(town, "score"), twin(town, "matched")) == ("acme", 60, "linked")
    assert town.holds("acme", "score") is None
    assert town.ledger.decisions(["acme"])["acme"].rule != "ambiguous-identity"

    town.product("acme", score=61)
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 1}
    assert (twin(town, "score"), twin(town, "matched")) == (61, "linked")


def test_link_leaves_a_persons_values_alone(town: Town) -> None:
    """What stood in the linked record before is a person's, where the CRM wins."""
    ambiguous(town)
    town.crms[SALESFORCE].put("Account", "001-twin", {named(SALESFORCE, "motion"): "partner"})
    linked(town, "acme", "001-twin")
    town.sync()
    assert twin(town, "motion") == "partner"
    assert town.memory("acme").code == "EDITED"


def test_link_to_another_record_after_one_is_gone(town: Town) -> None:
    """An account whose record was deleted goes on with the one a person names (D8)."""
    town.accounts("acme")
    town.settled()
    town.crms[SALESFORCE].delete("Account", "salesforce-acme")
    town.crms[SALESFORCE].put("Account", "001-twin", {"Website": "elsewhere.example"})
    town.product("acme", score=61)
    town.sync()
    assert town.memory("acme").code == "RECORD_GONE"

    linked(town, "acme", "001-twin")
    town.sync()
    assert (twin(town, "key"), twin(town, "score")) == ("acme", 61)


def test_link_beats_a_likeness(town: Town) -> None:
    """Two accounts of one domain: the one a person linked is written, the other held (D7)."""
    for key in ("acme", "acme-labs"):
        town.product(key, domain="acme.example")
    town.record("acme", keyed=False)
    town.settled()
    linked(town, "acme", "salesforce-acme")
    town.product("acme-labs", domain="acme.example", score=61)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.LINKED: 1, OutcomeKind.HELD: 1}
    assert (town.holds("acme", "key"), town.holds("acme", "score")) == ("acme", 60)


def test_confirming_the_present_record_loses_nothing(town: Town) -> None:
    """A link to the record an account has already keeps what is known of it: no value of ours becomes an edit."""
    town.accounts("acme")
    town.settled()
    linked(town, "acme", "salesforce-acme")
    town.product("acme", motion="sales_led")
    town.sync()
    assert town.holds("acme", "motion") == "sales_led"


@pytest.mark.parametrize(
    ("account", "record", "crm", "words"),
    [
        ("nobody", "001-twin", SALESFORCE, 'the warehouse has no account "nobody"'),
        ("acme", "001-none", SALESFORCE, 'salesforce has no Account record "001-none"'),
        ("acme", "001-twin", "hubspto", 'there is no mapping "hubspto"; configured: salesforce, hubspot'),
        ("acme", "salesforce-other", SALESFORCE, "is the record of other (PLS_Key__c holds that key)"),
        ("acme", "hubspot-lost", HUBSPOT, "is the record of lost (it is remembered for that account)"),
    ],
)
def test_wrong_link_is_refused(town: Town, account: str, record: str, crm: str, words: str) -> None:
    """Neither an account, a record nor a mapping that is not there, nor another account's record, is linked."""
    town.accounts("other", "lost")
    ambiguous(town)
    town.crms[HUBSPOT].put("companies", "hubspot-lost", {named(HUBSPOT, "key"): None})
    before = town.memory("acme")
    with pytest.raises(ConfigError) as refusal:
        linked(town, account, record, crm)
    assert words in str(refusal.value)
    assert town.memory("acme") == before


def test_link_is_a_run_with_audit(town: Town) -> None:
    """Who looks up an account's history finds the link."""
    ambiguous(town)
    linked(town, "acme", "001-twin")
    assert (town.run().lane, town.run().state) == ("link", "done")
    newest = town.audit("acme")[0]
    assert (newest.code, newest.record_id) == ("LINKED", "001-twin")
