"""The stand-in's SOQL: what it finds, how it compares, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.salesforce import SalesforceOrg
from sandbox.salesforce.errors import RestError
from sandbox.salesforce.selection import select
from sandbox.salesforce.soql import parse
from tests.sandbox.salesforce_house import ALPHA, BETA, GAMMA, SEED, START


@pytest.fixture(scope="module")
def org() -> SalesforceOrg:
    return SalesforceOrg(SEED, lambda: START)


def found(org: SalesforceOrg, soql: str) -> list[dict[str, Any]]:
    selection = select(org.tables, parse(soql))
    return [selection.show(each, "64.0") for each in selection.records]


def names(org: SalesforceOrg, where: str, kind: str = "Account") -> list[str]:
    return [each["Name"] for each in found(org, f"SELECT Name FROM {kind} WHERE {where}")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Name = 'ALPHA'", ["Alpha"]),
        ("Name != 'alpha'", ["beta", "Gamma 100%"]),
        ("Name <> 'alpha'", ["beta", "Gamma 100%"]),
        ("Name LIKE 'b%'", ["beta"]),
        ("Name LIKE '_eta'", ["beta"]),
        (r"Name LIKE '%100\%'", ["Gamma 100%"]),
        ("Name IN ('alpha', 'Gamma 100%')", ["Alpha", "Gamma 100%"]),
        ("Name NOT IN ('alpha')", ["beta", "Gamma 100%"]),
        ("NumberOfEmployees >= 50", ["Alpha"]),
        ("NumberOfEmployees < 50", ["beta"]),
        ("NumberOfEmployees = null", ["Gamma 100%"]),
        ("NumberOfEmployees != 20", ["Alpha", "Gamma 100%"]),
        ("PLS_Account_Key__c = 'key-a'", ["Alpha"]),
        ("PLS_Account_Key__c IN ('KEY-A', 'nobody')", ["beta"]),
        ("PLS_Account_Key__c IN ('key-a', null)", ["Alpha", "Gamma 100%"]),
        ("PLS_Account_Key__c = ''", ["Gamma 100%"]),
        ("Owner.IsActive = false", ["beta"]),
        ("Owner.Email = 'AE1@workspace.example' AND NumberOfEmployees != null", ["Alpha"]),
        (f"Id IN ('{GAMMA[:15]}', '{ALPHA}')", ["Gamma 100%", "Alpha"]),
        ("CreatedDate < 2026-02-01T00:00:00Z", ["Alpha"]),
        ("SystemModstamp > 2026-11-20T10:59:59+01:00 AND Id != null", ["beta", "Gamma 100%"]),
        ("(Name = 'alpha' OR Name = 'beta') AND NumberOfEmployees > 50", ["Alpha"]),
        ("Name = 'alpha' AND Name = 'alpha' AND Name = 'beta'", []),
        ("NOT (Name = 'alpha' OR Name = 'beta')", ["Gamma 100%"]),
        ("(NOT Name = 'alpha') AND NumberOfEmployees = 20", ["beta"]),
    ],
)
def test_a_filter_finds_what_salesforce_would(org: SalesforceOrg, where: str, expected: list[str]) -> None:
    """Text compares without case unless declared, null is a value, != keeps nulls, times compare across zones."""
    assert names(org, where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("IsClosed = false", ["Open deal"]),
        ("IsWon = TRUE", ["Won deal"]),
        ("CloseDate > 2026-06-30", ["Open deal"]),
        ("Amount >= 12000.0", ["Open deal"]),
        ("Account.Name = 'Alpha'", ["Open deal"]),
        ("Account.PLS_Account_Key__c IN ('key-a', 'other')", ["Open deal"]),
        ("Account.Owner.IsActive = false", ["Won deal"]),
        ("StageName LIKE 'closed%'", ["Won deal"]),
    ],
)
def test_facts_are_found_through_the_account(org: SalesforceOrg, where: str, expected: list[str]) -> None:
    """Opportunities filter on dates, money, flags and on fields of their account and its owner."""
    assert names(org, where, "Opportunity") == expected


def test_related_fields_are_shown_inside_their_relation(org: SalesforceOrg) -> None:
    """Owner.Name arrives as {"Owner": {"attributes": ..., "Name": ...}}, with the declared spelling."""
    (shown,) = found(org, f"select id, OWNER.name, Owner.Email, Parent.Name from account where Id = '{ALPHA}'")

    assert shown["attributes"] == {"type": "Account", "url": f"/services/data/v64.0/sobjects/Account/{ALPHA}"}
    assert shown["Id"] == ALPHA
    assert shown["Owner"]["attributes"]["type"] == "User"
    assert (shown["Owner"]["Name"], shown["Owner"]["Email"]) == ("Enterprise AE 1", "ae1@workspace.example")
    assert shown["Parent"] is None


def test_order_limit_and_count(org: SalesforceOrg) -> None:
    """Nulls come first unless asked last; LIMIT cuts after sorting; COUNT() selects no fields."""
    ordered = "SELECT Name FROM Account ORDER BY NumberOfEmployees"

    assert [each["Name"] for each in found(org, ordered)] == ["Gamma 100%", "beta", "Alpha"]
    descending = f"{ordered} DESC NULLS LAST, Name ASC LIMIT 2"
    assert [each["Name"] for each in found(org, descending)] == ["Alpha", "beta"]
    assert parse("SELECT COUNT() FROM Lead").counts
    assert len(select(org.tables, parse("SELECT COUNT() FROM Lead WHERE IsConverted = true")).records) == 1


def test_escapes_in_strings() -> None:
    """A quote or backslash in a key reaches the comparison as itself."""
    org = SalesforceOrg({"Account": [{"Id": ALPHA, "Name": r"O'Neil \ Sons"}]}, lambda: START)

    assert names(org, r"Name = 'O\'Neil \\ Sons'") == [r"O'Neil \ Sons"]
    assert names(org, r"Name LIKE 'O\'%\\ Sons'") == [r"O'Neil \ Sons"]


@pytest.mark.parametrize(
    ("soql", "code", "words"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name ~ 'x'", "MALFORMED_QUERY", "unexpected character"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY", "unexpected character"),
        (r"SELECT Id FROM Account WHERE Name = '\z'", "MALFORMED_QUERY", "illegal character sequence"),
        ("SELECT Id FROM Account WHERE Name = x", "MALFORMED_QUERY", "unexpected token: 'x'"),
        ("SELECT Id FROM Account WHERE Name IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("SELECT Id FROM Account LIMIT 1.5", "MALFORMED_QUERY", "unexpected token: '1.5'"),
        ("SELECT Id FROM Account WHERE Name NOT LIKE 'x'", "MALFORMED_QUERY", "unexpected token: 'LIKE'"),
        ("SELECT Id FROM Account ORDER BY Name NULLS MIDDLE", "MALFORMED_QUERY", "unexpected token: 'MIDDLE'"),
        ("SELECT Id FROM Account ORDER Name", "MALFORMED_QUERY", "unexpected token: 'Name'"),
        ("SELECT Id FROM 5", "MALFORMED_QUERY", "unexpected token: '5'"),
        ("SELECT Id FROM Account LIMIT 1 extra", "MALFORMED_QUERY", "unexpected token: 'extra'"),
        ("SELECT Id FROM Account WHERE Id = null AND Id = null OR Id = null", "MALFORMED_QUERY", "'OR'"),
        ("SELECT Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'Account'"),
        ("SELECT Id FROM Account WHERE Nope__c = 1", "INVALID_FIELD", "No such column 'Nope__c'"),
        ("SELECT Id FROM Account ORDER BY Nope", "INVALID_FIELD", "No such column 'Nope'"),
        ("SELECT Owner.Nope FROM Account", "INVALID_FIELD", "No such column 'Nope' on entity 'User'"),
        ("SELECT Boss.Name FROM Account", "INVALID_FIELD", "relationship 'Boss'"),
        ("SELECT Id FROM Nope", "INVALID_TYPE", "sObject type 'Nope' is not supported"),
        ("SELECT Id FROM Account WHERE NumberOfEmployees = '5'", "INVALID_FIELD", "should not be enclosed in quotes"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-01-01", "INVALID_FIELD", "must be of type datetime"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2026-13-01T00:00:00Z", "MALFORMED_QUERY", "invalid dateTime"),
        ("SELECT Id FROM Account WHERE OwnerId = 'me'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: me"),
        ("SELECT Id FROM Account WHERE NumberOfEmployees LIKE '5%'", "INVALID_FIELD", "LIKE"),
        ("SELECT Id FROM Account WHERE Name = '" + "x" * 100_000 + "'", "QUERY_TOO_COMPLICATED", "100000"),
    ],
)
def test_a_wrong_query_is_refused_with_the_vendors_code(org: SalesforceOrg, soql: str, code: str, words: str) -> None:
    """Every refusal is a 400 that says what is wrong and where."""
    with pytest.raises(RestError) as refused:
        select(org.tables, parse(soql))

    assert (refused.value.status, refused.value.code) == (400, code)
    assert words in refused.value.message


def test_deleted_records_are_hidden_from_query_and_shown_to_query_all() -> None:
    """D8 needs MasterRecordId of a merged account, which only queryAll shows."""
    org = SalesforceOrg(SEED, lambda: START)
    org.delete("Account", BETA, "Enterprise AE 1", merged_into=ALPHA)
    query = parse("SELECT MasterRecordId FROM Account WHERE PLS_Account_Key__c = 'KEY-A'")

    assert select(org.tables, query).records == []
    assert [each["MasterRecordId"] for each in select(org.tables, query, with_deleted=True).records] == [ALPHA]


def test_a_list_of_thousands_reads_only_what_it_names() -> None:
    """A full-length list of keys starts from the index: records it does not name are never looked at."""
    accounts = [{"Id": f"001{n:012d}AAA", "Name": "x", "PLS_Account_Key__c": f"key-{n:06d}"} for n in range(8_000)]
    org = SalesforceOrg({"Account": accounts}, lambda: START)
    keys = ", ".join(f"'key-{n:06d}'" for n in range(1_000, 8_000))
    table = org.tables.of("Account")
    unnamed = table.rows[accounts[0]["Id"][:15]]
    unnamed.clear()

    records = select(org.tables, parse(f"SELECT Id FROM Account WHERE PLS_Account_Key__c IN ({keys})")).records

    assert len(records) == 7_000


def test_a_lead_may_be_owned_by_a_queue(org: SalesforceOrg) -> None:
    """Owner paths lead to a user or a queue; what only users have is null for a queue."""
    soql = "SELECT Owner.Name, Owner.Email, Owner.Manager.Name FROM Lead WHERE Owner.Name LIKE 'inbound%'"
    (queued,) = found(org, soql)

    assert (queued["Owner"]["Name"], queued["Owner"]["Email"], queued["Owner"]["Manager"]) == (
        "Inbound queue",
        None,
        None,
    )
    assert names(org, "Owner.Email = null AND OwnerId != null", "Lead") == ["Two"]
