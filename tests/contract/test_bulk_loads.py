"""What every CRM that takes loads as jobs promises (A2): Salesforce over HTTPS, and the one in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from connector.destinations.memory import MemoryBulk
from connector.errors import BatchRejectedError
from connector.model import BulkJob, Canonical, JobPhase, JobState, Outcome, OutcomeKind, Write
from connector.ports import BulkLoads
from tests.contract.benches.bench import Bench


@pytest.fixture(params=["salesforce", "memory"])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Each adapter with jobs in turn, its CRM as seeded."""
    found: Bench = request.getfixturevalue(request.param)
    found.reset()
    return found


@pytest.fixture
def bulk(bench: Bench) -> BulkLoads:
    assert bench.bulk is not None
    return bench.bulk


FIELDS = ("score", "tier", "why", "pql_on", "routed_at", "label")


def ended(bulk: BulkLoads, job: BulkJob) -> JobState:
    """The job's state once it has ended."""
    for _ in range(10):
        if (state := bulk.job(job)).ended:
            return state
    raise AssertionError(f"{job.id} never ended")


def loaded(bench: Bench, bulk: BulkLoads, writes: Sequence[Write], *, creates: bool = False) -> dict[str, Outcome]:
    """Load the writes as one job; outcomes by key, proved to be one each."""
    job = bulk.open_job(bench.object, bench.name("key"), creates=creates)
    bulk.upload(job, iter(writes), [bench.name(field) for field in FIELDS])
    keys = {write.record_id or write.key: write.key for write in writes}
    outcomes = [each for batch in bulk.outcomes(job, ended(bulk, job), keys) for each in batch]
    assert sorted(outcome.key for outcome in outcomes) == sorted(keys.values())
    return {outcome.key: outcome for outcome in outcomes}


def test_known_records_are_changed_by_id(bench: Bench, bulk: BulkLoads) -> None:
    """Every kind of canonical value survives the way there and back, and each record has its outcome."""
    wanted: Mapping[str, Canonical] = {
        "score": 92.5,
        "tier": "hot",
        "why": 'line one\nline two\r\n"quoted", «naïve» 鍵 🔑 \rend',
        "pql_on": "2026-11-19",
        "routed_at": "2026-11-20T09:15:30Z",
    }
    writes = [Write("a-1", bench.first, bench.fields(**wanted)), Write("a-2", bench.second, bench.fields(score=2))]

    outcomes = loaded(bench, bulk, writes)

    assert {key: (each.kind, each.record_id) for key, each in outcomes.items()} == {
        "a-1": (OutcomeKind.UPDATED, bench.first),
        "a-2": (OutcomeKind.UPDATED, bench.second),
    }
    assert bench.read(bench.first, *wanted) == wanted


def test_nulls_clear_and_what_is_not_sent_stays(bench: Bench, bulk: BulkLoads) -> None:
    """Records of one job may change different fields: a column a write has no value for leaves its field alone."""
    loaded(
        bench,
        bulk,
        [
            Write("a-1", bench.first, bench.fields(tier=None)),
            Write("a-2", bench.second, bench.fields(score=5, tier="hot")),
        ],
    )

    assert bench.read(bench.first, "tier", "score") == {"tier": None, "score": 87.5}
    assert bench.read(bench.second, "tier", "score") == {"tier": "hot", "score": 5}


def test_a_job_that_creates_makes_each_key_once(bench: Bench, bulk: BulkLoads) -> None:
    """New keys are created with their key, those a record carries are updated."""
    writes = [
        Write("a-1", None, bench.fields(score=1)),
        Write('o\'new, "key"', None, bench.fields(label="New", score=2)),
    ]

    first = loaded(bench, bulk, writes, creates=True)
    second = loaded(bench, bulk, writes, creates=True)

    assert [first[write.key].kind for write in writes] == [OutcomeKind.UPDATED, OutcomeKind.CREATED]
    assert {outcome.kind for outcome in second.values()} == {OutcomeKind.UPDATED}
    assert first["a-1"].record_id == bench.first
    assert first[writes[1].key].record_id == second[writes[1].key].record_id
    assert bench.read(str(first[writes[1].key].record_id), "key", "score") == {"key": writes[1].key, "score": 2}


def test_a_refused_record_costs_no_neighbour(bench: Bench, bulk: BulkLoads) -> None:
    """One record is refused in the CRM's own words, the other is written."""
    bench.refuse(bench.first)

    outcomes = loaded(
        bench,
        bulk,
        [Write("a-1", bench.first, bench.fields(score=1)), Write("a-2", bench.second, bench.fields(score=2))],
    )

    assert [outcomes[key].kind for key in ("a-1", "a-2")] == [OutcomeKind.REJECTED, OutcomeKind.UPDATED]
    assert outcomes["a-1"].message == "no"
    assert bench.read(bench.second, "score") == {"score": 2}


def test_a_gone_record_is_refused_and_not_made(bench: Bench, bulk: BulkLoads) -> None:
    """A job of known records never creates."""
    outcomes = loaded(bench, bulk, [Write("a-9", bench.absent, bench.fields(score=1))])

    assert outcomes["a-9"].kind is OutcomeKind.REJECTED


