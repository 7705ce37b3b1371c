"""How HubSpot says no, in our words: to a whole request, or to one row of it (B2, B3)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hubspot.crm.objects.exceptions import ApiException
from urllib3.exceptions import HTTPError

from connector.errors import (
    AccessError,
    BatchRejectedError,
    ConfigError,
    DestinationError,
    ForbiddenError,
    QuotaError,
    RateLimitedError,
    TransientError,
)
from connector.model import Outcome, OutcomeKind, Write

ROLLING_WAIT = 10.0  # seconds: the length of the rolling window (B2)
SECONDLY_WAIT = 1.0  # seconds: search is limited by the second (B2)
LOCKED_WAIT = 2.0  # seconds: the least to wait on a 423 (B2)
NO_ANSWER = "NO_ANSWER"

# Nothing is wrong with the record: it stays due and is tried again by the next run.
TRY_AGAIN: Mapping[str, str] = {
    "INTERNAL_ERROR": "HubSpot failed without a reason; it is tried again by the next run",
    "RATE_LIMITS": "HubSpot was asked too much at once; it is tried again by the next run",
    "LOCKED": "another process held the record; it is tried again by the next run",
    NO_ANSWER: "HubSpot did not say what became of it; it is tried again by the next run",
}

# A person has to change something first.
ADVICE: Mapping[str, str] = {
    "CONFLICT": "another record holds this unique value: merge the two, or clear one of them",
    "INVALID_OPTION": "the property lacks this option: add it or map it to one it has",
    "NOT_TAKEN": "a workflow or rule changed it: take the property out of the mapping, or lift the rule",
    "OBJECT_NOT_FOUND": "the record was deleted or merged in HubSpot: restore it or link the account again",
    "PROPERTY_DOESNT_EXIST": "the property is missing: run `plsync check`",
    "READ_ONLY_VALUE": "HubSpot computes this property: take it out of the mapping",
    "VALIDATION_ERROR": "a value does not fit its property, or a rule of the portal refuses it: see the message",
}
UNLISTED = "see the message; once corrected, `plsync retry` sends it again"


def refusal(status: int, headers: Mapping[str, str], body: Mapping[str, Any], where: str) -> DestinationError:
    """The error for a request refused as a whole, by what the caller can do about it."""
    category = str(body.get("category") or body.get("errorType") or f"HTTP_{status}")
    said = f"hubspot refused {where}: {category}: {body.get('message', 'no message')} (HTTP {status})"
    if status == 429:
        return _limit(said, headers, body)
    if status in (401, 403):
        kind = AccessError if status == 401 else ForbiddenError
        return kind(f"{said}. Check hubspot.access_token and the scopes of its app or service key.")
    if status in (423, 477):
        return RateLimitedError(said, _retry_after(headers, LOCKED_WAIT))
    if status >= 500 or status == 408:
        return TransientError(said)
    return BatchRejectedError(said, category)


def _limit(said: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> DestinationError:
    if str(body.get("policyName", "")).upper() == "DAILY" or "daily" in str(body.get("message", "")).lower():
        return QuotaError(f"{said}. The account's daily calls are used up; the rest waits for its midnight.")
    secondly = "secondly" in str(body.get("message", "")) and "ten_secondly" not in str(body.get("message", ""))
    return RateLimitedError(said, _retry_after(headers, SECONDLY_WAIT if secondly else ROLLING_WAIT))


def _retry_after(headers: Mapping[str, str], otherwise: float) -> float:
    try:
        return float(headers.get("Retry-After", otherwise))
    except ValueError:
        return otherwise


def refused_row(write: Write, code: str, message: str) -> Outcome:
    """The outcome of a row HubSpot refused: deferred when the record is not to blame, else rejected."""
    if code in TRY_AGAIN:
        return Outcome(write.key, OutcomeKind.DEFERRED, write.record_id, code, message, TRY_AGAIN[code])
    return Outcome(write.key, OutcomeKind.REJECTED, write.record_id, code, message, ADVICE.get(code, UNLISTED))


def row_code(error: Mapping[str, Any]) -> str:
    """The most telling code of a row's error: what is wrong with its first property, else its category."""
    details = error.get("errors") or [{}]
    return str(details[0].get("code") or error.get("category") or "VALIDATION_ERROR")


@contextmanager
def reading() -> Iterator[None]:
    """A read refused as such asks for an object or property that is not there: a person must change the mappings."""
    try:
        yield
    except BatchRejectedError as refused:
        raise ConfigError([f"{refused}. Correct the name in the mappings."]) from refused


@contextmanager
def translating(where: str) -> Iterator[None]:
    """Let nothing of the library's errors through: each becomes one of ours, by what the caller does next."""
    try:
        yield
    except ApiException as error:
        raise refusal(error.status, error.headers or {}, _json_object(error.body), where) from error
    except HTTPError as error:
        raise TransientError(f"hubspot did not complete {where}: {type(error).__name__}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise TransientError(f"hubspot answered {where} with something that is not JSON") from error
    except AttributeError as error:
        # On a broken TLS handshake the library trips over the missing body of its own exception (B4).
        if not isinstance(error.__context__, ApiException):
            raise
        raise _untrusted(error.__context__, where) from error


def _untrusted(error: ApiException, where: str) -> DestinationError:
    if "CERTIFICATE_VERIFY_FAILED" not in str(error.reason):
        return TransientError(f"hubspot did not complete {where}: the TLS connection broke")
    return AccessError("hubspot's certificate is not trusted here. Check base_url, or name its CA in ca_bundle.")


def _json_object(body: str | bytes | None) -> dict[str, Any]:
    """An error's body, {} when it is not HubSpot's own: a gateway's page, or nothing."""
    try:
        found = json.loads(body or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
