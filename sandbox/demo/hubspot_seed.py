"""The demo company's HubSpot portal: the same accounts, people and deals as in Salesforce, in HubSpot's words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sandbox.demo.days import Days
from sandbox.demo.facts import RENEWAL, CrmFacts, Deal
from sandbox.demo.people import Person
from sandbox.demo.staff import BY_SLUG, HOUSE, STAFF
from sandbox.demo.story import Story

Record = dict[str, Any]
Seed = dict[str, list[Record]]
FIRST_ID = {"companies": 10_000_000_001, "contacts": 20_000_000_001, "deals": 30_000_000_001}


def hubspot_seed(stories: Sequence[Story], days: Days) -> Seed:
    """Companies, contacts, deals and owners; ids are counted in the order of the stories, property values are text."""
    seed: Seed = {"companies": [], "contacts": [], "deals": [], "owners": _owners()}
    for story in stories:
        if story.crm.in_hubspot:
            _add(seed, story, days)
    return seed


def _add(seed: Seed, story: Story, days: Days) -> None:
    crm = story.crm
    for copy in range(crm.copies):
        company = _put(seed, "companies", _company(story, copy, days))
    for place, person in enumerate(story.contacts):
        _put(seed, "contacts", _contact(person, crm.lifecycle if place == 0 else "lead"), company)
    if crm.deal:
        _put(seed, "deals", _deal(story, crm.deal), company)


def _put(seed: Seed, kind: str, properties: dict[str, str], company: Record | None = None) -> Record:
    record: Record = {"id": str(FIRST_ID[kind] + len(seed[kind])), "properties": properties}
    if company is not None:
        record["associations"] = {"companies": [company["id"]]}
    seed[kind].append(record)
    return record


def _owners() -> list[Record]:
    return [
        {
            "id": person.hubspot_id,
            "email": person.email,
            "firstName": person.first_name,
            "lastName": person.last_name,
            "userId": person.number,
        }
        for person in STAFF
        if person.active
    ]


def _company(story: Story, copy: int, days: Days) -> dict[str, str]:
    """The company's properties; one that has no value is left out."""
    account, crm = story.final, story.crm
    values = {
        "name": account.name if crm.copies == 1 else f"{account.name} {copy + 1}",
        "domain": account.domain if account.has_own_domain else None,
        "numberofemployees": None if account.employees is None else str(account.employees),
        "lifecyclestage": crm.lifecycle,
        "hubspot_owner_id": None if crm.hubspot_owner == HOUSE else BY_SLUG[crm.hubspot_owner].hubspot_id,
        "createdate": _time(story.met_at),
        "pls_account_key": account.key if crm.keyed else None,
        **_typed(crm, days),
    }
    return {name: value for name, value in values.items() if value is not None}


def _typed(crm: CrmFacts, days: Days) -> dict[str, str]:
    if crm.typed_motion is None:
        return {}
    return {"pls_motion": crm.typed_motion, "hs_lastmodifieddate": _time(days.ago(1))}


def _contact(person: Person, lifecycle: str) -> dict[str, str]:
    return {
        "email": person.email,
        "firstname": person.first_name,
        "lastname": person.last_name,
        "jobtitle": person.title,
        "hs_email_optout": _flag(person.opt_out),
        "lifecyclestage": lifecycle,
    }


def _deal(story: Story, deal: Deal) -> dict[str, str]:
    return {
        "dealname": f"{story.final.name}: {deal.kind}",
        "dealstage": "closedwon" if deal.won else "presentationscheduled",
        "pipeline": "renewals" if deal.kind == RENEWAL else "default",
        "amount": f"{deal.amount:.2f}",
        "closedate": _midnight(deal.closes),
        "createdate": _time(deal.created),
        "hs_is_closed": _flag(deal.won),
        "hs_is_closed_won": _flag(deal.won),
        "hubspot_owner_id": BY_SLUG[deal.owner].hubspot_id,
        "notes_last_updated": _midnight(deal.last_activity),
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"
