"""Large loads as jobs (A2): the same end as batches, whoever dies on the way (invariants 1, 2, 4; D21, D31, D50)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connector import loading as jobs
from connector import sync as story
from connector.destinations.memory import MemoryBulk, Refusal
from connector.errors import BatchRejectedError, QuotaError, TransientError
from connector.model import BulkJob, JobState, OutcomeKind
from connector.store import pauses
from tests.story.house import FIELDS, OBJECTS, SALESFORCE, Town, mapping, named

KEYS = [f"a-{number}" for number in range(6)]
UNEDITED = {name: {**body, "merge": "warehouse_wins"} for name, body in FIELDS.items()}


class Killed(BaseException):
    """The process is gone."""


def loading(town: Town, mode: str = "update_only") -> MemoryBulk:
    """Salesforce takes jobs from three records on, and keeps nobody's edits."""
    bulk = MemoryBulk(town.crms[SALESFORCE])
    town.bulk[SALESFORCE], town.bulk_from = bulk, 3
    town.mappings = {SALESFORCE: mapping(SALESFORCE, mode, UNEDITED)}
    return bulk


def changed(town: Town, score: int = 77) -> MemoryBulk:
    """Six accounts, delivered, then scored again."""
    bulk = loading(town)
    town.accounts(*KEYS)
    town.settled()
    for key in KEYS:
        town.product(key, score=score)
    return bulk


def scores(town: Town) -> set[object]:
    """What the accounts' records hold."""
    return {town.holds(key, "score") for key in KEYS}


def dying(bulk: MemoryBulk, method: str, *, after: bool) -> None:
    """The process dies once at this step of a job: before the CRM hears of it, or after."""
    sound: Callable[..., object] = getattr(bulk, method)

    def once(*arguments: object, **named_ones: object) -> object:
        setattr(bulk, method, sound)
        if after:
            sound(*arguments, **named_ones)
        raise Killed

    setattr(bulk, method, once)


def test_a_large_load_is_one_job(town: Town) -> None:
    """All records go out together, each has its outcome, and the next run calls nobody."""
    changed(town)
    run = town.sync()
    calls = town.crms[SALESFORCE].calls

    assert scores(town) == {77}
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 6}
    assert run.tallies[SALESFORCE].window == "the job"
    assert (calls["open_job"], calls["upload"], calls["send"]) == (1, 1, 0)
    town.forget_calls()
    assert town.sync().planned == 0
    assert town.calls() == 0


def test_the_audit_of_a_job_tells_what_it_changed(town: Town) -> None:
    """What a job wrote is on record as if it had been sent alone, so that it can be undone."""
    changed(town)
    town.sync()

    assert town.audit("a-0")[0].changes[named(SALESFORCE, "score")] == (60, 77)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["open_job", "upload", "job", "outcomes"])
def test_a_crash_at_any_step_heals(town: Town, step: str, after: bool) -> None:
    """Killed between any two steps, the next run brings every record home, and the one after it calls nobody."""
    dying(changed(town), step, after=after)
    with pytest.raises(Killed):
        town.sync()
    town.sync()

    assert scores(town) == {77}
    assert town.ledger.jobs() == []
    assert {town.memory(key).code for key in KEYS} == {None}
    assert {town.memory(key).intended for key in KEYS} == {None}
    town.forget_calls()
    town.sync()
    assert town.calls() == 0


def test_a_crash_while_outcomes_are_read_loses_none(town: Town) -> None:
    """Outcomes already remembered are not asked for again; those of the rest are read by the next run, unsent."""
    bulk = changed(town)
    sound = bulk.outcomes

    def half(job: BulkJob, state: JobState, keys: dict[str, str]) -> object:
        bulk.outcomes = sound  # type: ignore[method-assign]  # sound from now on
        yield next(iter(sound(job, state, dict(list(keys.items())[:3]))))
        raise Killed

    bulk.outcomes = half  # type: ignore[assignment, method-assign]  # dies half way
    with pytest.raises(Killed):
        town.sync()
    town.crms[SALESFORCE].sent.clear()
    town.sync()

    assert (scores(town), town.sent()) == ({77}, [])


