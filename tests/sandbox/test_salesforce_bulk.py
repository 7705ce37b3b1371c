"""Bulk 2.0 in the Salesforce stand-in: the life of a job, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.salesforce_bulk import CSV, INGEST, open_job, order
from tests.sandbox.salesforce_house import ALPHA, BETA, DATA, GAMMA, House, open_house

SCORES = f"Id,PLS_Score__c\n{ALPHA},81\n{BETA},82\n{GAMMA},83\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.reset()
    return running


def scores(house: House) -> list[Any]:
    return [house.account(each)["PLS_Score__c"] for each in (ALPHA, BETA, GAMMA)]


def test_a_job_lives_through_every_state(house: House) -> None:
    """Open, UploadComplete, InProgress, JobComplete; the records change when the org gets to them, not before."""
    job = open_job(house)
    assert job.poll()["state"] == "Open"
    uploaded = job.put(SCORES)
    assert (uploaded.status_code, uploaded.content) == (201, b"")
    closed = job.move("UploadComplete")
    assert (closed.status_code, closed.json()["state"]) == (200, "UploadComplete")
    assert scores(house) == [41.5, None, None]

    assert job.states(2) == ["InProgress", "JobComplete"]
    told = job.poll()
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (3, 0)
    assert scores(house) == [81.0, 82.0, 83.0]


def test_each_step_is_counted_by_its_own_name(house: House) -> None:
    """The log tells creating, uploading, closing, polling, collecting and deleting apart; each is one API call."""
    job = open_job(house)
    job.load(SCORES)
    job.results("successfulResults")
    assert house.call("DELETE", f"{INGEST}/{job.id}").status_code == 204
    log = house.log()

    assert log["counts"] == {
        "bulk_create": 1,
        "bulk_upload": 1,
        "bulk_close": 1,
        "bulk_poll": 2,
        "bulk_results": 1,
        "bulk_delete": 1,
    }
    assert [each["job"] for each in log["requests"]] == [job.id] * 7
    assert next(each["bytes"] for each in log["requests"] if each["kind"] == "bulk_upload") == len(SCORES)
    assert house.call("GET", f"{DATA}/limits").headers["Sforce-Limit-Info"] == "api-usage=8/100000"
    assert house.call("GET", f"{INGEST}/{job.id}").status_code == 404


@pytest.mark.parametrize("polls", [0, 3])
def test_a_job_takes_as_many_polls_as_ordered(house: House, polls: int) -> None:
    """`polls` polls see it InProgress, the next sees it done."""
    order(house, polls=polls)
    job = open_job(house)
    job.put(SCORES)
    job.move("UploadComplete")

    assert job.states(polls + 1) == [*["InProgress"] * polls, "JobComplete"]


def test_a_poll_is_never_kept_waiting_by_a_large_job(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few polls were ordered, one poll does a bounded part of the work."""
    monkeypatch.setattr("sandbox.salesforce.bulk_work.MOST_AT_ONCE", 1)
    order(house, polls=0, batch_rows=1)
    job = open_job(house)
    job.put(SCORES)
    job.move("UploadComplete")

    assert [job.poll()["numberRecordsProcessed"] for _ in range(3)] == [1, 2, 3]
    assert job.poll()["state"] == "JobComplete"


def test_a_job_may_take_time_for_each_record(house: House) -> None:
    """With seconds_per_row no number of polls finishes a job early; /bulk/finish does."""
    order(house, polls=0, seconds_per_row=3_600)
    job = open_job(house)
    job.put(SCORES)
    job.move("UploadComplete")
    assert job.states(4) == ["InProgress"] * 4
    unseen = open_job(house, "delete")
    unseen.put(f"Id\n{GAMMA}\n")
    unseen.move("UploadComplete")

    assert house.client.post("/_sandbox/bulk/finish").json() == {"finished": [job.id, unseen.id]}
    assert (job.poll()["state"], scores(house)) == ("JobComplete", [81.0, 82.0, 83.0])
    assert house.account(GAMMA)["IsDeleted"] is True


