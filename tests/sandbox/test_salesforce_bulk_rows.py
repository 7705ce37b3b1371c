"""The records of a Bulk 2.0 job: what each cell does, what is refused, what the results say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.salesforce_bulk import open_job, order
from tests.sandbox.salesforce_house import ALPHA, BETA, DATA, GAMMA, INTEGRATION, LEAD_ONE, House, open_house

KEY = "PLS_Account_Key__c"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("tls")) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    running.reset()
    return running


def test_an_empty_cell_leaves_and_na_clears(house: House) -> None:
    """A2: nothing between the commas is no change, #N/A is null; the integration is the one who changed it."""
    job = open_job(house)
    job.load(f"Id,PLS_Score__c,NumberOfEmployees,PLS_Why_Now__c\n{ALPHA},,#N/A,because\n")
    account = house.account()

    assert (account["PLS_Score__c"], account["NumberOfEmployees"], account["PLS_Why_Now__c"]) == (41.5, None, "because")
    assert account["LastModifiedById"] == INTEGRATION


def test_a_refused_row_does_not_cost_its_neighbours(house: House) -> None:
    """The same field rules as REST, one outcome a row; sf__Error names code, message and field."""
    job = open_job(house)
    told = job.load(
        f"Id,PLS_Tier__c,PLS_Score__c,Name\n{ALPHA},hot,,\n{BETA},boiling,,\n{GAMMA},,ninety,\n"
        "001000000000999AAA,hot,,\n,hot,,\n"
    )
    refused = job.rows("failedResults")

    assert (told["state"], told["numberRecordsProcessed"], told["numberRecordsFailed"]) == ("JobComplete", 5, 4)
    assert [each["sf__Id"] for each in job.rows("successfulResults")] == [ALPHA]
    assert [each["sf__Error"].split(":")[0] for each in refused] == [
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        "INVALID_CROSS_REFERENCE_KEY",
        "MISSING_ARGUMENT",
    ]
    assert refused[0]["sf__Error"].endswith(":PLS_Tier__c --")
    assert (refused[0]["sf__Id"], refused[0]["Id"], refused[0]["PLS_Tier__c"]) == (BETA, BETA, "boiling")


def test_upsert_by_external_id(house: House) -> None:
    """Matches are changed, the rest created, each told apart; a key twice in one batch fails both times."""
    job = open_job(house, "upsert", externalIdFieldName=KEY)
    job.load(f"{KEY},Name,PLS_Score__c\nkey-a,,77\nnew-1,New one,5\ntwice,One,\ntwice,Two,\n,No key,\nnew-2,,\n")
    made = job.rows("successfulResults")

    assert [(each[KEY], each["sf__Created"]) for each in made] == [("key-a", "false"), ("new-1", "true")]
    assert made[0]["sf__Id"] == ALPHA
    assert house.account(made[1]["sf__Id"])["Name"] == "New one"
    assert [(each[KEY], each["sf__Id"], each["sf__Error"]) for each in job.rows("failedResults")] == [
        ("twice", "", f"DUPLICATE_VALUE:Duplicate external id specified: twice:{KEY} --"),
        ("twice", "", f"DUPLICATE_VALUE:Duplicate external id specified: twice:{KEY} --"),
        ("", "", f"MISSING_ARGUMENT:{KEY} not specified:{KEY} --"),
        ("new-2", "", "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"),
    ]


def test_an_external_id_of_several_records_is_refused(house: House) -> None:
    """Leads may share a key: the row names them all."""
    job = open_job(house, "upsert", object="Lead", externalIdFieldName=KEY)
    job.load(f"{KEY},Title\nkey-a,x\n")

    assert job.rows("failedResults")[0]["sf__Error"].startswith("DUPLICATE_EXTERNAL_ID:")


def test_upsert_by_id_insert_and_delete(house: House) -> None:
    """An upsert by Id creates where the cell is empty; insert refuses an Id; delete bins records once."""
    upsert = open_job(house, "upsert", externalIdFieldName="Id")
    upsert.load(f"Id,Name\n{ALPHA},Renamed\n,Brand new\n")
    insert = open_job(house, "insert")
    insert.load(f"Id,Name\n,Inserted\n{BETA},Refused\n")
    delete = open_job(house, "delete")
    delete.load(f"Id\n{GAMMA}\n{GAMMA}\n")

    assert [each["sf__Created"] for each in upsert.rows("successfulResults")] == ["false", "true"]
    assert [each["Name"] for each in insert.rows("successfulResults")] == ["Inserted"]
    assert insert.rows("failedResults")[0]["sf__Error"].startswith("INVALID_FIELD_FOR_INSERT_UPDATE:")
    assert house.account(GAMMA)["IsDeleted"] is True
    assert delete.rows("failedResults")[0]["sf__Error"] == "ENTITY_IS_DELETED:entity is deleted:--"


def test_rows_can_be_locked_and_retried(house: House) -> None:
    """`lock_rows` refuses the next records, /_sandbox/reject one record; a second job finds them free again."""
    order(house, lock_rows=1)
    lock = {"object": "Account", "id": GAMMA, "statusCode": "UNABLE_TO_LOCK_ROW", "message": "locked"}
    house.client.post("/_sandbox/reject", json=lock)
    rows = f"Id,PLS_Score__c\n{ALPHA},1\n{BETA},2\n{GAMMA},3\n"
    first, second = open_job(house), open_job(house)
    first.load(rows)
    second.load(rows)

    assert [(each["sf__Id"], each["sf__Error"]) for each in first.rows("failedResults")] == [
        (ALPHA, f"UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record or 1 records: {ALPHA}:--"),
        (GAMMA, "UNABLE_TO_LOCK_ROW:locked:--"),
    ]
    assert second.rows("failedResults") == []