def test_new_records_are_made_by_a_job(town: Town) -> None:
    """Records to create go in a job of their own, by key; after a crash none is made twice."""
    bulk = loading(town, "upsert")
    for key in KEYS:
        town.product(key)
    dying(bulk, "outcomes", after=True)
    with pytest.raises(Killed):
        town.sync()
    town.sync()

    made = [town.memory(key).record_id for key in KEYS]
    assert len(set(made)) == len(KEYS)
    assert all(made)
    crm = town.crms[SALESFORCE]
    assert {crm.values(OBJECTS[SALESFORCE], str(each))[named(SALESFORCE, "key")] for each in made} == set(KEYS)


def test_a_broken_job_leaves_the_rest_due(town: Town) -> None:
    """What a failed job did not come to is deferred by name and sent by the next run."""
    changed(town).breaks_after = 4
    run = town.sync()
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 4, OutcomeKind.DEFERRED: 2}
    assert run.tallies[SALESFORCE].reasons == {"UNPROCESSED": 2}

    town.sync()
    assert scores(town) == {77}


def test_a_refused_record_of_a_job_is_named(town: Town) -> None:
    """One record the CRM refuses costs its neighbours nothing, and stays refused with the CRM's words."""
    changed(town)
    town.crms[SALESFORCE].refuse = lambda write: Refusal("STRING_TOO_LONG", "too long") if write.key == "a-1" else None
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 5, OutcomeKind.REJECTED: 1}
    assert (town.memory("a-1").code, town.memory("a-1").message) == ("STRING_TOO_LONG", "too long")


def test_a_load_too_large_for_one_job_is_several(town: Town) -> None:
    """A job takes so many bytes; more go in halves."""
    bulk = changed(town)
    bulk.max_bytes = 8
    run = town.sync()

    assert scores(town) == {77}
    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 6}
    assert town.ledger.jobs() == []


def test_no_job_to_be_had_means_batches(town: Town) -> None:
    """When the CRM takes no more jobs today the writes go out like any others."""
    bulk = changed(town)

    def none_left(*_: object, **__: object) -> BulkJob:
        raise BatchRejectedError("no more jobs today", "LIMIT_EXCEEDED")

    bulk.open_job = none_left  # type: ignore[method-assign]  # the org is out of jobs
    town.sync()

    assert scores(town) == {77}


def test_a_lost_answer_to_the_upload_does_not_load_twice(town: Town) -> None:
    """When the job had begun although no answer came, it is heard to its end, and no second one is made."""
    bulk = changed(town)
    sound = bulk.upload

    def unheard(*arguments: object) -> None:
        bulk.upload = sound  # type: ignore[method-assign]  # sound from now on
        sound(*arguments)  # type: ignore[arg-type]  # as given
        raise TransientError("no answer")

    bulk.upload = unheard  # type: ignore[assignment, method-assign]  # its answer is lost
    town.sync()

    assert (scores(town), town.crms[SALESFORCE].calls["open_job"]) == ({77}, 1)


def test_what_a_file_cannot_say_goes_alone(town: Town) -> None:
    """The text #N/A would clear its field in a file, so that record is sent by itself (D50)."""
    changed(town)
    town.product("a-0", score=77, motion="#N/A")
    town.sync()

    assert town.holds("a-0", "motion") == "#N/A"
    assert town.crms[SALESFORCE].calls["send"] == 1


def test_fields_that_people_edit_are_not_loaded(town: Town) -> None:
    """Where an edit must be kept, records go in batches read just before, unless the mapping allows the window."""
    changed(town)
    town.mappings[SALESFORCE] = mapping(SALESFORCE)
    town.sync()
    assert town.crms[SALESFORCE].calls["open_job"] == 0

    town.mappings[SALESFORCE] = replace(town.mappings[SALESFORCE], bulk_window=True, version="allowed")
    for key in KEYS:
        town.product(key, score=78)
    town.sync()
    assert town.crms[SALESFORCE].calls["open_job"] == 1


def test_few_writes_after_all_are_no_job(town: Town) -> None:
    """A plan for many of which few differ from the CRM goes out in batches."""
    changed(town)
    town.mappings[SALESFORCE] = mapping(SALESFORCE, fields={"score": UNEDITED["score"]})
    for key in KEYS[2:]:
        town.edit(key, score=77)
    run = town.sync()

    assert run.tallies[SALESFORCE].outcomes == {OutcomeKind.UPDATED: 2, OutcomeKind.UNCHANGED: 4}
    assert town.crms[SALESFORCE].calls["open_job"] == 0