def test_a_job_begins_with_its_upload(bench: Bench, bulk: BulkLoads) -> None:
    """Open until uploaded, then working, then done; aborting one that has ended changes nothing."""
    job = bulk.open_job(bench.object, bench.name("key"), creates=False)
    before = bulk.job(job)
    bulk.upload(job, [Write("a-1", bench.first, bench.fields(score=1))], [bench.name("score")])
    after = ended(bulk, job)
    bulk.abort(job)

    assert (before.state, before.ended) == (JobPhase.OPEN, False)
    assert (after.state, after.processed, after.failed) == (JobPhase.DONE, 1, 0)
    assert bulk.job(job).state is JobPhase.DONE


def test_an_aborted_job_wrote_nothing(bench: Bench, bulk: BulkLoads) -> None:
    """Stopped before its work, every record stays due."""
    job = bulk.open_job(bench.object, bench.name("key"), creates=False)
    bulk.upload(job, [Write("a-1", bench.first, bench.fields(score=1))], [bench.name("score")])
    bulk.abort(job)

    state = bulk.job(job)
    (outcomes,) = bulk.outcomes(job, state, {bench.first: "a-1"})

    assert state.state is JobPhase.ABORTED
    assert [(each.key, each.kind) for each in outcomes] == [("a-1", OutcomeKind.DEFERRED)]
    assert bench.read(bench.first, "score") == {"score": 87.5}


def test_outcomes_are_not_told_before_the_end(bench: Bench, bulk: BulkLoads) -> None:
    """A job that works yet has no outcomes, rather than none that were successful."""
    job = bulk.open_job(bench.object, bench.name("key"), creates=False)

    with pytest.raises(ValueError, match=job.id):
        list(bulk.outcomes(job, bulk.job(job), {}))


def test_outcomes_come_a_thousand_at_a_time(bench: Bench, bulk: BulkLoads) -> None:
    """Each batch fits one transaction of the store (D32)."""
    writes = [Write(f"n-{number}", None, bench.fields(label="New", score=1)) for number in range(1_250)]
    job = bulk.open_job(bench.object, bench.name("key"), creates=True)
    bulk.upload(job, writes, [bench.name("score"), bench.name("label")])

    batches = list(bulk.outcomes(job, ended(bulk, job), {write.key: write.key for write in writes}))

    assert [len(batch) for batch in batches] == [1_000, 250]
    assert {each.kind for batch in batches for each in batch} == {OutcomeKind.CREATED}


def test_a_job_takes_one_way_of_naming_records(bench: Bench, bulk: BulkLoads) -> None:
    """A known record in a job that creates could be made twice; a new one in a job that does not could not be named."""
    for creates, record_id in ((True, bench.first), (False, None)):
        job = bulk.open_job(bench.object, bench.name("key"), creates=creates)
        with pytest.raises(ValueError, match="a-1"):
            bulk.upload(job, [Write("a-1", record_id, bench.fields(score=1))], [bench.name("score")])
        assert bulk.job(job).state is JobPhase.OPEN


def test_a_field_without_a_column_is_not_dropped(bench: Bench, bulk: BulkLoads) -> None:
    """A value that has no place in the job is an error, never silence."""
    job = bulk.open_job(bench.object, bench.name("key"), creates=False)

    with pytest.raises(ValueError, match="a-1"):
        bulk.upload(job, [Write("a-1", bench.first, bench.fields(score=1, tier="hot"))], [bench.name("score")])


def test_a_load_that_is_too_large_is_not_sent(bench: Bench, bulk: BulkLoads, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its job stays open and may be aborted."""
    monkeypatch.setattr(bulk, "max_bytes", 1)
    job = bulk.open_job(bench.object, bench.name("key"), creates=False)

    with pytest.raises(BatchRejectedError) as refused:
        bulk.upload(job, [Write("a-1", bench.first, bench.fields(score=1, tier="hot"))], list(bench.names.values()))

    assert refused.value.code == "TOO_LARGE"
    assert bulk.job(job).state is JobPhase.OPEN


def test_what_reads_as_a_clear_goes_alone(bench: Bench, bulk: BulkLoads) -> None:
    """The literal text #N/A would clear its field in a job (D50)."""
    assert bulk.fits_bulk(Write("a-1", bench.first, bench.fields(why="it is #N/A", score=None)))
    assert not bulk.fits_bulk(Write("a-1", bench.first, bench.fields(why="#N/A")))


def test_the_crm_in_memory_breaks_off_where_told(memory: Bench) -> None:
    """What the failed job came to is told, the rest is unprocessed; the next job runs to its end."""
    bulk = memory.bulk
    assert isinstance(bulk, MemoryBulk)
    writes = [Write("a-1", memory.first, memory.fields(score=1)), Write("a-2", memory.second, memory.fields(score=2))]
    bulk.breaks_after = 1

    broken = loaded(memory, bulk, writes)
    whole = loaded(memory, bulk, writes)

    assert [(broken[key].kind, broken[key].code) for key in ("a-1", "a-2")] == [
        (OutcomeKind.UPDATED, None),
        (OutcomeKind.DEFERRED, "UNPROCESSED"),
    ]
    assert {each.kind for each in whole.values()} == {OutcomeKind.UPDATED}


def test_a_job_nobody_knows_is_refused_by_name(bulk: BulkLoads) -> None:
    """Jobs are forgotten after a while: whoever asks for one is told so, and can go on."""
    with pytest.raises(BatchRejectedError) as unknown:
        bulk.job(BulkJob("750000000000999AAA", "Account"))

    assert unknown.value.code == "NOT_FOUND"
