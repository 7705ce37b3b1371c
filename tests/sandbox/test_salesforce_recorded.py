"""The Salesforce stand-in beside responses recorded from Salesforce: the same members in the same places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.salesforce_bulk import INGEST, open_job
from tests.sandbox.salesforce_house import ALPHA, COLLECTIONS, DATA, House, open_house, row

RECORDED = Path(__file__).parents[2].parent / "shared" / "specs" / "salesforce_recorded_examples.json"

pytestmark = pytest.mark.skipif(not RECORDED.exists(), reason="no recorded Salesforce responses at ../shared/specs")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        house.sign_in()
        yield house


def recorded(method: str, path: str) -> Any:
    """The success body recorded for one call."""
    for each in json.loads(RECORDED.read_text("utf-8")):
        if (each["method"], each["path"]) == (method, f"{DATA}/{path}"):
            return each["example"]
    raise LookupError(f"no recording of {method} {path}")


@pytest.mark.parametrize(
    ("method", "path", "body", "recording"),
    [
        ("PATCH", COLLECTIONS, {"records": [row(ALPHA, PLS_Score__c=1)]}, "composite/sobjects"),
        ("POST", COLLECTIONS, {"records": [row(Name="New")]}, "composite/sobjects"),
        (
            "PATCH",
            f"{COLLECTIONS}/Account/PLS_Account_Key__c",
            {"records": [row(PLS_Account_Key__c="key-a", PLS_Score__c=1)]},
            "composite/sobjects/{SOBJECT_API_NAME}/{FIELD_NAME}",
        ),
    ],
)
def test_a_row_result_has_the_recorded_members(
    house: House, method: str, path: str, body: dict[str, Any], recording: str
) -> None:
    """Update, create and upsert results differ in `created` alone, as recorded."""
    (result,) = house.call(method, path, json=body).json()

    assert result.keys() == recorded(method, recording)[0].keys()


def test_a_created_record_answers_as_recorded(house: House) -> None:
    """POST of one record: id, success and errors."""
    answer = house.call("POST", f"{DATA}/sobjects/Account", json={"Name": "New"}).json()

    assert answer.keys() == recorded("POST", "sobjects/{SOBJECT_API_NAME}").keys()


def test_a_retrieve_answers_as_recorded(house: House) -> None:
    """Each record carries attributes, the field asked for, and its Id."""
    (record,) = house.call("POST", f"{COLLECTIONS}/Account", json={"ids": [ALPHA], "fields": ["Name"]}).json()
    (example,) = recorded("GET", "composite/sobjects/{SOBJECT_API_NAME}")

    assert record.keys() == example.keys()
    assert record["attributes"].keys() == example["attributes"].keys()


def test_a_query_answers_as_recorded(house: House) -> None:
    """The page's members and each record's attributes are the recorded ones."""
    answer = house.query("SELECT Name FROM Account").json()
    example = recorded("GET", "queryAll")

    assert answer.keys() == example.keys()
    assert answer["records"][0].keys() == example["records"][0].keys()
    assert answer["records"][0]["attributes"].keys() == example["records"][0]["attributes"].keys()


def test_a_composite_answers_as_recorded(house: House) -> None:
    """Each part has body, httpHeaders, httpStatusCode and referenceId; a created record its Location."""
    part = {"method": "POST", "url": f"{DATA}/sobjects/Account", "referenceId": "r", "body": {"Name": "New"}}
    answer = house.call("POST", f"{DATA}/composite", json={"compositeRequest": [part]}).json()
    example = recorded("POST", "composite")

    assert answer.keys() == example.keys()
    assert answer["compositeResponse"][0].keys() == example["compositeResponse"][0].keys()
    assert answer["compositeResponse"][0]["httpHeaders"].keys() == {"Location"}
    assert answer["compositeResponse"][0]["httpStatusCode"] == example["compositeResponse"][0]["httpStatusCode"]


def test_describe_and_limits_invent_no_members(house: House) -> None:
    """What describe and limits say is a part of what Salesforce says, under the same names."""
    described = house.call("GET", f"{DATA}/sobjects/Account/describe").json()
    limits = house.call("GET", f"{DATA}/limits").json()
    documented = recorded("GET", "sobjects/{SOBJECT_API_NAME}/describe")["value"]

    assert described.keys() <= documented.keys()
    assert described["fields"][0].keys() <= documented["fields"][0].keys()
    assert limits.keys() <= recorded("GET", "limits").keys()


def test_a_bulk_job_answers_as_recorded(house: House) -> None:
    """Creating, closing, listing and polling a job give the recorded members, of the recorded types."""
    created = house.call("POST", INGEST, json={"operation": "insert", "object": "Account"}).json()
    closed = house.call("PATCH", f"{INGEST}/{created['id']}", json={"state": "Aborted"}).json()
    polled = house.call("GET", f"{INGEST}/{created['id']}").json()
    listed = house.call("GET", INGEST).json()
    pairs = [
        (created, recorded("POST", "jobs/ingest")),
        (closed, recorded("PATCH", "jobs/ingest/{JOB_ID}")),
        (polled, recorded("GET", "jobs/ingest/{JOB_ID}")),
        (listed, recorded("GET", "jobs/ingest")),
        (listed["records"][0], recorded("GET", "jobs/ingest")["records"][0]),
    ]

    for ours, theirs in pairs:
        assert ours.keys() == theirs.keys()
        assert [type(ours[name]) for name in theirs if name != "apiVersion"] == [
            type(each) for name, each in theirs.items() if name != "apiVersion"
        ]
    shape = created["contentUrl"].replace(created["id"], "750...").replace("v64.0", "v58.0")
    assert shape == pairs[0][1]["contentUrl"]


@pytest.mark.parametrize("results", ["successfulResults", "failedResults", "unprocessedrecords"])
def test_bulk_results_begin_as_recorded(house: House, results: str) -> None:
    """Without rows the header stands alone, quoted where Salesforce quotes it."""
    job = open_job(house)
    job.load(f"Id,Name\n{ALPHA},Alpha\n" if results != "successfulResults" else "Id,Name\nnobody,x\n")
    header = recorded("GET", f"jobs/ingest/{{JOB_ID}}/{results}")

    assert job.results(results).text == header.replace("Name", "Id,Name")
