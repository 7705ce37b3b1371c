"""Undoing a run (D31): old values go back only where the CRM still holds what the run wrote."""

from __future__ import annotations

import pytest

from connector.destinations.memory import Refusal
from connector.errors import ConfigError
from connector.model import OutcomeKind, Write
from connector.revert import Revert, Verdict, apply, rehearse
from connector.store import pauses
from tests.story.house import HUBSPOT, SALESFORCE, Town, mapping, named

SCORE, MOTION = named(SALESFORCE, "score"), named(SALESFORCE, "motion")


def moved(town: Town, *keys: str) -> str:
    """A run that changed score and motion of accounts; its id."""
    town.accounts(*keys)
    town.settled()
    for key in keys:
        town.product(key, score=61, motion="sales_led")
    run = town.sync()
    town.forget_calls()
    return run.id


def reverted(town: Town, run_id: str) -> Revert:
    """What `plsync revert RUN --apply` does."""
    house = town.house()
    return apply(house, rehearse(house, run_id), lambda: town.now, lambda _: None)


def verdicts(done: Revert, crm: str = SALESFORCE) -> dict[str, Verdict]:
    """Per account what was judged."""
    return {row.account: row.verdict for row in done.rows if row.mapping == crm}


def test_rehearsal_writes_nothing(town: Town) -> None:
    """Without a word to do it, a revert says what would go back, and changes neither CRM nor store."""
    run_id = moved(town, "a")
    before = town.memory("a")
    rows = rehearse(town.house(), run_id).rows

    assert [(row.mapping, row.verdict) for row in rows] == [(SALESFORCE, Verdict.RESTORE), (HUBSPOT, Verdict.RESTORE)]
    assert rows[0].back.items() >= {SCORE: (61, 60), MOTION: ("sales_led", "plg")}.items()
    assert (town.sent(), town.memory("a"), town.run().id) == ([], before, run_id)


def test_old_values_go_back_and_stay(town: Town) -> None:
    """Reverted values are not written again by the next sync, nor by one that moves another field."""
    reverted(town, moved(town, "a"))
    assert (town.holds("a", "score"), town.holds("a", "motion"), town.holds("a", "score", HUBSPOT)) == (60, "plg", 60)

    assert town.sync().planned == 0
    town.product("a", score=62, motion="sales_led")
    town.sync()
    assert (town.holds("a", "score"), town.holds("a", "motion")) == (62, "plg")

    town.product("a", score=62, motion="hybrid")
    town.sync()
    assert town.holds("a", "motion") == "hybrid"


def test_what_changed_since_stays(town: Town) -> None:
    """A field somebody else set since stays, its neighbour goes back; a record changed throughout is left alone."""
    run_id = moved(town, "a", "b")
    town.edit("a", motion="partner")
    town.edit("b", score=1, motion="partner", reason="because")
    done = reverted(town, run_id)

    assert verdicts(done) == {"a": Verdict.RESTORE, "b": Verdict.CHANGED}
    assert (town.holds("a", "score"), town.holds("a", "motion")) == (60, "partner")
    assert (town.holds("b", "score"), town.holds("b", "motion")) == (1, "partner")
    assert dict(done.rows[0].stays) == {MOTION: "partner"}


def test_later_run_is_not_undone_with_an_earlier_one(town: Town) -> None:
    """What a later run of ours wrote is not what this one wrote."""
    run_id = moved(town, "a")
    town.product("a", score=62, motion="sales_led")
    town.sync()
    reverted(town, run_id)
    assert (town.holds("a", "score"), town.holds("a", "motion")) == (62, "plg")


def test_gone_record_is_named(town: Town) -> None:
    """A record that was deleted is reported, and its neighbours go back."""
    run_id = moved(town, "a", "b")
    town.crms[SALESFORCE].delete("Account", "salesforce-a")
    assert verdicts(reverted(town, run_id)) == {"a": Verdict.GONE, "b": Verdict.RESTORE}
    assert town.holds("b", "score") == 60


def test_created_record_is_left(town: Town) -> None:
    """A record the run made is not deleted, nor emptied: that is a person's to do."""
    town.mappings[SALESFORCE] = mapping(SALESFORCE, "upsert")
    town.product("a")
    run = town.sync()
    town.forget_calls()
    assert verdicts(reverted(town, run.id)) == {"a": Verdict.CREATED}
    assert town.sent() == []


