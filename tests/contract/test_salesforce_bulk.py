"""Bulk 2.0 on the wire: the files that go up, the results that come down, and what may happen between (A2, A7)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.destinations.salesforce import (
    SalesforceBulk,
    SalesforceClient,
    SalesforceDestination,
    SalesforceSettings,
)
from connector.destinations.salesforce.bulk_file import read_file
from connector.errors import AccessError, BatchRejectedError, TransientError
from connector.model import BulkJob, By, Canonical, JobPhase, JobState, Outcome, OutcomeKind, Write
from sandbox.control import Control
from sandbox.salesforce import SalesforceOrg, salesforce_app
from sandbox.serving import Tls, serve

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
KEY = "PLS_Account_Key__c"
SCORE = "PLS_Score__c"
WHY = "PLS_Why_Now__c"
FIELDS = ("Name", SCORE, "PLS_Tier__c", WHY)


def record_id(number: int) -> str:
    return f"001{number:012d}AAA"


SEED = {
    "Account": [{"Id": record_id(each), "Name": f"Account {each}", KEY: f"a-{each}", SCORE: 1} for each in range(1, 7)]
}


@dataclass
class House:
    """An org that answers, and our driver for its jobs."""

    org: SalesforceOrg
    control: Control
    client: SalesforceClient
    bulk: SalesforceBulk

    def open(self, *, creates: bool = False) -> BulkJob:
        return self.bulk.open_job("Account", KEY, creates=creates)

    def ended(self, job: BulkJob) -> JobState:
        for _ in range(10):
            if (state := self.bulk.job(job)).ended:
                return state
        raise AssertionError(f"{job.id} never ended")

    def load(self, writes: Sequence[Write], *, creates: bool = False) -> dict[str, Outcome]:
        job = self.open(creates=creates)
        self.bulk.upload(job, writes, FIELDS)
        return self.outcomes(job, writes)

    def outcomes(self, job: BulkJob, writes: Sequence[Write]) -> dict[str, Outcome]:
        keys = {write.record_id or write.key: write.key for write in writes}
        told = [each for batch in self.bulk.outcomes(job, self.ended(job), keys) for each in batch]
        assert sorted(each.key for each in told) == sorted(keys.values())
        return {each.key: each for each in told}

    def score(self, number: int) -> Canonical:
        destination = SalesforceDestination(self.client)
        (live,) = destination.fetch("Account", By.ID, "", [record_id(number)], [SCORE])
        return live.values[SCORE]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    org = SalesforceOrg(SEED, clock=lambda: NOW)
    app, control = salesforce_app(org)
    tls = Tls.create(tmp_path_factory.mktemp("bulk"))
    with serve(app, tls=tls) as served:
        settings = SalesforceSettings(
            instance_url=served.url,
            consumer_key=org.consumer_key,
            consumer_secret=org.consumer_secret,
            ca_bundle=str(tls.ca_file),
        )
        client = SalesforceClient(settings, clock=lambda: datetime.now(UTC))
        yield House(org, control, client, SalesforceBulk(client))
        client.close()


@pytest.fixture
def house(running: House) -> House:
    running.org.reset()
    running.control.seen.clear()
    running.control.faults.clear()
    return running


def update(number: int, **fields: Any) -> Write:
    return Write(f"a-{number}", record_id(number), fields or {SCORE: 10 + number})


# --- files -------------------------------------------------------------------------------------------


def test_the_file_says_exactly_what_is_meant(house: House) -> None:
    """Columns in the order given, LF at every end, empty for unchanged, #N/A for a clear, quotes where needed."""
    job = house.open()
    writes = [
        update(1, **{SCORE: 92.5, WHY: 'a "b", c\nd\re'}),
        update(2, **{SCORE: None, "Name": " x "}),
        update(3, **{SCORE: 1e21, WHY: ""}),
        update(4, **{SCORE: True}),
    ]

    house.bulk.upload(job, writes, FIELDS)

    assert (
        house.org.bulk.jobs[job.id].content
        == (
            f"Id,Name,{SCORE},PLS_Tier__c,{WHY}\n"
            f'{record_id(1)},,92.5,,"a ""b"", c\nd\re"\n'
            f"{record_id(2)}, x ,#N/A,,\n"
            f"{record_id(3)},,1000000000000000000000,,#N/A\n"
            f"{record_id(4)},,true,,\n"
        ).encode()
    )


def test_a_job_that_creates_names_records_by_key(house: House) -> None:
    """The key has its column once, also where the mapping writes it."""
    job = house.open(creates=True)

    house.bulk.upload(job, [Write("k", None, {KEY: "k", SCORE: 1})], [KEY, SCORE])

    assert house.org.bulk.jobs[job.id].content == f"{KEY},{SCORE}\nk,1\n".encode()


