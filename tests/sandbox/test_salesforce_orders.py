"""What a test orders of the Salesforce stand-in: conversions, duplicate rules, limits, refusals by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.sandbox.salesforce_house import (
    AE,
    ALPHA,
    COLLECTIONS,
    DATA,
    LEAD_DONE,
    LEAD_ONE,
    LEAD_TWO,
    House,
    open_house,
    row,
)

UPSERT = f"{COLLECTIONS}/Account/PLS_Account_Key__c"
ALLOW = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false; runAsCurrentUser=false"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.reset()
    return running


def order(house: House, what: str, **wanted: Any) -> httpx.Response:
    return house.client.post(f"/_sandbox/{what}", json=wanted)


def one(house: House, kind: str, record_id: str) -> dict[str, Any]:
    return next(each for each in house.org.records(kind) if each["Id"] == record_id)


def test_a_converted_lead_leads_to_what_was_there(house: House) -> None:
    """Given an account, and a name for a deal: the lead points at both and at a new contact, by the person."""
    lead = order(house, "convert", lead=LEAD_ONE, account=ALPHA, opportunity="First deal", by="Enterprise AE 1").json()
    contact = one(house, "Contact", lead["ConvertedContactId"])
    deal = one(house, "Opportunity", lead["ConvertedOpportunityId"])

    assert (lead["IsConverted"], lead["Status"], lead["ConvertedDate"]) == (True, "Closed - Converted", "2026-11-20")
    assert (lead["ConvertedAccountId"], lead["LastModifiedById"]) == (ALPHA, AE)
    assert (contact["Name"], contact["AccountId"]) == ("Lead One", ALPHA)
    assert (deal["Name"], deal["AccountId"], deal["IsClosed"]) == ("First deal", ALPHA, False)
    refused = house.call("PATCH", COLLECTIONS, json={"records": [row(LEAD_ONE, "Lead", Title="x")]}).json()[0]
    assert refused["errors"][0]["statusCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_a_converted_lead_may_make_its_own_account(house: House) -> None:
    """Without an account one is made from the lead's company; without a deal there is none; a queue owns neither."""
    lead = order(house, "convert", lead=LEAD_TWO).json()
    account = one(house, "Account", lead["ConvertedAccountId"])

    assert (account["Name"], account["OwnerId"], lead["ConvertedOpportunityId"]) == ("Alpha", None, None)


def test_a_conversion_that_cannot_be(house: House) -> None:
    """A lead twice, or into what is not there: refused, and nothing made."""
    twice = order(house, "convert", lead=LEAD_DONE)
    nowhere = order(house, "convert", lead=LEAD_ONE, account="001000000000999AAA")

    assert (twice.status_code, twice.json()[0]["errorCode"]) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")
    assert nowhere.status_code == 404
    assert house.org.records("Contact") == []


def test_a_duplicate_rule_gives_way_to_the_header(house: House) -> None:
    """A1: DUPLICATES_DETECTED refuses until the call allows saving duplicates; other refusals stay."""
    duplicate = {"statusCode": "DUPLICATES_DETECTED", "message": "Use one of these records?", "times": 9}
    order(house, "reject", object="Account", id="new-1", **duplicate)
    order(house, "reject", object="Account", id=ALPHA, times=9)
    body = {"records": [row(PLS_Account_Key__c="new-1", Name="One"), row(PLS_Account_Key__c="key-a", Name="A")]}

    def send(headers: dict[str, str]) -> list[str | None]:
        results = house.call("PATCH", UPSERT, json=body, headers=headers).json()
        return [None if each["success"] else each["errors"][0]["statusCode"] for each in results]

    assert send({}) == ["DUPLICATES_DETECTED", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]
    assert send(ALLOW) == [None, "FIELD_CUSTOM_VALIDATION_EXCEPTION"]


@pytest.mark.parametrize(
    ("name", "status", "code", "words"),
    [
        ("concurrent_requests", 403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit"),
        ("total_requests", 403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
        ("expired_session", 401, "INVALID_SESSION_ID", "Session expired"),
        ("server_unavailable", 503, "SERVER_UNAVAILABLE", "unavailable"),
        ("unknown_exception", 500, "UNKNOWN_EXCEPTION", "unexpected"),
    ],
)
def test_refusals_can_be_ordered_by_name(house: House, name: str, status: int, code: str, words: str) -> None:
    """The two 403s differ in their words alone (A3)."""
    house.client.post("/_sandbox/faults", json={"match": "/limits", "name": name})
    answer = house.call("GET", f"{DATA}/limits")

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (status, code)
    assert words in answer.json()[0]["message"]


def test_the_daily_allowance_can_be_set(house: House) -> None:
    """The next calls meet the new limit; reset brings the old one back."""
    order(house, "limits", api_calls=2)
    answers = [house.call("GET", f"{DATA}/limits") for _ in range(3)]

    assert [each.status_code for each in answers] == [200, 200, 403]
    assert answers[2].headers["Sforce-Limit-Info"] == "api-usage=2/2"
    order(house, "reset")
    assert house.call("GET", f"{DATA}/limits").json()["DailyApiRequests"]["Max"] == 100_000