def test_a_record_to_be_made_can_be_refused_by_its_key(house: House) -> None:
    """A duplicate rule stops a new record; the order names it by its external id."""
    duplicate = {"object": "Account", "id": "new-1", "statusCode": "DUPLICATES_DETECTED", "message": "Use another"}
    house.client.post("/_sandbox/reject", json=duplicate)
    job = open_job(house, "upsert", externalIdFieldName=KEY)
    job.load(f"{KEY},Name\nnew-1,One\nnew-2,Two\n")

    assert [each["sf__Error"] for each in job.rows("failedResults")] == ["DUPLICATES_DETECTED:Use another:--"]
    assert [each[KEY] for each in job.rows("successfulResults")] == ["new-2"]


def test_quotes_and_line_breaks_survive(house: House) -> None:
    """Embedded newlines, doubled quotes and commas come back in the results as they were sent."""
    words = 'He said "buy",\nthen\n\nleft'
    cell = words.replace('"', '""')
    job = open_job(house)
    job.load(f'Id,PLS_Why_Now__c,PLS_Tier__c\n{ALPHA},"{cell}",\n{BETA},"{cell}",boiling\n')

    assert house.account()["PLS_Why_Now__c"] == words
    assert [each["PLS_Why_Now__c"] for each in job.rows("successfulResults")] == [words]
    assert [each["PLS_Why_Now__c"] for each in job.rows("failedResults")] == [words]
    assert '""buy""' in job.results("failedResults").text


def test_results_have_a_header_without_rows(house: House) -> None:
    """A2: the header alone, as recorded; the unprocessed have none of their own columns. Both spellings answer."""
    job = open_job(house)
    job.load(f"Id,Name\n{ALPHA},Alpha\n")

    assert job.results("failedResults").text == '"sf__Id","sf__Error",Id,Name\n'
    assert job.results("unprocessedrecords").text == "Id,Name\n"
    assert job.results("unprocessedRecords").text == "Id,Name\n"


def test_a_job_may_speak_another_csv(house: House) -> None:
    """CRLF and semicolons, in the upload and in the results."""
    job = open_job(house, lineEnding="CRLF", columnDelimiter="SEMICOLON")
    job.load(f'Id;PLS_Why_Now__c\r\n{ALPHA};"a;b\nc"\r\n')

    assert job.results("successfulResults").content.decode() == (
        f'"sf__Id";"sf__Created";Id;PLS_Why_Now__c\r\n"{ALPHA}";"false";"{ALPHA}";"a;b\nc"\r\n'
    )


@pytest.mark.parametrize(
    ("ending", "content", "words"),
    [
        (
            "LF",
            f"Id,Name\r\n{ALPHA},x\r\n",
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding",
        ),
        ("CRLF", f"Id,Name\n{ALPHA},x\n", "Current LineEnding setting is CRLF"),
        ("LF", "Id,Name\n", "InvalidBatch : Records not found"),
        ("LF", "", "InvalidBatch : Records not found"),
        ("LF", f"Id,Nope__c\n{ALPHA},x\n", "InvalidBatch : Field name not found : Nope__c"),
        ("LF", "Name\nx\n", "InvalidBatch : Field name not found : Id"),
        ("LF", f"\ufeffId,Name\n{ALPHA},x\n", "InvalidBatch : Field name not found"),
        ("LF", f"Id,Name\n{ALPHA}\n", "Record 1 has 1 values, the header 2 names"),
        ("LF", f"Id,Name\n{ALPHA},{'x' * 32_001}\n", "exceeds the maximum number of characters"),
        ("LF", f"Id,Name\n{ALPHA},{'x' * 140_000}\n", "InvalidBatch : Failed to parse CSV."),
        ("LF", ",".join(["Name"] * 5_001) + "\nx\n", "The number of fields exceeds 5000"),
    ],
)
def test_a_file_the_org_cannot_read_fails_the_job(house: House, ending: str, content: str, words: str) -> None:
    """The job is Failed with the reason, no record is touched, and everything sent is unprocessed."""
    before = house.org.records("Account")
    job = open_job(house, lineEnding=ending)
    told = job.load(content)

    assert told["state"] == "Failed"
    assert words in told["errorMessage"]
    assert told["numberRecordsProcessed"] == 0
    assert house.org.records("Account") == before
    left = job.results("unprocessedrecords").content.decode()
    assert left.replace('"', "").splitlines() == content.splitlines()


def test_bytes_that_are_not_utf8_fail_the_job(house: House) -> None:
    """Latin-1 is refused, not guessed."""
    job = open_job(house)
    job.put(f"Id,Name\n{ALPHA},Café\n".encode("latin-1"))
    job.move("UploadComplete")
    job.poll()

    assert "not UTF-8" in job.poll()["errorMessage"]


def test_a_lead_is_loaded_like_an_account(house: House) -> None:
    """Booleans and references take the words a CSV has for them."""
    job = open_job(house, object="Lead")
    job.load(f"Id,HasOptedOutOfEmail,OwnerId\n{LEAD_ONE},TRUE,005000000000001AAA\n")
    lead = house.call("GET", f"{DATA}/sobjects/Lead/{LEAD_ONE}").json()

    assert (lead["HasOptedOutOfEmail"], lead["OwnerId"]) == (True, "005000000000001AAA")
