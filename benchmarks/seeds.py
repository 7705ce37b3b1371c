"""What the stand-ins hold when a benchmark begins: every account known by its key, some with an open deal or an SQL."""

from __future__ import annotations

from typing import Any

from benchmarks.rows import hubspot_id, key, salesforce_id

Seed = dict[str, list[dict[str, Any]]]
OWNER = {"Id": "005000000000001AAA", "Name": "AE 1", "Email": "ae-1@workspace.example", "IsActive": True}
OWNER_ID = "7001"
DEAL_EVERY, LEAD_EVERY = 20, 50  # accounts per open deal, and per SQL


def salesforce_seed(count: int) -> Seed:
    """Accounts carrying their keys, with leads and opportunities for the shipped rules to find."""
    return {
        "User": [OWNER],
        "Account": [_account(number) for number in range(1, count + 1)],
        "Lead": [_lead(number) for number in range(LEAD_EVERY, count + 1, LEAD_EVERY)],
        "Opportunity": [_opportunity(number) for number in range(DEAL_EVERY, count + 1, DEAL_EVERY)],
    }


def hubspot_seed(count: int) -> Seed:
    """The same accounts as companies, the same deals."""
    owner = {"id": OWNER_ID, "email": OWNER["Email"], "firstName": "AE", "lastName": "1", "userId": 1}
    return {
        "owners": [owner],
        "companies": [_company(number) for number in range(1, count + 1)],
        "deals": [_deal(number) for number in range(DEAL_EVERY, count + 1, DEAL_EVERY)],
    }


def _account(number: int) -> dict[str, Any]:
    return {
        "Id": salesforce_id(number),
        "Name": f"Bench {number}",
        "OwnerId": OWNER["Id"],
        "PLS_Account_Key__c": key(number),
    }


def _lead(number: int) -> dict[str, Any]:
    return {
        "Id": f"00Q{number:012d}AAA",
        "LastName": "Lead",
        "Company": f"Bench {number}",
        "Status": "Sales Qualified",
        "OwnerId": OWNER["Id"],
        "PLS_Account_Key__c": key(number),
    }


def _opportunity(number: int) -> dict[str, Any]:
    return {
        "Id": f"006{number:012d}AAA",
        "Name": f"Bench {number}: new",
        "AccountId": salesforce_id(number),
        "StageName": "Proposal",
        "CloseDate": "2026-12-31",
        "OwnerId": OWNER["Id"],
    }


def _company(number: int) -> dict[str, Any]:
    values = {"name": f"Bench {number}", "pls_account_key": key(number), "hubspot_owner_id": OWNER_ID}
    return {"id": hubspot_id(number), "properties": values}


def _deal(number: int) -> dict[str, Any]:
    values = {
        "dealname": f"Bench {number}: new",
        "dealstage": "presentationscheduled",
        "pipeline": "default",
        "hs_is_closed": "false",
        "hs_is_closed_won": "false",
        "hubspot_owner_id": OWNER_ID,
    }
    return {
        "id": str(30_000_000_000 + number),
        "properties": values,
        "associations": {"companies": [hubspot_id(number)]},
    }
