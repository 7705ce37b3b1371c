"""How Salesforce says no, in our words: to a whole request, or to one row of it (A3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
from simple_salesforce.exceptions import SalesforceError

from connector.errors import (
    AccessError,
    BatchRejectedError,
    ConfigError,
    DestinationError,
    QuotaError,
    RateLimitedError,
    TransientError,
)
from connector.model import Outcome, OutcomeKind, Write

CONCURRENCY_WAIT = 5.0  # seconds; Salesforce sends no Retry-After (A3)
NO_ANSWER = "NO_ANSWER"

# Nothing is wrong with the record: it stays due and is tried again by the next run.
TRY_AGAIN: Mapping[str, str] = {
    "UNABLE_TO_LOCK_ROW": "another process held the record; it is tried again by the next run",
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": "rolled back for a neighbour's sake; it is tried again by the next run",
    "PROCESSING_HALTED": "stopped for a neighbour's sake; it is tried again by the next run",
    "QUERY_TIMEOUT": "the org was too busy; it is tried again by the next run",
    "REQUEST_RUNNING_TOO_LONG": "the org was too busy; it is tried again by the next run",
    "SERVER_UNAVAILABLE": "the org was not available; it is tried again by the next run",
    "UNKNOWN_EXCEPTION": "Salesforce failed without a reason; it is tried again by the next run",
    "UNPROCESSED": "the job ended before it came to this record; it is tried again by the next run",
    NO_ANSWER: "Salesforce did not say what became of it; it is tried again by the next run",
}

# A person has to change something first.
ADVICE: Mapping[str, str] = {
    "DUPLICATE_VALUE": "another record holds this unique value: merge the two, or clear one of them",
    "DUPLICATE_EXTERNAL_ID": "several records carry this key: make the key field unique and merge them",
    "DUPLICATES_DETECTED": "a duplicate rule stopped it: link the account to the record that is already there",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule refuses it: exempt the integration user or fix the data",
    "REQUIRED_FIELD_MISSING": "the object needs a field the mapping does not fill: map it or make it optional",
    "INVALID_FIELD": "the field is missing or hidden from the integration user: run `plsync check`",
    "INVALID_FIELD_FOR_INSERT_UPDATE": "the integration user may not edit this field: grant it in a permission set",
    "STRING_TOO_LONG": "the value is longer than the field: widen the field",
    "NUMBER_OUTSIDE_VALID_RANGE": "the number has more digits than the field: widen the field",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "the picklist lacks this value: add it or map it to one it has",
    "INVALID_TYPE_ON_FIELD_IN_RECORD": "the field's type changed: run `plsync check`",
    "INVALID_EMAIL_ADDRESS": "the e-mail address is malformed: fix it in the warehouse",
    "INVALID_CROSS_REFERENCE_KEY": "the record is gone or hidden from the integration user: link the account again",
    "ENTITY_IS_DELETED": "the record was deleted in Salesforce: restore it or link the account again",
    "MALFORMED_ID": "the remembered record id is not one of Salesforce's: link the account again",
    "CANNOT_UPDATE_CONVERTED_LEAD": "the lead was converted: link the account to what it became",
    "INSUFFICIENT_ACCESS_OR_READONLY": "the integration user may not edit this record: share it with that user",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "the integration user cannot see a related record: share it",
}
UNLISTED = "see the message; once corrected, `plsync retry` sends it again"


def refusal(status: int, code: str, message: str, where: str) -> DestinationError:
    """The error for a request refused as a whole, by what the caller can do about it."""
    said = f"salesforce refused {where}: {code}: {message} (HTTP {status})"
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(said, message)
    if status >= 500 or status in (408, 429) or code in TRY_AGAIN:
        return TransientError(said)
    if status in (401, 403):
        return AccessError(f"{said}. Check the connected app and what the integration user may do.")
    return BatchRejectedError(said, code)


def _limit(said: str, message: str) -> DestinationError:
    # One code for two limits; only the words tell them apart.
    if "Concurrent" in message:
        return RateLimitedError(said, CONCURRENCY_WAIT)
    return QuotaError(f"{said}. The org's daily API calls are used up; the rest waits for the window to roll.")


def refused_row(write: Write, code: str, message: str) -> Outcome:
    """The outcome of a row Salesforce refused: deferred when the record is not to blame, else rejected."""
    if code in TRY_AGAIN:
        return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, code, message, TRY_AGAIN[code])
    return Outcome(write.key, OutcomeKind.REJECTED, write.record_id, code, message, ADVICE.get(code, UNLISTED))


def first_error(body: Any, status: int) -> tuple[str, str]:
    """Code and message of an error body, whatever its shape: a list, an OAuth object, or a page of HTML."""
    entry = body[0] if isinstance(body, list) and body else body
    if not isinstance(entry, dict):
        return f"HTTP_{status}", "the answer was not Salesforce's own; something between us and the org spoke"
    code = entry.get("errorCode") or entry.get("statusCode") or entry.get("error") or f"HTTP_{status}"
    return str(code), str(entry.get("message") or entry.get("error_description") or "no message")


@contextmanager
def reading() -> Iterator[None]:
    """A read refused as such asks for an object or field that is not there: a person must change the mappings."""
    try:
        yield
    except BatchRejectedError as refused:
        raise ConfigError([f"{refused}. Correct the name, or show the field to the integration user."]) from refused


@contextmanager
def translating(where: str) -> Iterator[None]:
    """Let nothing of the library's errors through: each becomes one of ours, by what the caller does next."""
    try:
        yield
    except SalesforceError as error:
        code, message = first_error(error.content, error.status)
        raise refusal(error.status, code, message, where) from error
    except requests.exceptions.JSONDecodeError as error:
        raise TransientError(f"salesforce answered {where} with something that is not JSON") from error
    except requests.exceptions.SSLError as error:
        raise _untrusted(error, where) from error
    except (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    ) as error:
        raise TransientError(f"salesforce did not complete {where}: {type(error).__name__}") from error


def _untrusted(error: Exception, where: str) -> DestinationError:
    if "CERTIFICATE_VERIFY_FAILED" not in str(error):
        return TransientError(f"salesforce did not complete {where}: the TLS connection broke")
    return AccessError("salesforce's certificate is not trusted here. Check instance_url, or name its CA in ca_bundle.")
