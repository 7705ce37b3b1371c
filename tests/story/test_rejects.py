"""Refused records: listed, and tried again for a reason, never blindly (invariants 1 and 4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.destinations.memory import Refusal
from connector.errors import TransientError
from connector.model import FieldSpec, OutcomeKind, Write
from connector.schemas import FRESH
from connector.store import bindings, troubles
from connector.store.troubles import Trouble
from tests.story.house import HUBSPOT, OBJECTS, SALESFORCE, Town, named

UPDATED, REJECTED, DEFERRED = OutcomeKind.UPDATED, OutcomeKind.REJECTED, OutcomeKind.DEFERRED


def refuse(town: Town, *keys: str, temporary: bool = False) -> None:
    """Salesforce refuses these accounts' records from now on, and only these."""

    def objection(write: Write) -> Refusal | None:
        return Refusal("VALIDATION", "score is locked", temporary) if write.key in keys else None

    town.crms[SALESFORCE].refuse = objection


def rejects(town: Town) -> list[Trouble]:
    """What `plsync rejects` lists."""
    with town.store.read() as conn:
        return troubles.rejects(conn)


def retry(town: Town, *keys: str) -> set[str]:
    """What `plsync retry ACCOUNT…` does."""
    with town.store.write() as conn:
        return troubles.retry(conn, keys)


def described(town: Town, what: str, **changes: object) -> None:
    """An administrator changes a field of the CRM's object."""
    crm = town.crms[SALESFORCE]
    spec = crm.specs[OBJECTS[SALESFORCE]]
    field: FieldSpec = replace(spec.fields[named(SALESFORCE, what)], **changes)  # type: ignore[arg-type]  # by name
    crm.specs = {OBJECTS[SALESFORCE]: replace(spec, fields={**spec.fields, field.name: field})}


def rejected_town(town: Town, *keys: str) -> Town:
    """Accounts whose new score Salesforce refuses."""
    town.accounts(*keys)
    town.settled()
    refuse(town, *keys)
    for key in keys:
        town.product(key, score=61)
    town.sync()
    town.forget_calls()
    return town


def test_ten_rows_in_error_are_never_lost(town: Town) -> None:
    """Ten rows fail, the run ends, nothing is resent blindly and nothing forgotten: once cured, all ten arrive."""
    keys = [f"a-{number}" for number in range(10)]
    town.accounts(*keys, "fine")
    town.settled()
    refuse(town, *keys)
    for key in (*keys, "fine"):
        town.product(key, score=61)
    run = town.sync()
    assert (run.rejects, run.tallies[SALESFORCE].outcomes) == (10, {REJECTED: 10, UPDATED: 1})
    assert [one.account for one in rejects(town)] == keys

    town.forget_calls()
    assert town.sync().planned == 0
    assert (town.calls(), len(rejects(town))) == (0, 10)

    refuse(town)
    with town.store.write() as conn:
        assert troubles.retry_all(conn, list(town.mappings)) == 10
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {UPDATED: 10}
    assert [town.holds(key, "score") for key in keys] == [61] * 10
    assert rejects(town) == []
    assert town.sync().planned == 0


def test_list_says_since_when_and_how_often(town: Town) -> None:
    """A record refused three times in a row names its first time and the count; a success starts anew."""
    rejected_town(town, "a")
    first = town.now
    for score in (62, 63):
        town.later(days=1)
        town.product("a", score=score)
        town.sync()
    (one,) = rejects(town)
    assert (one.since, one.tries, one.at, one.code) == (first, 3, town.now, "VALIDATION")

    refuse(town)
    town.product("a", score=64)
    town.sync()
    refuse(town, "a")
    town.later(days=1)
    town.product("a", score=65)
    town.sync()
    (one,) = rejects(town)
    assert (one.since, one.tries) == (town.now, 1)


def test_retry_makes_one_account_due(town: Town) -> None:
    """A person's retry sends that account once more, and no other."""
    rejected_town(town, "a", "b")
    assert retry(town, "a", "nobody") == {"a"}
    town.sync()
    assert town.sent() == ["a"]

    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_retry_looks_for_a_record_again(town: Town) -> None:
    """An account that had no record is tried again on a person's word, once they made one."""
    town.product("a")
    town.settled()
    town.record("a")
    assert town.sync().planned == 0

    assert retry(town, "a") == {"a"}
    town.sync()
    assert town.holds("a", "score") == 60