def test_names_and_newlines_survive_the_results(house: House) -> None:
    """Results come without a charset and with line feeds inside quotes: neither costs a record (trap 4)."""
    keys = ["naïve ключ 鍵", "two\nlines", 'quo"ted, too', "'; DROP"]
    writes = [Write(key, None, {"Name": key, SCORE: 1}) for key in keys]

    outcomes = house.load(writes, creates=True)

    assert {key: outcomes[key].kind for key in keys} == dict.fromkeys(keys, OutcomeKind.CREATED)


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        ("#N/A", False),
        (" #N/A ", False),
        ("it says #N/A", True),
        ("x" * 32_000, True),
        ("x" * 32_001, False),
        ("half a pair \ud83d", False),
        ("a whole pair 🔑", True),
        (None, True),
        (7, True),
    ],
)
def test_what_a_file_cannot_say_goes_alone(house: House, value: Canonical, fits: bool) -> None:
    """Text that reads as a clear, is longer than a cell, or is not Unicode would cost itself or its job (A2, D50)."""
    assert house.bulk.fits_bulk(update(1, **{WHY: value})) is fits


def test_a_record_longer_than_a_row_goes_alone(house: House) -> None:
    """400,000 characters (A2)."""
    assert not house.bulk.fits_bulk(update(1, **{f"Field{each}__c": "x" * 32_000 for each in range(13)}))


@pytest.mark.parametrize(
    "content",
    [
        b"<html>maintenance</html>",
        b"",
        b'"sf__Id","sf__Created",Id\n1,true\n',
        b'"sf__Id","sf__Created",Id\n\xff,1,2\n',
    ],
)
def test_what_is_no_results_file_is_not_taken_for_one(content: bytes) -> None:
    """A page of HTML, nothing, half a row, or other bytes say nothing about any record."""
    with pytest.raises(TransientError, match="results"):
        list(read_file(io.BytesIO(content), "Id", leading=("sf__Id", "sf__Created")))


# --- calls -------------------------------------------------------------------------------------------


def test_a_clean_load_takes_four_calls_and_its_polls(house: House) -> None:
    """Open, upload, close, one file of results: what had no failure is not asked for failures (P1)."""
    house.load([update(each) for each in range(1, 7)])

    assert house.control.counts() == {
        "bulk_create": 1,
        "bulk_upload": 1,
        "bulk_close": 1,
        "bulk_poll": 2,
        "bulk_results": 1,
    }


def test_a_token_that_expires_between_any_two_steps_costs_nothing(house: House) -> None:
    """Each step signs in again and repeats itself, the file from its beginning (A7)."""
    writes = [update(1), update(2)]
    house.org.expire_tokens()
    job = house.open()
    house.org.expire_tokens()
    house.bulk.upload(job, writes, FIELDS)
    house.org.expire_tokens()
    state = house.ended(job)
    house.org.expire_tokens()
    (outcomes,) = house.bulk.outcomes(job, state, {record_id(1): "a-1", record_id(2): "a-2"})

    assert {each.kind for each in outcomes} == {OutcomeKind.UPDATED}
    assert (house.score(1), house.score(2)) == (11, 12)


def test_a_persistent_401_ends_after_one_repetition(house: House) -> None:
    """Neither an upload nor a download signs in for ever (trap 2)."""
    job = house.open()
    house.control.order({"match": "PUT ", "name": "expired_session", "times": 5})

    with pytest.raises(AccessError):
        house.bulk.upload(job, [update(1)], FIELDS)

    assert len(house.control.faults) == 1
    assert house.control.faults[0].times == 3


# --- what may happen ---------------------------------------------------------------------------------


def test_locked_records_stay_due(house: House) -> None:
    """A row lock passes by itself (A3)."""
    house.org.bulk.lock_rows = 1

    outcomes = house.load([update(1), update(2)])

    assert [(outcomes[key].kind, outcomes[key].code) for key in ("a-1", "a-2")] == [
        (OutcomeKind.DEFERRED, "UNABLE_TO_LOCK_ROW"),
        (OutcomeKind.UPDATED, None),
    ]
    assert outcomes["a-1"].record_id == record_id(1)