def test_an_upload_may_come_in_chunks(house: House) -> None:
    """Chunked transfer encoding, as a client that streams its file sends it."""
    job = open_job(house)
    parts = (SCORES[at : at + 7].encode() for at in range(0, len(SCORES), 7))

    assert job.put(parts).status_code == 201
    job.move("UploadComplete")
    job.states(2)
    assert scores(house) == [81.0, 82.0, 83.0]


def test_a_job_takes_one_upload(house: House) -> None:
    """A second PUT is refused, and so is one after closing; the first stands."""
    job = open_job(house)
    job.put(SCORES)
    again = job.put(f"Id,PLS_Score__c\n{ALPHA},1\n")
    job.move("UploadComplete")
    late = job.put(SCORES)
    job.states(2)

    assert (again.status_code, again.json()[0]["errorCode"]) == (400, "INVALIDJOB")
    assert "only do 'PUT' once" in again.json()[0]["message"]
    assert (late.status_code, late.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert scores(house)[0] == 81.0


def test_an_upload_must_be_csv_and_not_too_large(house: House) -> None:
    """Another content type is refused, and what exceeds the limit in base64."""
    job = open_job(house)
    wrong = house.call("PUT", f"/{job.url}", content=SCORES, headers={"Content-Type": "application/json"})
    order(house, max_bytes=len(SCORES))
    large = job.put(SCORES)

    assert (wrong.status_code, large.status_code) == (400, 413)
    assert {wrong.json()[0]["errorCode"], large.json()[0]["errorCode"]} == {"CLIENTINPUTERROR"}
    order(house, max_bytes=len(SCORES) * 2)
    assert job.put(SCORES).status_code == 201


def test_an_aborted_job_leaves_the_rest_unprocessed(house: House) -> None:
    """What was done stays done; the other records come back as they were sent; nothing may follow."""
    order(house, batch_rows=1, polls=1)
    job = open_job(house)
    job.put(SCORES)
    job.move("UploadComplete")
    assert job.states(1) == ["InProgress"]
    aborted = job.move("Aborted")

    assert (aborted.status_code, aborted.json()["state"]) == (200, "Aborted")
    assert [each["sf__Id"] for each in job.rows("successfulResults")] == [ALPHA]
    assert [each["Id"] for each in job.rows("unprocessedrecords")] == [BETA, GAMMA]
    assert scores(house) == [81.0, None, None]
    assert job.states(2) == ["Aborted", "Aborted"]
    assert job.move("UploadComplete").json()[0]["errorCode"] == "INVALIDJOBSTATE"


def test_a_batch_that_fails_ends_the_job(house: House) -> None:
    """A2: batches before it are done, its own records and the later ones are unprocessed."""
    order(house, batch_rows=1, fail_batch=2)
    job = open_job(house)
    told = job.load(SCORES)

    assert (told["state"], told["numberRecordsProcessed"], told["retries"]) == ("Failed", 1, 20)
    assert "could not be finished" in told["errorMessage"]
    assert [each["Id"] for each in job.rows("unprocessedRecords")] == [BETA, GAMMA]
    assert open_job(house).load(SCORES)["state"] == "JobComplete"


def test_results_wait_for_the_end_of_the_job(house: House) -> None:
    """Before that there is no content, which is not the same as no rows."""
    job = open_job(house)
    job.put(SCORES)
    job.move("UploadComplete")

    assert [job.results(each).status_code for each in ("successfulResults", "failedResults")] == [204, 204]
    assert job.results("moreResults").status_code == 404


def test_every_job_is_listed(house: House) -> None:
    """The list names state and type of each."""
    first, second = open_job(house), open_job(house, "insert", object="Contact")
    second.move("Aborted")
    listed = house.call("GET", INGEST).json()

    assert listed["done"] is True
    assert [(each["id"], each["object"], each["state"], each["jobType"]) for each in listed["records"]] == [
        (first.id, "Account", "Open", "V2Ingest"),
        (second.id, "Contact", "Aborted", "V2Ingest"),
    ]


def test_an_open_or_busy_job_cannot_be_deleted(house: House) -> None:
    """Abort it first."""
    job = open_job(house)
    refused = house.call("DELETE", f"{INGEST}/{job.id}")
    job.move("Aborted")

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert house.call("DELETE", f"{INGEST}/{job.id}").status_code == 204


def test_a_job_is_kept_seven_days(house: House) -> None:
    """A2: after that it is gone, with its results."""
    job = open_job(house)
    job.load(SCORES)
    house.clock.forward(timedelta(days=7))
    assert job.results("successfulResults").status_code == 200
    house.clock.forward(timedelta(seconds=1))
    assert job.results("successfulResults").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ({"operation": "merge"}, "INVALIDJOB"),
        ({"object": "Nope"}, "INVALIDENTITY"),
        ({"lineEnding": "CR"}, "INVALIDJOB"),
        ({"columnDelimiter": ","}, "INVALIDJOB"),
        ({"contentType": "JSON"}, "INVALIDJOB"),
        ({"operation": "upsert"}, "INVALIDJOB"),
        ({"operation": "upsert", "externalIdFieldName": "Name"}, "INVALIDJOB"),
    ],
)
def test_a_job_that_makes_no_sense_is_not_opened(house: House, wanted: dict[str, str], code: str) -> None:
    """400 with the reason, and no job."""
    answer = house.call("POST", INGEST, json={"operation": "update", "object": "Account", **wanted})

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
    assert house.org.bulk.jobs == {}


