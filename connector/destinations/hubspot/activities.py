"""What a portal knows of outreach: calls, meetings and e-mails that are associated with a company (D40).

HubSpot itself associates what is logged on a contact or a deal with their company. One search for each kind and a
hundred companies, and one call for whose the found ones are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connector.destinations.hubspot.client import HubSpotClient
from connector.destinations.hubspot.owners import Owners
from connector.destinations.hubspot.reading import (
    ROWS,
    SEARCHED,
    Filter,
    Found,
    associated,
    chunks,
    page_after,
    within,
)
from connector.destinations.hubspot.settings import NAME
from connector.destinations.hubspot.values import moment
from connector.errors import BatchRejectedError, ForbiddenError
from connector.model import Activities, Outreach, OutreachKind

AT, OWNER, SEQUENCE = "hs_timestamp", "hubspot_owner_id", "hs_sequence_id"
COMPANY, COMPANIES = "associations.company", "companies"


@dataclass(frozen=True, slots=True)
class _Log:
    """An object type that holds one kind. Whose `status` is in `undone` never took place."""

    name: str
    kind: OutreachKind
    filters: tuple[Filter, ...]
    status: str
    undone: frozenset[str]


_LOGS = (
    _Log(
        "calls",
        OutreachKind.CALL,
        ({"propertyName": "hs_call_direction", "operator": "EQ", "value": "OUTBOUND"},),
        "hs_call_status",
        frozenset({"CANCELED", "FAILED", "QUEUED"}),
    ),
    _Log("meetings", OutreachKind.MEETING, (), "hs_meeting_outcome", frozenset({"CANCELED", "RESCHEDULED"})),
    _Log(
        "emails",
        OutreachKind.EMAIL,
        # Neither what came in nor what was forwarded to the CRM; marketing e-mail is not kept here at all.
        ({"propertyName": "hs_email_direction", "operator": "EQ", "value": "EMAIL"},),
        "hs_email_status",
        frozenset({"BOUNCED", "FAILED", "SCHEDULED"}),
    ),
)


def outreach(
    client: HubSpotClient, owners: Owners, records: Sequence[str], since: datetime, until: datetime
) -> Activities:
    """What was done since <= moment < until on these companies."""
    found: list[Outreach] = []
    unreadable: dict[OutreachKind, str] = {}
    for log in _LOGS if records else ():
        try:
            rows = [row for some in chunks(records, ROWS) for row in _rows(client, log, some, since, until)]
            companies = _companies(client, log, rows)
        except (ForbiddenError, BatchRejectedError) as refused:
            unreadable[log.kind] = str(refused)
            continue
        found += _outreaches(log, rows, companies, set(records), owners)
    return Activities(tuple(dict.fromkeys(found)), unreadable)


def _rows(
    client: HubSpotClient, log: _Log, companies: Sequence[str], since: datetime, until: datetime
) -> Iterator[Found]:
    filters = [
        {"propertyName": COMPANY, "operator": "IN", "values": list(companies)},
        *within(AT, since, until),
        *log.filters,
    ]
    after, full = "", True
    while full:
        page = page_after(client, log.name, filters, after, [AT, OWNER, SEQUENCE, log.status])
        yield from (row for row in page if _counts(log, row["properties"]))
        full = len(page) == SEARCHED
        after = str(page[-1]["id"]) if page else ""


def _counts(log: _Log, values: Mapping[str, str | None]) -> bool:
    return values.get(log.status) not in log.undone and not values.get(SEQUENCE)


def _companies(client: HubSpotClient, log: _Log, rows: Sequence[Found]) -> list[tuple[str, str]]:
    ids = list(dict.fromkeys(str(row["id"]) for row in rows))
    return [pair for some in chunks(ids, 1_000) for pair in associated(client, log.name, COMPANIES, some)]


def _outreaches(
    log: _Log, rows: Sequence[Found], companies: Sequence[tuple[str, str]], asked: Collection[str], owners: Owners
) -> Iterator[Outreach]:
    by_id: Mapping[str, Found] = {str(row["id"]): row for row in rows}
    for record_id, company in companies:
        values = by_id[record_id]["properties"]
        at = moment(values.get(AT))
        if company in asked and at:
            yield Outreach(NAME, record_id, log.kind, company, _author(values.get(OWNER), owners), at)


def _author(owner_id: str | None, owners: Owners) -> str | None:
    owner = owners.get(owner_id) if owner_id else None
    return (owner.email if owner else None) or owner_id or None
