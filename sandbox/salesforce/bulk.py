"""The org's Bulk 2.0 ingest jobs, and how a test wants them to go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.salesforce.bulk_csv import BadFile, Dialect
from sandbox.salesforce.bulk_job import Job
from sandbox.salesforce.errors import RowError, not_found
from sandbox.salesforce.usage import Usage
from sandbox.salesforce.values import stamp

KEPT = timedelta(days=7)
LOCKED = "unable to obtain exclusive access to this record or 1 records: "
UNFINISHED = "InternalServerError : A batch could not be finished within the retries allowed"


@dataclass
class Bulk:
    """Jobs by id, the daily allowance of batches, and the orders of the control side.

    A closed job is seen InProgress by `polls` polls and finished by the next; until then a proportional share of
    its batches of `batch_rows` records is done, never more than 50,000 records by one poll. With `seconds_per_row`
    it also takes that long for each record.
    `max_bytes` limits an upload as Salesforce keeps it, in base64. The next `lock_rows` records are refused as
    locked. `fail_batch` makes the batch of that number, counted from 1, fail its job: what was not processed by
    then never is; `fail_words` is then the job's errorMessage (unproven).
    """

    clock: Callable[[], datetime]
    batches: Usage
    polls: int = 1
    batch_rows: int = 10_000
    seconds_per_row: float = 0.0
    max_bytes: int = 150_000_000
    lock_rows: int = 0
    fail_batch: int | None = None
    fail_words: str = UNFINISHED
    jobs: dict[str, Job] = field(default_factory=dict)
    _made: int = 0

    def open(self, operation: str, name: str, external_id: str | None, dialect: Dialect, version: str) -> Job:
        """A new job, waiting for its upload."""
        self._made += 1
        now, job_id = self.clock(), f"750{self._made:012d}AAA"
        job = Job(job_id, operation, name, external_id, dialect, version, now, stamp(now), modified=stamp(now))
        self.jobs[job.id] = job
        return job

    def job(self, job_id: str) -> Job:
        """The job. Raises RestError 404, also for one older than seven days."""
        job = self.jobs.get(job_id)
        if job is None or job.created_at < self.clock() - KEPT:
            raise not_found()
        return job

    def move(self, job: Job, state: str, error: str | None = None) -> None:
        """Put a job into a state."""
        job.state, job.error, job.modified = state, error, stamp(self.clock())

    def take_batch(self, job: Job, number: int) -> None:
        """Use up one batch of the daily allowance. Raises BadFile where the job ends instead."""
        if self.fail_batch == number:
            self.fail_batch, job.retries = None, 20
            raise BadFile(self.fail_words)
        if not self.batches.left(self.clock()):
            raise BadFile("ExceededQuota : ApiBatchItems Limit exceeded.")
        self.batches.count(self.clock())

    def refuse_if_locked(self, record_id: str) -> None:
        """Raise RowError UNABLE_TO_LOCK_ROW for the records a test wants locked."""
        if self.lock_rows > 0:
            self.lock_rows -= 1
            raise RowError("UNABLE_TO_LOCK_ROW", f"{LOCKED}{record_id}")

    def set(self, wanted: dict[str, Any]) -> None:
        """Take the orders of the control side. Raises KeyError for one it does not know."""
        for name, value in wanted.items():
            self._set(name, value)

    def _set(self, name: str, value: Any) -> None:
        kinds = {"seconds_per_row": float, "fail_words": str}
        if name not in {"polls", "batch_rows", "max_bytes", "lock_rows", "fail_batch", *kinds}:
            raise KeyError(name)
        setattr(self, name, kinds.get(name, int)(value))
