"""What is sent to a CRM, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.model.values import Canonical

CHANGED_MEANWHILE = "CHANGED_MEANWHILE"  # the code of a guarded write that came too late


@dataclass(frozen=True, slots=True)
class Write:
    """One record to send. `record_id` None means create by key. `fields` are canonical."""

    key: str
    record_id: str | None
    fields: Mapping[str, Canonical]


class OutcomeKind(StrEnum):
    """What became of one planned record."""

    UPDATED = "updated"
    CREATED = "created"
    LINKED = "linked"
    UNCHANGED = "unchanged"
    HELD = "held"
    DEFERRED = "deferred"
    REJECTED = "rejected"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: always one per planned record, in the CRM's own words where it spoke."""

    key: str
    kind: OutcomeKind
    record_id: str | None = None
    code: str | None = None
    message: str | None = None
    advice: str | None = None
    candidates: tuple[str, ...] = ()  # record ids, where there was more than one


@dataclass(frozen=True, slots=True)
class BulkJob:
    """A load a CRM takes as a job. Its records are named by record id, or by `match_field` where it may create."""

    id: str
    object: str
    match_field: str | None = None


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job whose outcomes are not all remembered yet: in which CRM, of which mapping, and by which run."""

    job: BulkJob
    destination: str
    mapping: str
    run_id: str


class JobPhase(StrEnum):
    """How far a bulk job has come."""

    OPEN = "open"  # waits for its upload
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"  # what was processed stays written, the rest was not touched
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class JobState:
    """What a CRM says of a bulk job. `processed` and `failed` count records, the failed ones among the processed."""

    id: str
    state: JobPhase
    processed: int = 0
    failed: int = 0
    message: str | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it, so that its outcomes can be read."""
        return self.state in (JobPhase.DONE, JobPhase.FAILED, JobPhase.ABORTED)