def test_changed_schema_cures_what_did_not_fit(town: Town) -> None:
    """A field that was made longer is noticed within a day, and what did not fit is sent without anybody's word."""
    town.accounts("a")
    town.settled()
    town.product("a", motion="x" * 300)
    town.sync()
    assert [one.outcome for one in rejects(town)] == ["invalid", "invalid"]

    described(town, "motion", length=1_000)
    town.later(hours=1)
    assert town.sync().planned == 0
    town.now += FRESH
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {UPDATED: 1}
    assert town.holds("a", "motion") == "x" * 300
    assert [one.mapping for one in rejects(town)] == [HUBSPOT]


def test_same_schema_resends_nothing(town: Town) -> None:
    """A description that says what it said before makes nothing due; it costs its own calls and no more."""
    rejected_town(town, "a")
    town.now += FRESH * 2
    assert town.sync().planned == 0
    assert set(town.crms[SALESFORCE].calls) == {"describe"}


def test_field_outside_the_mapping_may_change(town: Town) -> None:
    """A change to a field the mapping does not name cures nothing and resends nothing."""
    rejected_town(town, "a")
    crm = town.crms[SALESFORCE]
    spec = crm.specs["Account"]
    website = replace(spec.fields["Website"], length=99)
    crm.specs = {"Account": replace(spec, fields={**spec.fields, "Website": website})}
    town.now += FRESH * 2
    assert town.sync().planned == 0


def test_doubted_schema_is_read_at_once(town: Town) -> None:
    """After a person's retry the schema is read anew, so a field changed a minute ago counts."""
    town.accounts("a")
    town.settled()
    town.product("a", motion="x" * 300)
    town.sync()
    described(town, "motion", length=1_000)
    with town.store.write() as conn:
        troubles.retry(conn, ["a"])
        bindings.doubt_schemas(conn)
    town.sync()
    assert town.holds("a", "motion") == "x" * 300


def test_deferred_record_waits_longer_each_time(town: Town) -> None:
    """What cannot be taken now is tried in the next run, then after 5, 10, 20 minutes, then less and less often."""
    town.accounts("a")
    town.settled()
    refuse(town, "a", temporary=True)
    town.product("a", score=61)
    for wait in (0, 0, 5, 10, 20):
        if wait:
            town.later(minutes=wait - 1)
            assert town.sync().planned == 0
            town.later(minutes=1)
        assert town.sync().tallies[SALESFORCE].outcomes == {DEFERRED: 1}

    refuse(town)
    town.later(minutes=40)
    assert town.sync().tallies[SALESFORCE].outcomes == {UPDATED: 1}
    assert town.holds("a", "score") == 61


def test_waiting_record_is_due_when_its_value_changes(town: Town) -> None:
    """A new value does not wait for the old one's time."""
    town.accounts("a")
    town.settled()
    refuse(town, "a", temporary=True)
    town.product("a", score=61)
    for _ in range(2):
        town.sync()
    refuse(town)
    town.product("a", score=62)
    town.sync()
    assert town.holds("a", "score") == 62


@pytest.mark.parametrize("word", ["account", "all"])
def test_waiting_record_is_due_on_a_persons_word(town: Town, word: str) -> None:
    """`retry` ends the wait of a deferred record, too."""
    town.accounts("a")
    town.settled()
    refuse(town, "a", temporary=True)
    town.product("a", score=61)
    for _ in range(2):
        town.sync()
    refuse(town)
    with town.store.write() as conn:
        _ = troubles.retry(conn, ["a"]) if word == "account" else troubles.retry_all(conn, list(town.mappings))
    town.sync()
    assert town.holds("a", "score") == 61


def test_outage_is_waited_out_in_the_end(town: Town) -> None:
    """However long a CRM is away, its records are tried at least every six hours, and arrive."""
    town.accounts("a")
    town.settled()
    town.product("a", score=61)
    crm = town.crms[SALESFORCE]

    def away(_: Write) -> Refusal | None:
        raise TransientError("timed out")

    crm.refuse = away
    for _ in range(12):
        town.sync()
        town.later(hours=6)
    refuse(town)
    town.sync()
    assert town.holds("a", "score") == 61
    assert town.memory("a").tries == 0
