"""Jobs of the CRM in memory: taken at once, worked on between polls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from connector.destinations.memory.crm import MemoryCrm
from connector.errors import BatchRejectedError
from connector.model import BulkJob, JobPhase, JobState, Outcome, OutcomeKind, Write

BATCH = 1_000


@dataclass
class _Load:
    """One job's writes, and the outcomes of those it came to."""

    state: JobState
    writes: list[Write] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


@dataclass
class MemoryBulk:
    """The jobs of one CRM in memory. A job ends at its `polls`-th poll.

    `breaks_after` ends the next job as failed once it has written that many records. `fits` tells `fits_bulk`. A write
    counts as one byte per field. Calls are counted, and fail, as those of the CRM do.
    """

    crm: MemoryCrm
    max_bytes: int = 1_000_000
    polls: int = 2
    breaks_after: int | None = None
    _loads: dict[str, _Load] = field(default_factory=dict)
    _polled: dict[str, int] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def forget(self) -> None:
        """Know no job of before any more, as a CRM does after a week."""
        self._loads.clear()

    def open_job(self, object_name: str, match_field: str, *, creates: bool) -> BulkJob:
        """A new job, waiting for its upload."""
        self._count("open_job")
        job = BulkJob(f"job-{next(self._numbers)}", object_name, match_field if creates else None)
        self._loads[job.id] = _Load(JobState(job.id, JobPhase.OPEN))
        return job

    def fits_bulk(self, write: Write) -> bool:
        """Whether none of the texts is one that jobs take for a clear."""
        return "#N/A" not in (write.key, *write.fields.values())

    def upload(self, job: BulkJob, writes: Iterable[Write], fields: Sequence[str]) -> None:
        """Keep the writes and begin. Raises as the port says."""
        taken = list(writes)
        strangers = [write.key for write in taken if not _belongs(write, job, fields)]
        if strangers:
            raise ValueError(f"{job.id} cannot take the writes of {', '.join(strangers)}")
        if sum(len(write.fields) for write in taken) > self.max_bytes:
            raise BatchRejectedError(f"{job.id} takes {self.max_bytes} bytes", "TOO_LARGE")
        self._count("upload")
        self._loads[job.id] = _Load(JobState(job.id, JobPhase.WORKING), taken)

    def job(self, job: BulkJob) -> JobState:
        """How far a job has come; it comes to its end by being asked."""
        self._count("job")
        if job.id not in self._loads:
            raise BatchRejectedError(f"there is no job {job.id}", "NOT_FOUND")
        load = self._loads[job.id]
        self._polled[job.id] = self._polled.get(job.id, 0) + 1
        if load.state.state is JobPhase.WORKING and self._polled[job.id] >= self.polls:
            self._work(job, load)
        return load.state

    def abort(self, job: BulkJob) -> None:
        """Stop a job that has not ended."""
        self._count("abort")
        load = self._loads[job.id]
        if not load.state.ended:
            load.state = replace(load.state, state=JobPhase.ABORTED)

    def outcomes(self, job: BulkJob, state: JobState, keys: Mapping[str, str]) -> Iterator[list[Outcome]]:
        """One outcome per key, in batches."""
        if not state.ended:
            raise ValueError(f"{job.id} is {state.state}")
        self._count("outcomes")
        known = {outcome.key: outcome for outcome in self._loads[job.id].outcomes}
        told = [known.get(key) or _unprocessed(job, named, key) for named, key in keys.items()]
        for start in range(0, len(told), BATCH):
            yield told[start : start + BATCH]

    def _count(self, method: str) -> None:
        self.crm.gate()
        self.crm.calls[method] += 1
        if self.crm.failures:
            raise self.crm.failures.popleft()

    def _work(self, job: BulkJob, load: _Load) -> None:
        most, self.breaks_after = self.breaks_after, None
        load.outcomes = self.crm.write_all(job.object, job.match_field or "", load.writes[:most])
        failed = sum(outcome.kind in (OutcomeKind.REJECTED, OutcomeKind.DEFERRED) for outcome in load.outcomes)
        phase = JobPhase.DONE if most is None else JobPhase.FAILED
        message = None if most is None else "a batch could not be finished"
        load.state = JobState(job.id, phase, len(load.outcomes), failed, message)


def _belongs(write: Write, job: BulkJob, fields: Sequence[str]) -> bool:
    named_alike = (write.record_id is None) == (job.match_field is not None)
    return named_alike and write.fields.keys() <= {*fields, job.match_field}


def _unprocessed(job: BulkJob, named: str, key: str) -> Outcome:
    record_id = None if job.match_field else named
    message = f"{job.id} ended before it"
    return Outcome(key, OutcomeKind.DEFERRED, record_id, "UNPROCESSED", message, "it is tried again by the next run")
