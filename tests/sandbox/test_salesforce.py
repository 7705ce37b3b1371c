"""The Salesforce stand-in on the wire: limits, describe, the request log, faults and the control side."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from sandbox.salesforce import SalesforceOrg
from tests.sandbox.salesforce_house import (
    ALPHA,
    BETA,
    COLLECTIONS,
    DATA,
    INTEGRATION,
    START,
    House,
    open_house,
    row,
)

USERNAME = "integration@workspace.example"
MY_DOMAIN = "sandbox.my"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.reset()
    return running


def test_without_a_valid_token_nothing_is_answered(house: House) -> None:
    """401 INVALID_SESSION_ID as a list (A1), and it costs no API call."""
    answer = house.client.get(f"{DATA}/limits", headers={"Authorization": "Bearer stale"})

    assert answer.status_code == 401
    assert answer.json() == [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=0/100000"


def test_every_response_tells_the_usage_and_the_charset(house: House) -> None:
    """Sforce-Limit-Info counts calls; the content type is Salesforce's own."""
    house.call("GET", f"{DATA}/limits")
    answer = house.call("GET", f"{DATA}/limits/")

    assert answer.headers["Sforce-Limit-Info"] == "api-usage=2/100000"
    assert answer.headers["Content-Type"] == "application/json;charset=UTF-8"
    assert answer.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_998}


