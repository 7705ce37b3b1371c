"""What an org knows of outreach: tasks and events, whose AccountId also those of contacts and opportunities have (D40).

One call for a batch of accounts, and a second one where e-mails were found: a task does not say whether its e-mail
came in. A lead's activities have no account; they are not looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import Refusal, Row, query_each
from connector.destinations.salesforce.settings import NAME
from connector.destinations.salesforce.soql import is_id, is_in, literal, packed, select
from connector.destinations.salesforce.values import flat, moment
from connector.model import Activities, Canonical, Outreach, OutreachKind

KINDS = {"Call": OutreachKind.CALL, "Email": OutreachKind.EMAIL}  # not ListEmail, not Cadence: those are bulk (D40)
OUTBOUND = ("Outbound", None)  # whoever logs a call by hand need not say; Inbound and Internal are none of ours
COMPLETED, BEGAN = "CompletedDateTime", "StartDateTime"
OWNER = ("OwnerId", "Owner.Email")


def outreach(client: SalesforceClient, records: Sequence[str], since: datetime, until: datetime) -> Activities:
    """What was done since <= moment < until on these accounts."""
    ids = [each for each in records if is_id(each)]
    if not ids:
        return Activities()
    tasks, events = query_each(client, [_tasks(ids, since, until), _events(ids, since, until)])
    calls, meetings = _of_tasks(client, tasks), _of_events(events)
    return Activities((*calls.found, *meetings.found), {**calls.unreadable, **meetings.unreadable})


def _of_tasks(client: SalesforceClient, tasks: list[Row] | Refusal) -> Activities:
    if not isinstance(tasks, list):
        return Activities((), dict.fromkeys(KINDS.values(), str(tasks)))
    tasks = [row for row in tasks if row["CallType"] in OUTBOUND]
    inbound = _inbound(client, [str(row["Id"]) for row in tasks if row["TaskSubtype"] == "Email"])
    if not isinstance(inbound, set):
        calls = (row for row in tasks if row["TaskSubtype"] == "Call")
        return Activities(tuple(map(_task, calls)), {OutreachKind.EMAIL: str(inbound)})
    return Activities(tuple(_task(row) for row in tasks if row["Id"] not in inbound))


def _of_events(events: list[Row] | Refusal) -> Activities:
    if not isinstance(events, list):
        return Activities((), {OutreachKind.MEETING: str(events)})
    return Activities(tuple(_outreach(row, OutreachKind.MEETING, BEGAN) for row in events))


def _tasks(ids: Sequence[str], since: datetime, until: datetime) -> str:
    conditions = [
        is_in("AccountId", ids),
        is_in("TaskSubtype", list(KINDS)),
        "IsClosed = TRUE",  # whatever the org calls a completed task
        _within(COMPLETED, since, until),
    ]
    return select(["Id", "AccountId", "TaskSubtype", "CallType", COMPLETED, *OWNER], "Task", [" AND ".join(conditions)])


def _events(ids: Sequence[str], since: datetime, until: datetime) -> str:
    conditions = [is_in("AccountId", ids), _within(BEGAN, since, until)]
    return select(["Id", "AccountId", BEGAN, *OWNER], "Event", [" AND ".join(conditions)])


def _within(stamp: str, since: datetime, until: datetime) -> str:
    return f"{stamp} >= {literal(since)} AND {stamp} < {literal(until)}"


def _inbound(client: SalesforceClient, emails: Sequence[str]) -> set[str] | Refusal:
    """Of tasks that are e-mails, those that came in. Where that cannot be told, no e-mail proves anything."""
    found = set[str]()
    for some in packed(emails):
        soql = select(["ActivityId"], "EmailMessage", [f"Incoming = TRUE AND {is_in('ActivityId', some)}"])
        (rows,) = query_each(client, [soql])
        if not isinstance(rows, list):
            return rows
        found |= {str(row["ActivityId"]) for row in rows}
    return found


def _task(row: Row) -> Outreach:
    return _outreach(row, KINDS[row["TaskSubtype"]], COMPLETED)


def _outreach(row: Row, kind: OutreachKind, stamp: str) -> Outreach:
    values = flat(row)
    at = moment(values.get(stamp))
    assert at is not None, f"{kind} {row['Id']} was found by a {stamp} it does not have"
    by = _text(values.get("Owner.Email")) or _text(values.get("OwnerId"))
    return Outreach(NAME, str(row["Id"]), kind, str(row["AccountId"]), by, at)


def _text(value: Canonical) -> str | None:
    return None if value is None else str(value)
