"""The demo company's Salesforce org: users, and for every account what sales knows about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sandbox.demo.days import Days
from sandbox.demo.facts import CrmFacts, Deal, Lead
from sandbox.demo.people import Person
from sandbox.demo.staff import BY_SLUG, INTEGRATION_EMAIL, INTEGRATION_USER_ID, STAFF, salesforce_id
from sandbox.demo.story import Story

Record = dict[str, Any]
Seed = dict[str, list[Record]]


def salesforce_seed(stories: Sequence[Story], days: Days) -> Seed:
    """Object name to records, with API field names; ids are counted in the order of the stories."""
    seed: Seed = {"Organization": [_organization()], "User": _users()}
    for story in stories:
        if story.crm.in_salesforce:
            _add(seed, story, days)
    return seed


def _add(seed: Seed, story: Story, days: Days) -> None:
    crm = story.crm
    for copy in range(crm.copies):
        account = _put(seed, "Account", "001", _account(story, copy, days))
    for place, person in enumerate(story.contacts):
        stage = crm.contact_stage if place == 0 else "Lead"
        _put(seed, "Contact", "003", {"AccountId": account["Id"], **_contact(person, stage)})
    if crm.lead:
        _put(seed, "Lead", "00Q", _lead(story, crm.lead))
    if crm.deal:
        _put(seed, "Opportunity", "006", {"AccountId": account["Id"], **_opportunity(story, crm.deal)})


def _put(seed: Seed, name: str, prefix: str, values: Record) -> Record:
    records = seed.setdefault(name, [])
    record = {"Id": salesforce_id(prefix, len(records) + 1), **values}
    records.append(record)
    return record


def _organization() -> Record:
    return {"Id": salesforce_id("00D", 1), "Name": "Workspace", "IsSandbox": True}


def _users() -> list[Record]:
    people = [
        {"Id": person.salesforce_id, "Name": person.name, "Email": person.email, "IsActive": person.active}
        for person in STAFF
    ]
    robot = {"Id": INTEGRATION_USER_ID, "Name": "Integration", "Email": INTEGRATION_EMAIL, "IsActive": True}
    return [*people, robot]


def _account(story: Story, copy: int, days: Days) -> Record:
    account, crm = story.final, story.crm
    return {
        "Name": account.name if crm.copies == 1 else f"{account.name} {copy + 1}",
        "Website": f"https://{account.domain}" if account.has_own_domain else None,
        "NumberOfEmployees": account.employees,
        "OwnerId": BY_SLUG[crm.owner].salesforce_id,
        "CreatedDate": _time(story.met_at),
        "PLS_Account_Key__c": account.key if crm.keyed else None,
        **_typed(crm, days),
    }


def _typed(crm: CrmFacts, days: Days) -> Record:
    """What a person wrote into our field the day before the baseline."""
    if crm.typed_motion is None:
        return {}
    return {"PLS_Motion__c": crm.typed_motion, **_modified(days.ago(1), crm.owner)}


def _contact(person: Person, stage: str) -> Record:
    return {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Email": person.email,
        "Title": person.title,
        "HasOptedOutOfEmail": person.opt_out,
        "Lifecycle_Stage__c": stage,
    }


def _lead(story: Story, lead: Lead) -> Record:
    return {
        "FirstName": "Lead",
        "LastName": "buyer",
        "Company": story.final.name,
        "Email": f"lead@{story.final.domain}",
        "Status": lead.status,
        "OwnerId": BY_SLUG[lead.owner].salesforce_id,
        "IsConverted": False,
        "ConvertedAccountId": None,
        "PLS_Account_Key__c": story.final.key,
        "CreatedDate": _time(lead.created),
        **_modified(lead.changed, lead.owner),
    }


def _opportunity(story: Story, deal: Deal) -> Record:
    return {
        "Name": f"{story.final.name}: {deal.kind}",
        "StageName": "Closed Won" if deal.won else "Proposal",
        "IsClosed": deal.won,
        "IsWon": deal.won,
        "Type": deal.kind,
        "CloseDate": deal.closes.isoformat(),
        "Amount": deal.amount,
        "LastActivityDate": deal.last_activity.isoformat(),
        "OwnerId": BY_SLUG[deal.owner].salesforce_id,
        "CreatedDate": _time(deal.created),
    }


def _modified(moment: datetime, by: str) -> Record:
    stamp = _time(moment)
    return {"LastModifiedDate": stamp, "SystemModstamp": stamp, "LastModifiedById": BY_SLUG[by].salesforce_id}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
