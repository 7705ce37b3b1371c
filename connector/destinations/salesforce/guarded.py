"""Writes that depend on nobody having changed the record since it was read: `concurrency_guard = "strict"` (A4).

Collections take no condition of a row's own. A composite takes 25 single updates, each with a header of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.composite import Answer, Part, together
from connector.destinations.salesforce.refusals import NO_ANSWER, first_error, refused_row
from connector.errors import BatchRejectedError, TransientError
from connector.model import CHANGED_MEANWHILE, Outcome, OutcomeKind, Write

ROWS = 25  # subrequests of one composite (A1)
TOO_LATE = "somebody changed the record after it was read"
AGAIN = "it is read and merged again"
PRECONDITION_FAILED = 412


def send_guarded(
    client: SalesforceClient, object_name: str, writes: Sequence[Write], unmodified_since: Mapping[str, datetime]
) -> list[Outcome]:
    """Update at most 25 records by id, each under its condition: one call, one outcome per write.

    Salesforce compares whole seconds: a change within the second of the read slips through.
    """
    if not writes:
        return []
    parts = [_part(object_name, write, unmodified_since) for write in writes]
    return [_outcome(write, answer) for write, answer in zip(writes, together(client, parts), strict=True)]


def _part(object_name: str, write: Write, unmodified_since: Mapping[str, datetime]) -> Part:
    since = unmodified_since.get(write.record_id or "")
    if since is None:
        raise ValueError(f"account {write.key}: no moment to guard its write by")
    headers = {"If-Unmodified-Since": format_datetime(since.astimezone(UTC), usegmt=True)}
    return Part("PATCH", f"sobjects/{object_name}/{write.record_id}", dict(write.fields), headers)


def _outcome(write: Write, answer: Answer) -> Outcome:
    if answer.status == PRECONDITION_FAILED:
        return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, CHANGED_MEANWHILE, TOO_LATE, AGAIN)
    error = answer.error(f"the update of {write.record_id}")
    if error is None:
        return Outcome(write.key, OutcomeKind.UPDATED, write.record_id)
    if isinstance(error, BatchRejectedError):
        return refused_row(write, *first_error(answer.body, answer.status))
    if isinstance(error, TransientError):
        return refused_row(write, NO_ANSWER, str(error))
    raise error
