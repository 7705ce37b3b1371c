"""Writing through the Salesforce stand-in: collections, and what fields do to values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.salesforce_house import (
    ALPHA,
    BETA,
    COLLECTIONS,
    DATA,
    GAMMA,
    INTEGRATION,
    LEAD_DONE,
    LEAD_ONE,
    LEAD_TWO,
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


def update(house: House, *rows: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return list(house.call("PATCH", COLLECTIONS, json={"records": list(rows), **more}).json())


def codes(results: list[dict[str, Any]]) -> list[str | None]:
    """Each row's status code, None where it was accepted."""
    return [None if each["success"] else each["errors"][0]["statusCode"] for each in results]


def test_update_by_id_answers_in_request_order(house: House) -> None:
    """Accepted and refused rows sit where they were sent, under HTTP 200 (A1)."""
    answer = house.call(
        "PATCH",
        COLLECTIONS,
        json={
            "records": [row(BETA, PLS_Score__c=12), row(ALPHA, PLS_Tier__c="boiling"), row(GAMMA, PLS_Tier__c="hot")]
        },
    )

    assert answer.status_code == 200
    assert codes(answer.json()) == [None, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", None]
    assert answer.json()[0] == {"id": BETA, "success": True, "errors": []}
    assert (house.account(BETA)["PLS_Score__c"], house.account(ALPHA)["PLS_Tier__c"]) == (12.0, None)


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"Nope__c": 1}, "INVALID_FIELD", []),
        ({"LastModifiedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", ["LastModifiedDate"]),
        ({"PLS_Route__c": "x" * 41}, "STRING_TOO_LONG", ["PLS_Route__c"]),
        ({"PLS_Tier__c": "tepid"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["PLS_Tier__c"]),
        ({"Name": None}, "REQUIRED_FIELD_MISSING", ["Name"]),
        ({"PLS_Account_Key__c": "KEY-A"}, "DUPLICATE_VALUE", ["PLS_Account_Key__c"]),
        ({"OwnerId": "005000000000999AAA"}, "INVALID_CROSS_REFERENCE_KEY", ["OwnerId"]),
        ({"OwnerId": "somebody"}, "MALFORMED_ID", ["OwnerId"]),
        ({"PLS_Score__c": 10_000}, "NUMBER_OUTSIDE_VALID_RANGE", ["PLS_Score__c"]),
        ({"PLS_Score__c": "ninety"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["PLS_Score__c"]),
        ({"PLS_Score__c": True}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["PLS_Score__c"]),
        ({"PLS_Score__c": "NaN"}, "NUMBER_OUTSIDE_VALID_RANGE", ["PLS_Score__c"]),
        ({"PLS_Routed_At__c": "2026-11-20Tnoon"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["PLS_Routed_At__c"]),
        ({"Name": 5}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["Name"]),
        ({"PLS_PQL_Date__c": "soon"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["PLS_PQL_Date__c"]),
        ({"PLS_Routed_At__c": "2026-11-20"}, "INVALID_TYPE_ON_FIELD_IN_RECORD", ["PLS_Routed_At__c"]),
    ],
)
def test_a_refused_row_says_why_and_which_field(
    house: House, fields: dict[str, Any], code: str, named: list[str]
) -> None:
    """A3's row errors, with statusCode, message and fields, and nothing stored."""
    before = house.account()
    (result,) = update(house, row(ALPHA, **fields))

    assert result["errors"][0]["statusCode"] == code
    assert result["errors"][0]["fields"] == named
    assert result["errors"][0]["message"]
    assert house.account() == before


def test_records_that_cannot_be_written(house: House) -> None:
    """Unknown, malformed, deleted and converted records are refused one by one."""
    house.org.delete("Account", BETA, "a person")
    results = update(
        house,
        row("001000000000999AAA"),
        row("005000000000001AAA"),
        row("nonsense"),
        row(BETA, PLS_Score__c=1),
        row(LEAD_DONE, kind="Lead", Title="x"),
        row(None),
        row(ALPHA, kind="Nope"),
        row(ALPHA, PLS_Score__c=1),
    )

    assert codes(results) == [
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "MALFORMED_ID",
        "ENTITY_IS_DELETED",
        "CANNOT_UPDATE_CONVERTED_LEAD",
        "MISSING_ARGUMENT",
        "INVALID_TYPE",
        None,
    ]


@pytest.mark.parametrize(
    ("field", "given", "stored"),
    [
        ("PLS_Why_Now__c", "  hit the limit \n", "hit the limit"),
        ("PLS_Why_Now__c", "", None),
        ("PLS_Why_Now__c", "   ", None),
        ("PLS_Score__c", 87.25, 87.3),
        ("PLS_Score__c", "87", 87.0),
        ("PLS_Score__c", None, None),
        ("NumberOfEmployees", 49.5, 50),
        ("PLS_Tier__c", "HOT", "hot"),
        ("PLS_Motion__c", "a motion of their own", "a motion of their own"),
        ("PLS_PQL_Date__c", "2026-11-20T23:00:00Z", "2026-11-20"),
        ("PLS_Routed_At__c", "2026-11-20T12:00:00.1234+02:00", "2026-11-20T10:00:00.123+0000"),
        ("PLS_Routed_At__c", "2026-11-20T10:00:00Z", "2026-11-20T10:00:00.000+0000"),
        ("Website", "HTTPS://Alpha.example/Path", "HTTPS://Alpha.example/Path"),
    ],
)
def test_fields_normalise_what_they_store(house: House, field: str, given: Any, stored: Any) -> None:
    """Trim, scale, declared case and date form change a value silently: D20 must not take that for an edit."""
    assert codes(update(house, row(ALPHA, **{field: given}))) == [None]
    assert house.account()[field] == stored


def test_email_is_folded_and_booleans_are_never_null(house: House) -> None:
    """A lead's address is stored in lower case; a null flag is false; a bad address is refused."""
    given = row(LEAD_ONE, kind="Lead", Email="One@Alpha.Example", HasOptedOutOfEmail=None, FirstName="First")
    flags = [row(LEAD_TWO, kind="Lead", HasOptedOutOfEmail=each) for each in ("true", True, "yes", 1)]
    results = update(house, given, row(LEAD_TWO, kind="Lead", Email="nobody"), *flags)
    lead = house.org.records("Lead")[0]

    assert codes(results[:2]) == [None, "INVALID_EMAIL_ADDRESS"]
    assert codes(results[2:]) == [None, None, *["INVALID_TYPE_ON_FIELD_IN_RECORD"] * 2]
    assert (lead["Email"], lead["HasOptedOutOfEmail"], lead["Name"]) == ("one@alpha.example", False, "First One")


def test_upsert_updates_what_matches_and_creates_the_rest(house: House) -> None:
    """Each result says which it was; keys match by case because the field is declared so."""
    rows = [
        row(PLS_Account_Key__c="key-a", PLS_Score__c=1),
        row(PLS_Account_Key__c="Key-A", Name="Third spelling"),
        row(PLS_Account_Key__c="key-new"),
        row(Name="no key"),
        row(GAMMA, PLS_Account_Key__c="key-g"),
        row(kind="Lead", PLS_Account_Key__c="key-l"),
    ]
    answer = house.call("PATCH", UPSERT, json={"records": rows}).json()

    assert codes(answer) == [None, None, "REQUIRED_FIELD_MISSING", "MISSING_ARGUMENT", "INVALID_FIELD", "INVALID_TYPE"]
    assert (answer[0]["id"], answer[0]["created"], answer[1]["created"]) == (ALPHA, False, True)
    created = house.account(answer[1]["id"])
    assert (created["Name"], created["CreatedById"], created["IsDeleted"]) == ("Third spelling", INTEGRATION, False)


def test_the_same_key_twice_in_one_request_is_refused(house: House) -> None:
    """A3: duplicates inside one upsert fail instead of the last one winning."""
    twice = [row(PLS_Account_Key__c="key-n", Name="n"), row(PLS_Account_Key__c="key-n", Name="n")]
    answer = house.call("PATCH", UPSERT, json={"records": twice}).json()

    assert codes(answer) == ["DUPLICATE_VALUE", "DUPLICATE_VALUE"]
    assert answer[0]["errors"][0]["message"] == "Duplicate external id specified: key-n"


def test_a_key_on_several_records_is_ambiguous(house: House) -> None:
    """Upsert refuses the row; the single-row read answers 300 with every address (A1)."""
    lead = row(kind="Lead", PLS_Account_Key__c="KEY-A", Title="x")
    answer = house.call("PATCH", f"{COLLECTIONS}/Lead/PLS_Account_Key__c", json={"records": [lead]}).json()
    several = house.call("GET", f"{DATA}/sobjects/Lead/PLS_Account_Key__c/key-a")

    assert codes(answer) == ["DUPLICATE_EXTERNAL_ID"]
    assert several.status_code == 300
    assert several.json() == [f"{DATA}/sobjects/Lead/{LEAD_ONE}", f"{DATA}/sobjects/Lead/{LEAD_TWO}"]
    assert house.call("GET", f"{DATA}/sobjects/Account/PLS_Account_Key__c/key-a").json()["Id"] == ALPHA
    assert house.call("GET", f"{DATA}/sobjects/Account/PLS_Account_Key__c/nobody").status_code == 404
    assert house.call("PATCH", f"{COLLECTIONS}/Account/Name", json={"records": []}).status_code == 404


def test_all_or_none_undoes_the_accepted_rows(house: House) -> None:
    """One refusal rolls back its neighbours, which say so; data, indexes and changes are as before."""
    rows = [
        row(PLS_Account_Key__c="key-a", Name="moved"),
        row(PLS_Account_Key__c="created", Name="created"),
        row(PLS_Account_Key__c="KEY-A", PLS_Tier__c="tepid"),
    ]
    before = house.org.records("Account")
    results = house.call("PATCH", UPSERT, json={"records": rows, "allOrNone": True}).json()

    assert codes(results) == [*["ALL_OR_NONE_OPERATION_ROLLED_BACK"] * 2, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert house.query("SELECT Id FROM Account WHERE PLS_Account_Key__c = 'created'").json()["records"] == []
    assert house.org.records("Account") == before
    assert house.call("GET", f"{DATA}/sobjects/Account/PLS_Account_Key__c/key-a").json()["Id"] == ALPHA


def test_create_gives_ids_and_defaults(house: House) -> None:
    """POST creates under new ids with defaults filled; an id of the caller's own is refused."""
    rows = [row(kind="Lead", LastName="New", Company="Beta"), row("00Q000000000009AAA", kind="Lead")]
    answer = house.call("POST", COLLECTIONS, json={"records": rows}).json()
    created = next(each for each in house.org.records("Lead") if each["Id"] == answer[0]["id"])

    assert codes(answer) == [None, "INVALID_FIELD_FOR_INSERT_UPDATE"]
    assert len(created["Id"]) == 18
    assert (created["Status"], created["IsConverted"], created["Name"]) == ("Open - Not Contacted", False, "New")


def test_a_malformed_collection_is_refused_whole(house: House) -> None:
    """Too many rows, no list, no type or no JSON: 400 and nothing written."""
    bodies: list[Any] = [
        {"records": [row(ALPHA)] * 201},
        {"records": "all"},
        {"records": [{"id": ALPHA}]},
        [],
    ]
    answers = [house.call("PATCH", COLLECTIONS, json=body) for body in bodies]
    not_json = house.call("PATCH", COLLECTIONS, content=b"{")

    assert [each.status_code for each in [*answers, not_json]] == [400] * 5
    expected = ["EXCEEDED_ID_LIMIT", "JSON_PARSER_ERROR", "INVALID_INPUT", "JSON_PARSER_ERROR"]
    assert [each.json()[0]["errorCode"] for each in answers] == expected
    assert not_json.json()[0]["errorCode"] == "JSON_PARSER_ERROR"


def test_retrieve_keeps_the_order_and_gives_null_for_what_is_not_there(house: House) -> None:
    """Up to 2,000 ids a call; deleted and unknown ids are null; an unknown field refuses the call."""
    house.org.delete("Account", BETA, "a person")
    body = {"ids": [GAMMA, "001000000000999AAA", BETA, ALPHA], "fields": ["Name"]}
    answer = house.call("POST", f"{COLLECTIONS}/Account", json=body).json()

    assert [each and each["Name"] for each in answer] == ["Gamma 100%", None, None, "Alpha"]
    by_get = house.call("GET", f"{COLLECTIONS}/Account", params={"ids": ALPHA, "fields": "Id,Name"}).json()
    assert by_get[0]["Id"] == ALPHA
    unknown = house.call("POST", f"{COLLECTIONS}/Account", json={"ids": [ALPHA], "fields": ["Nope"]})
    assert (unknown.status_code, unknown.json()[0]["errorCode"]) == (400, "INVALID_FIELD")
    many = house.call("POST", f"{COLLECTIONS}/Account", json={"ids": [ALPHA] * 2_001, "fields": ["Name"]})
    assert many.status_code == 400
    assert house.call("POST", f"{COLLECTIONS}/Account", json={"ids": ALPHA}).status_code == 400


def test_an_ordered_rejection_hits_one_record_so_many_times(house: House) -> None:
    """A validation rule or a lock refuses one row and spares its neighbours; then it is gone."""
    order = {"object": "Account", "id": ALPHA, "message": "Score is managed by RevOps", "times": 1}
    assert house.client.post("/_sandbox/reject", json=order).status_code == 200
    lock = {**order, "id": BETA, "statusCode": "UNABLE_TO_LOCK_ROW"}
    house.client.post("/_sandbox/reject", json=lock)
    rows = (row(ALPHA, PLS_Score__c=1), row(BETA, PLS_Score__c=1), row(GAMMA, PLS_Score__c=1))

    assert codes(update(house, *rows)) == ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "UNABLE_TO_LOCK_ROW", None]
    assert codes(update(house, *rows)) == [None, None, None]
    assert house.client.post("/_sandbox/reject", json={**order, "object": "Nope"}).status_code == 404
    assert house.client.post("/_sandbox/delete", json={"object": "Account", "id": "nobody"}).status_code == 404