def test_revert_is_a_run_that_can_be_reverted(town: Town) -> None:
    """A revert has audit and counts of its own, and undoing it brings the run's values back."""
    done = reverted(town, moved(town, "a"))
    assert (town.run().lane, town.run().state) == ("revert", "done")
    assert town.run().counts == {SALESFORCE: {"updated": 1}, HUBSPOT: {"updated": 1}}
    assert {row.changes[SCORE] for row in town.audit("a")[:2] if row.mapping == SALESFORCE} == {(61, 60)}

    reverted(town, str(done.run))
    assert (town.holds("a", "score"), town.holds("a", "motion")) == (61, "sales_led")
    assert town.sync().planned == 0


def test_reverting_twice_restores_once(town: Town) -> None:
    """The second time there is nothing left to put back."""
    run_id = moved(town, "a")
    reverted(town, run_id)
    town.forget_calls()
    assert verdicts(reverted(town, run_id)) == {"a": Verdict.ALREADY}
    assert town.sent() == []


def test_refused_revert_is_said_and_stays_undone(town: Town) -> None:
    """A CRM that does not take an old value back is quoted, and memory stays as it was."""
    run_id = moved(town, "a")
    town.crms[SALESFORCE].refuse = lambda _: Refusal("VALIDATION", "scores never fall")
    done = reverted(town, run_id)

    assert done.failed == 1
    assert next(row.outcome.message for row in done.rows if row.outcome) == "scores never fall"
    assert town.memory("a").written[SCORE] == 61
    assert town.sync().planned == 0


def test_killed_revert_goes_on(town: Town) -> None:
    """Killed between the two CRMs and done again, a revert ends where one would have."""
    run_id = moved(town, "a")

    def dies(_: Write) -> Refusal | None:
        raise KeyboardInterrupt  # the process is killed while it sends

    town.crms[HUBSPOT].refuse = dies
    with pytest.raises(KeyboardInterrupt):
        reverted(town, run_id)
    assert town.run().state == "failed"

    town.crms[HUBSPOT].refuse = lambda _: None
    reverted(town, run_id)
    assert town.holds("a", "score") == town.holds("a", "score", HUBSPOT) == 60
    assert town.memory("a", HUBSPOT).intended is None
    assert town.sync().planned == 0


def test_key_written_by_a_link_stays(town: Town) -> None:
    """Undoing a run that linked a record leaves it linked: the match was no value of the warehouse."""
    town.product("a")
    town.record("a", keyed=False)
    run = town.sync()
    reverted(town, run.id)
    assert (town.holds("a", "key"), town.holds("a", "score")) == ("a", None)


@pytest.mark.parametrize("run_id", ["r-000099", "yesterday", ""])
def test_unknown_run_is_refused(town: Town, run_id: str) -> None:
    """A run that is not in the store is named, with where to look."""
    with pytest.raises(ConfigError, match="`plsync runs` lists them"):
        rehearse(town.house(), run_id)


def test_mapping_that_is_no_more_is_refused(town: Town) -> None:
    """A run that wrote through a mapping nobody has any more cannot be undone through it."""
    run_id = moved(town, "a")
    del town.crms[HUBSPOT]
    with pytest.raises(ConfigError, match='there is no mapping "hubspot"'):
        rehearse(town.house(), run_id)


def test_paused_crm_is_reverted_on_a_persons_word(town: Town) -> None:
    """First the brake, then the undoing: a pause stops syncs, not a person's revert."""
    run_id = moved(town, "a")
    with town.store.write() as conn:
        pauses.pause(conn, SALESFORCE, town.now, "RevOps")
    reverted(town, run_id)
    assert town.holds("a", "score") == 60


def test_outcomes_tell_what_was_written(town: Town) -> None:
    """Each restored record has the CRM's own outcome."""
    done = reverted(town, moved(town, "a"))
    assert {row.outcome.kind for row in done.rows if row.outcome} == {OutcomeKind.UPDATED}


def test_what_was_written_blind_stays(town: Town) -> None:
    """What a record held before a write that read nothing is not known: nothing is put back, least of all a blank."""
    fields = {"score": {"from": "score", "merge": "warehouse_wins"}}
    town.mappings = {HUBSPOT: mapping(HUBSPOT, fields=fields, read=False, domain=None)}
    town.accounts("acme")
    town.edit("acme", HUBSPOT, score=12)
    done = reverted(town, town.sync().id)

    assert verdicts(done, HUBSPOT) == {"acme": Verdict.UNREAD}
    assert town.holds("acme", "score", HUBSPOT) == 60