def test_a_brake_before_the_job_keeps_everything_due(town: Town) -> None:
    """A CRM paused while its load was being merged gets no job; resumed, it gets all of it (D31)."""
    bulk = changed(town)
    with town.store.write() as conn:
        pauses.pause(conn, SALESFORCE, town.now, "RevOps")
    run = town.sync()
    assert run.tallies[SALESFORCE].reasons == {"PAUSED": 6}
    assert bulk.crm.calls["open_job"] == 0

    with town.store.write() as conn:
        assert pauses.resume(conn, [SALESFORCE])
    town.sync()
    assert scores(town) == {77}


def test_a_brake_while_the_job_runs_stops_it(town: Town) -> None:
    """A job under way is aborted at the next poll; what it had not come to stays due."""
    bulk = changed(town)
    bulk.polls = 3
    sound = bulk.job

    def paused_meanwhile(job: BulkJob) -> JobState:
        with town.store.write() as conn:
            pauses.pause(conn, SALESFORCE, town.now, "RevOps")
        return sound(job)

    bulk.job = paused_meanwhile  # type: ignore[method-assign]  # somebody brakes between two polls
    run = town.sync()

    assert run.tallies[SALESFORCE].reasons == {"UNPROCESSED": 6}
    assert scores(town) == {60}


def test_a_brake_between_two_jobs_stops_the_second(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody brakes while the first job runs: it is aborted, and what waits for the second is not uploaded (D31)."""
    monkeypatch.setattr(jobs, "MOST", 3)
    bulk = changed(town)
    sound = bulk.job

    def paused_meanwhile(job: BulkJob) -> JobState:
        with town.store.write() as conn:
            pauses.pause(conn, SALESFORCE, town.now, "RevOps")
        return sound(job)

    bulk.job = paused_meanwhile  # type: ignore[method-assign]  # somebody brakes between two polls
    bulk.polls = 3
    run = town.sync()

    assert bulk.crm.calls["open_job"] == 1
    assert run.tallies[SALESFORCE].reasons == {"UNPROCESSED": 3, "PAUSED": 3}


def test_a_job_the_crm_has_forgotten_stops_nobody(town: Town) -> None:
    """CRMs keep a job for a week. Found later, what became of its records is read from them, and syncs go on."""
    bulk = changed(town)
    dying(bulk, "job", after=True)
    with pytest.raises(Killed):
        town.sync()
    bulk.forget()
    town.sync()

    assert (scores(town), town.ledger.jobs()) == ({77}, [])


def test_outcomes_nobody_may_ask_for_today_are_read_next_time(town: Town) -> None:
    """Calls that run out between a job's end and its outcomes fail no run: the next one reads them, unsent."""
    bulk = changed(town)
    sound = bulk.outcomes

    def spent(*_: object) -> object:
        bulk.outcomes = sound  # type: ignore[method-assign]  # sound from now on
        raise QuotaError("the day's calls are used up")

    bulk.outcomes = spent  # type: ignore[assignment, method-assign]  # the last call was spent
    run = town.sync()
    assert (town.run().state, run.tallies[SALESFORCE].reasons) == ("done", {"IN_JOB": 6})

    town.crms[SALESFORCE].sent.clear()
    town.sync()
    assert (scores(town), town.sent(), town.ledger.jobs()) == ({77}, [], [])


def test_a_record_that_waits_for_its_key_has_one_writer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts of one domain far apart in a load: one gets the record, the other does not write on it (D7)."""
    monkeypatch.setattr(story, "CHUNK", 3)
    loading(town)
    for key in KEYS:
        town.product(key)
        town.record(key, keyed=False)
    town.product("z", domain="a-0.example", score=11)
    run = town.sync()

    assert run.tallies[SALESFORCE].reasons == {"CLAIMED": 1}
    town.sync()
    assert (town.holds("a-0", "key"), town.holds("a-0", "score")) == ("a-0", 60)
    assert (town.memory("z").code, town.memory("z").record_id) == ("NO_RECORD", None)


def test_a_job_whose_mapping_is_no_more_is_stopped(town: Town) -> None:
    """A mapping that was taken out while its job ran leaves nothing behind that later runs would ask about."""
    bulk = changed(town)
    dying(bulk, "job", after=False)
    with pytest.raises(Killed):
        town.sync()
    town.mappings[SALESFORCE] = replace(town.mappings[SALESFORCE], name="another")
    town.sync()

    assert town.ledger.jobs() == []
    assert scores(town) == {77}
