"""A person converts a lead: the platform closes it and points it at an account, a contact and maybe a deal."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import writing
from sandbox.salesforce.errors import RowError
from sandbox.salesforce.org import SalesforceOrg
from sandbox.salesforce.tables import Record
from sandbox.salesforce.values import looks_like_id
from sandbox.salesforce.writing import Author

FIRST_STAGE = "Prospecting"


def convert(
    org: SalesforceOrg,
    lead_id: str,
    by: str,
    account: str | None = None,
    contact: str | None = None,
    opportunity: str | None = None,
) -> dict[str, Any]:
    """The lead after `by` converted it into an account, a contact and, where wanted, an opportunity.

    `account` and `contact` are ids; where absent they are made from the lead. `opportunity` is an id, or the name
    of one to make. Raises KeyError for a record that is not there, RowError for a lead converted before.
    """
    lead = org.tables.of("Lead").rows[lead_id[:15]]
    if lead["IsConverted"]:
        raise RowError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot convert a lead twice")
    deal = opportunity if looks_like_id(opportunity) else None
    given = {"Account": account, "Contact": contact, "Opportunity": deal}
    known = {kind: _existing(org, kind, record_id) for kind, record_id in given.items()}
    author = Author(org.user_id(by), org.now(), unrestricted=True)
    account_id = known["Account"] or _insert(org, "Account", _account_of(lead), author)
    contact_id = known["Contact"] or _insert(org, "Contact", _contact_of(lead, account_id), author)
    converted = {
        "IsConverted": True,
        "Status": "Closed - Converted",
        "ConvertedDate": org.now()[:10],
        "ConvertedAccountId": account_id,
        "ConvertedContactId": contact_id,
        "ConvertedOpportunityId": known["Opportunity"] or _made(org, opportunity, account_id, author),
    }
    return org.edit("Lead", lead_id, converted, by)


def _made(org: SalesforceOrg, name: str | None, account_id: str, author: Author) -> str | None:
    """A new opportunity called `name`; none where no name is given."""
    if name is None:
        return None
    deal = {"Name": name, "AccountId": account_id, "StageName": FIRST_STAGE, "CloseDate": org.now()[:10]}
    return _insert(org, "Opportunity", deal, author)


def _existing(org: SalesforceOrg, kind: str, record_id: str | None) -> str | None:
    return None if record_id is None else str(org.tables.of(kind).rows[record_id[:15]]["Id"])


def _insert(org: SalesforceOrg, kind: str, wanted: Record, author: Author) -> str:
    return writing.insert(org.tables, org.tables.of(kind), wanted, author)


def _account_of(lead: Record) -> Record:
    return {"Name": lead["Company"], **_taken(lead, "Website", "NumberOfEmployees"), **_owner(lead)}


def _contact_of(lead: Record, account_id: str) -> Record:
    return {"AccountId": account_id, **_taken(lead, "FirstName", "LastName", "Title", "Email", "Phone"), **_owner(lead)}


def _taken(lead: Record, *names: str) -> Record:
    return {name: lead[name] for name in names}


def _owner(lead: Record) -> Record:
    """A queue owns leads, never an account or a contact."""
    owner = lead["OwnerId"]
    return {"OwnerId": owner} if str(owner).startswith("005") else {}
