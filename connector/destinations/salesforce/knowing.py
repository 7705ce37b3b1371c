"""What an org knows about records beside their fields: who changed them last, and what they were merged into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import Row, query, retrieve
from connector.destinations.salesforce.soql import is_id, is_in, packed, same_id, select
from connector.destinations.salesforce.values import canonical, moment
from connector.model import Author

AUTHOR = "LastModifiedById"
CHANGED = "LastModifiedDate"
MASTER = "MasterRecordId"


def authors(
    client: SalesforceClient, object_name: str, record_ids: Sequence[str], fields: Sequence[str]
) -> dict[str, dict[str, Author]]:
    """Who changed each record last, for every field of it: Salesforce keeps no author of a field (A4, D20).

    One call for 2,000 records, and one for the names of at most 1,000 users other than ours.
    """
    rows = retrieve(client, object_name, record_ids, ["Id", AUTHOR, CHANGED])
    us = client.identity().user_id
    strangers = {str(row[AUTHOR]) for row in rows if row.get(AUTHOR) and same_id(row[AUTHOR]) != same_id(us)}
    names = _names(client, strangers)
    asked = {same_id(each): each for each in record_ids}
    found = ((asked[same_id(row["Id"])], _author(row, us, names)) for row in rows if row.get(AUTHOR))
    return {record_id: dict.fromkeys(fields, author) for record_id, author in found}


def _author(row: Row, us: str, names: Mapping[str, str]) -> Author:
    user, at = str(row[AUTHOR]), moment(canonical(row.get(CHANGED)))
    if same_id(user) == same_id(us):
        return Author(user, integration=user, at=at, of_record=True)
    return Author(user, name=names.get(same_id(user)), at=at, of_record=True)


def _names(client: SalesforceClient, user_ids: Iterable[str]) -> dict[str, str]:
    conditions = [[is_in("Id", some)] for some in packed(sorted(filter(is_id, user_ids)))]
    found = query(client, [select(["Id", "Name"], "User", each) for each in conditions])
    return {same_id(row["Id"]): str(row["Name"]) for rows in found for row in rows}


def successors(client: SalesforceClient, object_name: str, record_ids: Sequence[str]) -> dict[str, str]:
    """The record each of these was merged into; those that were not are absent (D8). One call for 1,000 records."""
    asked = {same_id(each): each for each in record_ids if is_id(each)}
    queries = [
        f"{select(['Id', MASTER], object_name, [is_in('Id', some)])} AND IsDeleted = true AND {MASTER} != null"
        for some in packed(list(asked.values()))
    ]
    found = query(client, queries, with_deleted=True)
    return {asked[same_id(row["Id"])]: str(row[MASTER]) for rows in found for row in rows}