def test_every_step_needs_a_valid_token(house: House) -> None:
    """A token that expires in the middle of a job is told as in REST; a new one goes on with the same job."""
    job = open_job(house)
    house.org.expire_tokens()
    refused = job.put(SCORES)
    house.sign_in()

    assert (refused.status_code, refused.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")
    assert job.load(SCORES)["state"] == "JobComplete"


def test_batches_are_counted_against_the_day(house: House) -> None:
    """15,000 a day: each batch uses one up; without any left a job fails midway and none can be opened."""
    limits = house.call("GET", f"{DATA}/limits").json()["DailyBulkApiBatches"]
    assert limits == {"Max": 15_000, "Remaining": 15_000}
    house.client.post("/_sandbox/limits", json={"bulk_batches": 2})
    order(house, batch_rows=1)
    job = open_job(house)
    told = job.load(SCORES)
    refused = house.call("POST", INGEST, json={"operation": "update", "object": "Account"})

    assert (told["state"], told["errorMessage"]) == ("Failed", "ExceededQuota : ApiBatchItems Limit exceeded.")
    assert [each["Id"] for each in job.rows("unprocessedrecords")] == [GAMMA]
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "EXCEEDEDQUOTA")
    assert house.call("GET", f"{DATA}/limits").json()["DailyBulkApiBatches"] == {"Max": 2, "Remaining": 0}
    house.clock.forward(timedelta(hours=24))
    house.sign_in()
    assert open_job(house).id


def test_the_daily_calls_end_for_bulk_too(house: House) -> None:
    """A poll is an API call like any other."""
    job = open_job(house)
    house.client.post("/_sandbox/limits", json={"api_calls": 1})
    answer = house.call("GET", f"{INGEST}/{job.id}")

    assert (answer.status_code, answer.json()[0]["message"]) == (403, "TotalRequests Limit exceeded.")


def test_unknown_orders_are_refused(house: House) -> None:
    """A misspelt order is 404 with its name, not silence; reset takes every order back."""
    assert "pools" in order(house, pools=3).json()["error"]
    order(house, polls=3, lock_rows=1)
    house.client.post("/_sandbox/reset")
    assert (house.org.bulk.polls, house.org.bulk.lock_rows) == (1, 0)


def test_content_is_text_csv_without_charset(house: House) -> None:
    """A client that guesses a charset garbles names; the bytes are UTF-8 (A7)."""
    job = open_job(house)
    job.load(f"Id,Name\n{ALPHA},Café – 東京\n")
    answer = job.results("successfulResults")

    assert (answer.headers["Content-Type"], job.put("x").request.headers["Content-Type"]) == (
        "text/csv",
        CSV["Content-Type"],
    )
    assert (
        answer.content.decode("utf-8") == f'"sf__Id","sf__Created",Id,Name\n"{ALPHA}","false","{ALPHA}","Café – 東京"\n'
    )
