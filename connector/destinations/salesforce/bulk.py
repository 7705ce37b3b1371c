"""Bulk 2.0: large loads as jobs Salesforce works on by itself (A2). A driver of our own, because the library's loses
job ids, garbles names and newlines, and keeps an expired token (A7).

    job = bulk.open_job("Account", "PLS_Account_Key__c", creates=False)     # commit job before going on
    bulk.upload(job, writes, fields)
    while not (state := bulk.job(job)).ended: ...
    for outcomes in bulk.outcomes(job, state, keys): ...                    # commit each batch

Two API calls to begin a job besides opening it, one per poll, one to three for the results.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from connector.destinations.salesforce.bulk_file import ID, MAX_BYTES, fits, read_file, write_file
from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.refusals import NO_ANSWER, refused_row
from connector.destinations.salesforce.writing import refused
from connector.errors import BatchRejectedError, DestinationError, TransientError
from connector.model import BulkJob, JobPhase, JobState, Outcome, OutcomeKind, Write

JOBS = "jobs/ingest"
BATCH = 1_000  # outcomes at a time: one transaction of the store (D32)
UNPROCESSED = "UNPROCESSED"

_PHASES = {
    "Open": JobPhase.OPEN,
    "UploadComplete": JobPhase.WORKING,
    "InProgress": JobPhase.WORKING,
    "JobComplete": JobPhase.DONE,
    "Failed": JobPhase.FAILED,
    "Aborted": JobPhase.ABORTED,
}
_ERROR = re.compile(r"(?P<code>[A-Z][A-Z0-9_]*):(?P<message>.*):[^:]*--\s*", re.DOTALL)


class SalesforceBulk:
    """The jobs of one org. Errors are those of the port."""

    def __init__(self, client: SalesforceClient, max_bytes: int = MAX_BYTES) -> None:
        self.max_bytes = max_bytes
        self._client = client

    def open_job(self, object_name: str, match_field: str, *, creates: bool) -> BulkJob:
        """A new job: an upsert by `match_field` when it `creates`, else an update by record id."""
        wanted = {"object": object_name, "contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF"}
        kind = {"operation": "upsert", "externalIdFieldName": match_field} if creates else {"operation": "update"}
        made = self._client.request("POST", JOBS, {**wanted, **kind})
        return BulkJob(_member(made, "id"), object_name, match_field if creates else None)

    def fits_bulk(self, write: Write) -> bool:
        """Whether a file can say what the write means (D50)."""
        return fits(write)

    def upload(self, job: BulkJob, writes: Iterable[Write], fields: Sequence[str]) -> None:
        """Upload every write as one CSV file, then let the job begin. The file is built on disk, in one pass."""
        with tempfile.TemporaryFile() as content:
            write_file(content, writes, job.match_field, fields, self.max_bytes)
            self._client.upload(f"{JOBS}/{job.id}/batches", content)
        self._begin(job)

    def job(self, job: BulkJob) -> JobState:
        """How far a job has come; one poll."""
        said = self._client.request("GET", f"{JOBS}/{job.id}")
        return JobState(
            id=job.id,
            state=_phase(said),
            processed=int(said.get("numberRecordsProcessed", 0)),
            failed=int(said.get("numberRecordsFailed", 0)),
            message=said.get("errorMessage") or None,
        )

    def abort(self, job: BulkJob) -> None:
        """Stop a job; one that has ended, or that the org no longer knows, is left as it is."""
        try:
            self._client.request("PATCH", f"{JOBS}/{job.id}", {"state": "Aborted"})
        except BatchRejectedError as error:
            if error.code not in ("INVALIDJOBSTATE", "NOT_FOUND"):
                raise

    def outcomes(self, job: BulkJob, state: JobState, keys: Mapping[str, str]) -> Iterator[list[Outcome]]:
        """One outcome per key, in batches. Each file is received whole before the first of its outcomes."""
        if not state.ended:
            raise ValueError(f"job {job.id} is {state.state}: its outcomes are not known yet")
        told = self._told(job, state, keys)
        while batch := list(islice(told, BATCH)):
            yield batch

    def _begin(self, job: BulkJob) -> None:
        """Close the upload. When no answer came, what became of it is asked: the job may have begun."""
        try:
            self._client.request("PATCH", f"{JOBS}/{job.id}", {"state": "UploadComplete"})
        except TransientError:
            if self.job(job).state is JobPhase.OPEN:
                raise

    def _told(self, job: BulkJob, state: JobState, keys: Mapping[str, str]) -> Iterator[Outcome]:
        silent = set(keys)
        for named, outcome in self._rows(job, state, keys):
            if named in silent:
                silent.remove(named)
                yield outcome
        for named in sorted(silent):
            yield refused_row(_write(job, named, keys), NO_ANSWER, f"the results of job {job.id} do not mention it")

    def _rows(self, job: BulkJob, state: JobState, keys: Mapping[str, str]) -> Iterator[tuple[str, Outcome]]:
        for named, (record_id, created) in self._read(job, "successfulResults", ("sf__Id", "sf__Created")):
            if named in keys:
                kind = OutcomeKind.CREATED if created == "true" else OutcomeKind.UPDATED
                yield named, Outcome(keys[named], kind, record_id)
        if state.failed or state.state is not JobPhase.DONE:
            for named, (_, error) in self._read(job, "failedResults", ("sf__Id", "sf__Error")):
                if named in keys:
                    yield named, _refused(_write(job, named, keys), error, job)
        if state.state is not JobPhase.DONE:
            why = f"job {job.id} ended before it: {state.message or state.state}"
            for named, _ in self._read(job, "unprocessedrecords", ()):
                if named in keys:
                    yield named, refused_row(_write(job, named, keys), UNPROCESSED, why)

    def _read(self, job: BulkJob, name: str, leading: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
        with tempfile.TemporaryFile() as content:
            self._client.download(f"{JOBS}/{job.id}/{name}", content)
            content.seek(0)
            yield from read_file(content, job.match_field or ID, leading=leading)


def _member(said: Any, name: str) -> str:
    if not isinstance(said, dict) or not said.get(name):
        raise TransientError(f"salesforce: {NO_ANSWER}: the job's {name} is missing")
    return str(said[name])


def _phase(said: Any) -> JobPhase:
    found = _PHASES.get(_member(said, "state"))
    if found is None:
        raise DestinationError(f"salesforce: a job is in a state plsync does not know: {said['state']}")
    return found


def _write(job: BulkJob, named: str, keys: Mapping[str, str]) -> Write:
    return Write(keys[named], None if job.match_field else named, {})


def _refused(write: Write, error: str, job: BulkJob) -> Outcome:
    """`error` reads CODE:message:Field, Field --."""
    found = _ERROR.fullmatch(error)
    code, message = (found["code"], found["message"]) if found else ("BULK_ERROR", error)
    return refused(write, code, message, job.match_field)
