"""Single rows and composite requests of the Salesforce stand-in: conditions, limits, one call for many."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.salesforce_house import (
    ALPHA,
    BETA,
    COLLECTIONS,
    DATA,
    GAMMA,
    START,
    House,
    open_house,
    row,
)

UPSERT = f"{COLLECTIONS}/Account/PLS_Account_Key__c"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.reset()
    return running


def composite(house: House, *parts: dict[str, Any], **more: Any) -> httpx.Response:
    numbered = [{"referenceId": f"r{n}", **part} for n, part in enumerate(parts)]
    return house.call("POST", f"{DATA}/composite", json={"compositeRequest": numbered, **more})


def measured(house: House) -> tuple[int, int]:
    """Rows and subrequests of the latest request."""
    latest = house.log()["requests"][-1]
    return latest["rows"], latest["subrequests"]


def soql(query: str) -> dict[str, Any]:
    return {"method": "GET", "url": f"{DATA}/query?q={quote(query)}"}


def test_one_row_is_read_created_and_changed(house: House) -> None:
    """204 without a body for a change, 201 with an address for a new record, 400 with the row's code otherwise."""
    changed = house.call("PATCH", f"{DATA}/sobjects/Account/{ALPHA}", json={"PLS_Score__c": 3})
    created = house.call("POST", f"{DATA}/sobjects/Account", json={"Name": "New"})
    refused = house.call("PATCH", f"{DATA}/sobjects/Account/{ALPHA}", json={"Nope": 3})
    nameless = house.call("POST", f"{DATA}/sobjects/Account", json={})
    shown = house.call("GET", f"{DATA}/sobjects/Account/{ALPHA}", params={"fields": "Name,PLS_Score__c"})

    assert (changed.status_code, changed.content) == (204, b"")
    assert created.status_code == 201
    assert created.headers["Location"].endswith(created.json()["id"])
    assert (refused.status_code, refused.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    assert nameless.json()[0]["fields"] == ["Name"]
    assert {name: shown.json()[name] for name in ("Name", "PLS_Score__c")} == {"Name": "Alpha", "PLS_Score__c": 3.0}
    unknown = house.call("GET", f"{DATA}/sobjects/Account/{ALPHA}", params={"fields": "Nope"})
    assert unknown.json()[0]["errorCode"] == "INVALID_FIELD"
    house.org.delete("Account", BETA, "a person")
    deleted = house.call("GET", f"{DATA}/sobjects/Account/{BETA}")
    assert (deleted.status_code, deleted.json()[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")


def test_a_conditional_write_yields_to_a_later_edit(house: House) -> None:
    """A4: If-Unmodified-Since refuses with 412 once somebody changed the record a second later."""
    headers = {"If-Unmodified-Since": format_datetime(START, usegmt=True)}
    path = f"{DATA}/sobjects/Account/{ALPHA}"
    first = house.call("PATCH", path, json={"PLS_Score__c": 1}, headers=headers)
    house.clock.forward(timedelta(seconds=1))
    house.org.edit("Account", ALPHA, {"PLS_Score__c": 2}, "a person")
    second = house.call("PATCH", path, json={"PLS_Score__c": 3}, headers=headers)
    broken = house.call("PATCH", path, json={}, headers={"If-Unmodified-Since": "yesterday"})

    assert (first.status_code, second.status_code, broken.status_code) == (204, 412, 400)
    assert second.json()[0]["errorCode"] == "PRECONDITION_FAILED"
    assert house.account()["PLS_Score__c"] == 2.0


def test_a_composite_of_queries_is_one_call(house: House) -> None:
    """Queries too long for an address travel in the body; the whole costs one API call (A1)."""
    keys = ", ".join(f"'key-{n:08d}'" for n in range(3_000))
    answer = composite(
        house,
        soql(f"SELECT Id FROM Account WHERE PLS_Account_Key__c IN ({keys}, 'key-a')"),
        soql("SELECT Nope FROM Account"),
    )
    parts = answer.json()["compositeResponse"]

    assert answer.headers["Sforce-Limit-Info"] == "api-usage=1/100000"
    assert [each["httpStatusCode"] for each in parts] == [200, 400]
    assert parts[0]["body"]["records"][0]["Id"] == ALPHA
    assert parts[1]["body"][0]["errorCode"] == "INVALID_FIELD"
    assert measured(house) == (1, 2)


def test_composites_are_named_by_what_they_hold(house: House) -> None:
    """All of Account is a read, any other object makes it facts, any write makes it a write."""
    retrieve = {"method": "POST", "url": f"{COLLECTIONS}/Account", "body": {"ids": [ALPHA], "fields": ["Name"]}}
    write = {"method": "PATCH", "url": COLLECTIONS, "body": {"records": [row(ALPHA, PLS_Score__c=1)]}}
    composite(house, soql("SELECT Id FROM Account"), soql("SELECT Name FROM Account"))
    composite(house, soql("SELECT Id FROM Account"), soql("SELECT Id FROM Lead"))
    composite(house, retrieve)
    composite(house, retrieve, write)

    assert [each["kind"] for each in house.log()["requests"]] == ["read", "facts", "read", "write"]


def test_conditional_writes_inside_a_composite(house: House) -> None:
    """Each subrequest's own If-Unmodified-Since decides about its own row; refusals sit in place."""
    house.clock.forward(timedelta(minutes=1))
    house.org.edit("Account", BETA, {"PLS_Score__c": 9}, "a person")
    since = {"If-Unmodified-Since": format_datetime(START, usegmt=True)}
    parts = [
        {"method": "PATCH", "url": f"{DATA}/sobjects/Account/{each}", "httpHeaders": since, "body": {"PLS_Score__c": 5}}
        for each in (ALPHA, BETA, GAMMA)
    ]
    answer = composite(house, *parts, allOrNone=False).json()["compositeResponse"]

    assert [each["httpStatusCode"] for each in answer] == [204, 412, 204]
    assert [each["referenceId"] for each in answer] == ["r0", "r1", "r2"]
    assert answer[0]["body"] is None
    assert [house.account(each)["PLS_Score__c"] for each in (ALPHA, BETA, GAMMA)] == [5.0, 9.0, 5.0]


def test_a_composite_of_all_or_none_is_rolled_back(house: House) -> None:
    """One refused subrequest undoes the others, which answer PROCESSING_HALTED."""
    good = {"method": "PATCH", "url": f"{DATA}/sobjects/Account/{ALPHA}", "body": {"PLS_Score__c": 5}}
    bad = {"method": "PATCH", "url": f"{DATA}/sobjects/Account/{BETA}", "body": {"Nope": 5}}
    answer = composite(house, good, bad, allOrNone=True).json()["compositeResponse"]

    assert [each["body"][0]["errorCode"] for each in answer] == ["PROCESSING_HALTED", "INVALID_FIELD"]
    assert house.account()["PLS_Score__c"] == 41.5


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([{"method": "GET", "url": f"{DATA}/sobjects/Account/{ALPHA}"}] * 26, "LIMIT_EXCEEDED"),
        ([soql("SELECT Id FROM Account")] * 6, "LIMIT_EXCEEDED"),
        ([], "INVALID_INPUT"),
        ([{"method": "GET"}], "INVALID_INPUT"),
        ([{"method": "GET", "url": "/elsewhere"}], "NOT_FOUND"),
        ([{**soql("SELECT Id FROM Account"), "referenceId": "same"}] * 2, "INVALID_INPUT"),
        ([{**soql("SELECT Id FROM Account"), "httpHeaders": {"Authorization": "x"}}], "INVALID_INPUT"),
    ],
)
def test_a_composite_over_its_limits_is_refused_whole(house: House, parts: list[dict[str, Any]], code: str) -> None:
    """25 subrequests, 5 of them queries or collections; each named once; no forbidden headers (A1, A4)."""
    answer = composite(house, *parts)

    assert answer.status_code == (404 if code == "NOT_FOUND" else 400)
    assert answer.json()[0]["errorCode"] == code


def test_a_composite_does_not_hold_another(house: House) -> None:
    """The inner table has no composite; the other subrequests still run."""
    inner = {"method": "POST", "url": f"{DATA}/composite", "body": {"compositeRequest": []}}
    answer = composite(house, inner, soql("SELECT COUNT() FROM User")).json()["compositeResponse"]

    assert [each["httpStatusCode"] for each in answer] == [404, 200]
    assert answer[1]["body"]["totalSize"] == 3


def test_a_thousand_upserts_travel_in_one_composite(house: House) -> None:
    """5 collections of 200 rows are one API call (A1), and all arrive."""
    parts = [
        {
            "method": "PATCH",
            "url": UPSERT,
            "body": {"records": [row(PLS_Account_Key__c=f"k{n:05d}", Name="x") for n in range(at, at + 200)]},
        }
        for at in range(0, 1_000, 200)
    ]
    answer = composite(house, *parts)

    assert all(each["created"] for part in answer.json()["compositeResponse"] for each in part["body"])
    assert len(house.org.records("Account")) == 1_003
    assert measured(house) == (1_000, 5)