def test_refusals_keep_salesforces_words(house: House) -> None:
    """Code, message and advice, as of a record sent alone; colons in the message stay in it."""
    house.org.reject("Account", record_id(1), "FIELD_CUSTOM_VALIDATION_EXCEPTION", "tier: ask RevOps: first")

    refused = house.load([update(1), update(2, PLS_Tier__c="lukewarm")])

    assert (refused["a-1"].kind, refused["a-1"].code) == (OutcomeKind.REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION")
    assert refused["a-1"].message == "tier: ask RevOps: first"
    assert refused["a-2"].code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    assert all(each.advice for each in refused.values())


def test_a_lost_race_for_a_new_key_stays_due(house: House) -> None:
    """Another process made the record first; the next live read finds it (trap 5)."""
    words = f"duplicate value found: {KEY} duplicates value on record with id: {record_id(1)}"
    house.org.reject("Account", "a-1", "DUPLICATE_VALUE", words)

    outcomes = house.load([Write("a-1", None, {SCORE: 5})], creates=True)

    assert (outcomes["a-1"].kind, outcomes["a-1"].code) == (OutcomeKind.DEFERRED, "DUPLICATE_VALUE")


def test_what_a_failed_job_did_not_come_to_stays_due(house: House) -> None:
    """Successful, failed and unprocessed records of one job, each under its own outcome."""
    house.org.bulk.batch_rows, house.org.bulk.fail_batch = 2, 2
    house.org.reject("Account", record_id(1), "FIELD_CUSTOM_VALIDATION_EXCEPTION", "no")
    writes = [update(each) for each in range(1, 7)]

    outcomes = house.load(writes)

    assert [(outcomes[write.key].kind, outcomes[write.key].code) for write in writes] == [
        (OutcomeKind.REJECTED, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        (OutcomeKind.UPDATED, None),
        *[(OutcomeKind.DEFERRED, "UNPROCESSED")] * 4,
    ]
    assert "could not be finished" in str(outcomes["a-6"].message)
    assert [house.score(each) for each in range(1, 7)] == [1, 12, 1, 1, 1, 1]


def test_a_file_the_org_cannot_read_says_why(house: House) -> None:
    """An unknown column fails the job before any record: all stay due, in the org's own words."""
    job = house.open()
    house.bulk.upload(job, [update(1, Nonesuch__c="x")], ["Nonesuch__c"])

    outcomes = house.outcomes(job, [update(1)])

    assert outcomes["a-1"].code == "UNPROCESSED"
    assert "Nonesuch__c" in str(outcomes["a-1"].message)


def test_records_the_results_forget_stay_due(house: House) -> None:
    """A key the job was never given has no result, and is not taken for delivered."""
    job = house.open()
    house.bulk.upload(job, [update(1)], FIELDS)

    outcomes = house.outcomes(job, [update(1), update(2)])

    assert outcomes["a-1"].kind is OutcomeKind.UPDATED
    assert (outcomes["a-2"].kind, outcomes["a-2"].code) == (OutcomeKind.DEFERRED, "NO_ANSWER")


def test_an_upload_that_broke_leaves_its_job_open(house: House) -> None:
    """Nothing was begun, and aborting leaves nothing behind."""
    job = house.open()
    house.control.order({"match": "PUT ", "action": "reset"})

    with pytest.raises(TransientError):
        house.bulk.upload(job, [update(1)], FIELDS)

    assert house.bulk.job(job).state is JobPhase.OPEN
    house.bulk.abort(job)
    assert house.bulk.job(job).state is JobPhase.ABORTED
    assert house.score(1) == 1


def test_a_lost_answer_to_the_close_is_looked_after(house: House) -> None:
    """The job may have begun without telling us: then the upload has succeeded."""
    job = house.open()
    house.control.order({"match": "PATCH ", "action": "drop_after_accept"})

    house.bulk.upload(job, [update(1)], FIELDS)

    assert house.outcomes(job, [update(1)])["a-1"].kind is OutcomeKind.UPDATED


def test_a_close_that_never_arrived_is_an_error(house: House) -> None:
    """The job waits, so its writes are not under way."""
    job = house.open()
    house.control.order({"match": "PATCH ", "action": "reset"})

    with pytest.raises(TransientError):
        house.bulk.upload(job, [update(1)], FIELDS)

    assert house.bulk.job(job).state is JobPhase.OPEN


@pytest.mark.parametrize("action", ["half_body", "html", "reset", "status"])
def test_results_that_do_not_arrive_whole_tell_nothing(house: House, action: str) -> None:
    """No outcome is told from half a file; asking again tells all."""
    job = house.open()
    writes = [update(each) for each in range(1, 7)]
    house.bulk.upload(job, writes, FIELDS)
    state = house.ended(job)
    house.control.order({"match": "successfulResults", "action": action, "status": 503})
    told: list[Outcome] = []

    with pytest.raises(TransientError):
        told += [each for batch in house.bulk.outcomes(job, state, {record_id(1): "a-1"}) for each in batch]

    assert told == []
    assert len(house.outcomes(job, writes)) == 6


def test_a_day_without_batches_left_is_said_before_the_upload(house: House) -> None:
    """15,000 batches a day: when they are gone, records can still go alone (A2)."""
    house.org.bulk.batches.limit = 0

    with pytest.raises(BatchRejectedError, match="ApiBatchItems"):
        house.open()


def test_a_job_of_last_month_is_no_longer_known(house: House) -> None:
    """Jobs are kept seven days: what became of it is found by the live read, and aborting it is no error."""
    gone = BulkJob("750000000000999AAA", "Account")

    with pytest.raises(BatchRejectedError) as unknown:
        house.bulk.job(gone)
    house.bulk.abort(gone)

    assert unknown.value.code == "NOT_FOUND"