def test_the_daily_allowance_ends_with_403_and_rolls_on(house: House) -> None:
    """A3: 403 REQUEST_LIMIT_EXCEEDED, never 429, until the oldest calls are 24 hours old."""
    house.org.usage.limit = 2
    statuses = [house.call("GET", f"{DATA}/limits").status_code for _ in range(3)]
    refused = house.call("GET", f"{DATA}/limits")
    house.clock.forward(timedelta(hours=24))

    assert statuses == [200, 200, 403]
    assert refused.json() == [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/2"
    assert house.call("GET", f"{DATA}/limits").status_code == 200


def test_describe_tells_what_a_preflight_needs(house: House) -> None:
    """Field types, lengths, uniqueness and picklists are there under the vendor's names."""
    described = house.call("GET", f"{DATA}/sobjects/account/describe").json()
    fields = {each["name"]: each for each in described["fields"]}
    key, score, tier = (fields[name] for name in ("PLS_Account_Key__c", "PLS_Score__c", "PLS_Tier__c"))

    assert (key["type"], key["length"], key["unique"], key["externalId"], key["caseSensitive"]) == (
        "string",
        80,
        True,
        True,
        True,
    )
    assert (score["type"], score["precision"], score["scale"]) == ("double", 5, 1)
    assert tier["restrictedPicklist"] is True
    assert [each["value"] for each in tier["picklistValues"]] == ["hot", "warm", "watching", "none"]
    assert (fields["OwnerId"]["referenceTo"], fields["OwnerId"]["relationshipName"]) == (["User"], "Owner")
    assert fields["LastModifiedDate"]["updateable"] is False


def test_unknown_addresses_are_not_found(house: House) -> None:
    """An object or resource that is not there answers 404 NOT_FOUND."""
    for path in ("sobjects/Nope/describe", "nope", "sobjects/Account/001000000000999AAA"):
        answer = house.call("GET", f"{DATA}/{path}")
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_any_version_is_answered_and_versions_are_listed(house: House) -> None:
    """The record's address repeats the version asked for."""
    shown = house.call("GET", f"/services/data/v61.0/sobjects/Account/{ALPHA}").json()

    assert shown["attributes"]["url"] == f"/services/data/v61.0/sobjects/Account/{ALPHA}"
    assert house.client.get("/services/data/").json()[0]["version"] == "64.0"
    assert "composite" in house.call("GET", DATA).json()
    assert house.call("GET", f"{DATA}/sobjects").json()["sobjects"][0]["name"] == "Account"


def test_query_all_and_count(house: House) -> None:
    """queryAll answers like query; COUNT() gives its number as totalSize."""
    assert house.call("GET", f"{DATA}/queryAll", params={"q": "SELECT Id FROM Lead"}).json()["totalSize"] == 3
    assert house.query("SELECT COUNT() FROM Account").json() == {"totalSize": 3, "done": True, "records": []}


def test_an_overlong_address_is_414_and_an_empty_query_400(house: House) -> None:
    """URI and headers together hold 16,384 bytes (A1): longer queries belong in a composite body."""
    keys = ", ".join(f"'key-{n:08d}'" for n in range(1_200))

    assert house.query(f"SELECT Id FROM Account WHERE PLS_Account_Key__c IN ({keys})").status_code == 414
    assert house.call("GET", f"{DATA}/query").json()[0]["errorCode"] == "MALFORMED_QUERY"
    assert house.query("SELECT").json()[0]["errorCode"] == "MALFORMED_QUERY"


def test_the_log_names_each_request_by_what_it_was_for(house: House) -> None:
    """Account queries and retrieves are reads, people are the directory, the rest are facts."""
    house.query("SELECT Id FROM Account")
    house.query("SELECT Id FROM User")
    house.query("SELECT Id FROM Opportunity")
    house.call("POST", f"{COLLECTIONS}/Account", json={"ids": [ALPHA], "fields": ["Name"]})
    house.call("PATCH", COLLECTIONS, json={"records": [row(ALPHA, PLS_Score__c=1)]})
    log = house.log()

    assert log["counts"] == {"read": 2, "directory": 1, "facts": 1, "write": 1}
    assert [(each["kind"], each["rows"], each["subrequests"]) for each in log["requests"]] == [
        ("read", 3, 1),
        ("directory", 3, 1),
        ("facts", 2, 1),
        ("read", 1, 1),
        ("write", 1, 1),
    ]


def test_a_fault_speaks_like_salesforce(house: House) -> None:
    """An ordered 503 carries the list body a client library expects, then the org is itself again."""
    house.client.post("/_sandbox/faults", json={"match": "GET .*/limits", "status": 503})

    assert house.call("GET", f"{DATA}/limits").json()[0]["errorCode"] == "SERVER_UNAVAILABLE"
    assert house.call("GET", f"{DATA}/limits").status_code == 200


def test_a_persons_edit_is_stamped_with_the_person(house: House) -> None:
    """LastModifiedById, LastModifiedDate and the field's own change tell a person from the integration."""
    house.clock.forward(timedelta(minutes=5))
    edit = {"object": "Account", "id": ALPHA, "fields": {"PLS_Tier__c": "HOT"}, "by": "Enterprise AE 1"}
    edited = house.client.post("/_sandbox/edit", json=edit).json()
    house.call("PATCH", COLLECTIONS, json={"records": [row(ALPHA, PLS_Score__c=50)]})
    after = house.account()

    assert (edited["LastModifiedById"], edited["PLS_Tier__c"]) == ("005000000000001AAA", "hot")
    assert edited["SystemModstamp"] == "2026-11-20T10:05:00.000+0000"
    assert edited["_changed"] == {"PLS_Tier__c": {"by": "005000000000001AAA", "at": "2026-11-20T10:05:00.000+0000"}}
    assert after["LastModifiedById"] == INTEGRATION
    assert after["_changed"]["PLS_Tier__c"]["by"] == "005000000000001AAA"
    assert after["_changed"]["PLS_Score__c"]["by"] == INTEGRATION


def test_an_edit_of_what_is_not_there_is_refused(house: House) -> None:
    """Unknown record or field is 404, a value the field refuses is 400 with the row's code."""
    base = {"object": "Account", "id": ALPHA, "by": "a person"}
    gone = house.client.post("/_sandbox/edit", json={**base, "id": "001000000000999AAA", "fields": {}})
    unknown = house.client.post("/_sandbox/edit", json={**base, "fields": {"Nope__c": 1}})
    long = house.client.post("/_sandbox/edit", json={**base, "fields": {"PLS_Route__c": "x" * 41}})

    assert (gone.status_code, unknown.status_code, long.status_code) == (404, 404, 400)
    assert long.json()[0]["errorCode"] == "STRING_TOO_LONG"


def test_closing_and_converting_follow_the_platforms_own_fields(house: House) -> None:
    """A stage moves IsClosed and IsWon; a person may convert a lead, which the API cannot."""
    deal = house.org.edit("Opportunity", "006000000000001AAA", {"StageName": "closed won"}, "Enterprise AE 1")
    lead = house.org.edit("Lead", "00Q000000000001AAA", {"IsConverted": True, "ConvertedAccountId": ALPHA}, "a person")

    assert (deal["StageName"], deal["IsClosed"], deal["IsWon"]) == ("Closed Won", True, True)
    assert (lead["IsConverted"], lead["LastModifiedById"]) == (True, "a person")


def test_reset_restores_the_seed(house: House) -> None:
    """Edits, deletions, usage and ordered refusals are forgotten; the seed itself was never touched."""
    before = house.org.records("Account")
    house.org.edit("Account", ALPHA, {"Name": "Changed"}, "a person")
    house.client.post("/_sandbox/delete", json={"object": "Account", "id": BETA})
    house.call("GET", f"{DATA}/limits")
    house.client.post("/_sandbox/reset")

    assert house.org.records("Account") == before
    assert house.call("GET", f"{DATA}/limits").headers["Sforce-Limit-Info"] == "api-usage=1/100000"


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        ({"Nope": []}, "an object this org does not declare: Nope"),
        ({"Account": [{"Id": ALPHA, "Nope": 1}]}, f"Account {ALPHA}: INVALID_FIELD"),
        ({"Account": [{"Name": "no id"}]}, "without an Id"),
    ],
)
def test_a_seed_the_org_cannot_hold_is_refused(seed: dict[str, Any], words: str) -> None:
    """The message names object and record, so that a demo's author finds the line."""
    with pytest.raises(ValueError, match=words):
        SalesforceOrg(seed, lambda: START)


def test_an_activity_is_its_accounts_and_remembers_when_it_was_completed(house: House) -> None:
    """On an account or on its opportunity; reopened, it has no such moment any more."""
    (deal, *_) = house.org.records("Opportunity")
    made = [
        house.org.create("Task", {"WhatId": what, "Status": status}, "Enterprise AE 1")
        for what, status in ((ALPHA, "Not Started"), (deal["Id"], "Completed"))
    ]
    waiting, done = (house.org.tables.of("Task").get(each) or {} for each in made)

    assert (waiting["AccountId"], waiting["CompletedDateTime"]) == (ALPHA, None)
    assert (done["AccountId"], done["CompletedDateTime"]) == (deal["AccountId"], "2026-11-20T10:00:00.000+0000")
    assert house.org.edit("Task", made[1], {"Status": "In Progress"}, "Enterprise AE 1")["CompletedDateTime"] is None


def test_an_object_without_permission_is_not_there(house: House) -> None:
    """In the words of the platform, until the org is reset."""
    house.org.hide("Task")
    assert house.query("SELECT Id FROM Task").json()[0]["errorCode"] == "INVALID_TYPE"
    house.org.reset()
    assert house.query("SELECT Id FROM Task").json()["totalSize"] == 0
