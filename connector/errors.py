"""Errors, grouped by what the caller does next. One file, so that a new failure has to choose.

PlsyncError
├── ConfigError            a person must change configuration, mappings or rules    (exit 2)
├── RefusedPlanError       a person must approve the plan first                     (exit 3)
├── WarehouseError         the warehouse cannot be read                             (exit 4)
│   └── ContentError       it holds what it must not; a person must correct that    (exit 2)
├── StoreError             our own database is missing, old or busy                 (exit 4)
├── InvalidValueError      this value cannot go into this field; the record is named invalid
└── DestinationError       a system we deliver to                                   (exit 4)
    ├── TransientError     try again later; nothing is wrong with the request
    │   └── RateLimitedError    try again after `retry_after` seconds
    ├── QuotaError         the daily allowance is used up; defer what is left
    ├── BatchRejectedError the whole batch was refused; isolate the culprit
    └── AccessError        credentials or permissions: stop the run
        └── ForbiddenError the credentials are good, but this one thing is not ours to see

Anything else is unknown: it propagates, the run is marked failed, and it is never retried.
"""

from __future__ import annotations

from collections.abc import Sequence


class PlsyncError(Exception):
    """Root of every error plsync raises on purpose. `str()` is advice a person can act on."""


class ConfigError(PlsyncError):
    """Configuration, mappings or rules are wrong. Carries every problem found, not the first."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class RefusedPlanError(PlsyncError):
    """The plan is outside its guards and waits for a person's word (D25)."""


class WarehouseError(PlsyncError):
    """The warehouse cannot be reached, or refuses to be read."""


class ContentError(WarehouseError):
    """The warehouse holds something else than was declared: missing or repeated keys, values of another type."""


class StoreError(PlsyncError):
    """The store is missing, behind its revisions, or busy beyond patience."""


class InvalidValueError(PlsyncError):
    """A warehouse value cannot be represented in the destination field."""


class DestinationError(PlsyncError):
    """A CRM or Slack could not do what was asked."""


class TransientError(DestinationError):
    """Nothing is wrong with the request: time-out, reset, 5xx, row lock."""


class RateLimitedError(TransientError):
    """Too many requests in the window. `retry_after` is in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class QuotaError(DestinationError):
    """The daily allowance is used up. What is left is deferred and reported."""


class BatchRejectedError(DestinationError):
    """The destination refused a whole batch for the sake of one record. `code` is its own word."""

    def __init__(self, message: str, code: str) -> None:
        self.code = code
        super().__init__(message)


class AccessError(DestinationError):
    """Credentials or permissions. Stops the run."""


class ForbiddenError(AccessError):
    """The credentials are good, but they do not reach this: a scope or a permission is missing."""
