"""What our people did to reach an account, as the CRMs keep it, and the alerts that wait for it (D40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class OutreachKind(StrEnum):
    """What counts as an outreach."""

    CALL = "call"
    MEETING = "meeting"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Outreach:
    """An outbound call, a meeting or a one-to-one e-mail that a CRM keeps on an account's record.

    `by` is the e-mail of whoever did it, their id in the CRM where that tells no e-mail, None where it names nobody.
    """

    crm: str
    id: str
    kind: OutreachKind
    record_id: str
    by: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Activities:
    """What a CRM tells of outreach. `unreadable` are the kinds it lets nobody query here, with its own words for it."""

    found: tuple[Outreach, ...] = ()
    unreadable: Mapping[OutreachKind, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Awaited:
    """An alert whose outreach no CRM has shown yet; what happened before it was raised does not count."""

    account_key: str
    kind: str
    episode: str
    raised_at: datetime


UNREADABLE = "activities.unreadable"
"""A mark of the store: the CRMs, with blanks between, whose activities the last look could not read in full."""
PROOF = "outreach"
"""In an alert's payload: the activity by which a CRM shows that somebody reached out. Without it that is their word."""
