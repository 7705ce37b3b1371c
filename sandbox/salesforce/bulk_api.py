"""/jobs/ingest: create, upload, close, poll, collect, delete (A2)."""

from __future__ import annotations

from sandbox.salesforce.bulk_csv import DELIMITERS, LINE_ENDINGS, Dialect
from sandbox.salesforce.bulk_job import FINISHED, Job
from sandbox.salesforce.bulk_work import advance
from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import RestError, not_found
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.schema import SObject

OPERATIONS = ("insert", "update", "upsert", "delete")
CSV = {"Content-Type": "text/csv"}  # no charset: clients that guess one garble names (A7)
RESULTS = {
    "successfulresults": Job.successful,
    "failedresults": Job.failed,
    "unprocessedrecords": Job.unprocessed,
}
ONE_PUT = (
    "Found multiple contents for job: <{}>, please 'Close' / 'Abort' / 'Delete' the current Job then create a new Job "
    "and make sure you only do 'PUT' once on a given Job."
)


def create(call: Call) -> Answer:
    """POST: a new job, answered with 200. Raises RestError 400."""
    wanted = call.json_object()
    operation = _one_of("operation", wanted.get("operation"), OPERATIONS)
    _one_of("contentType", wanted.get("contentType", "CSV"), ("CSV",))
    sobject = _sobject(wanted.get("object"))
    external_id = _external_id(sobject, wanted.get("externalIdFieldName")) if operation == "upsert" else None
    dialect = Dialect(
        _one_of("lineEnding", wanted.get("lineEnding", "LF"), tuple(LINE_ENDINGS)),
        _one_of("columnDelimiter", wanted.get("columnDelimiter", "COMMA"), tuple(DELIMITERS)),
    )
    if not call.org.bulk.batches.left(call.org.clock()):
        raise RestError(400, "EXCEEDEDQUOTA", "ApiBatchItems Limit exceeded.")
    job = call.org.bulk.open(operation, sobject.name, external_id, dialect, call.version)
    return Answer(job.fresh(), kind="bulk_create", detail={"job": job.id})


def upload(call: Call) -> Answer:
    """PUT contentUrl: the whole CSV, once, answered with 201 and no body. Raises RestError 400, 404 or 413."""
    job = _job(call)
    if job.state != "Open":
        raise _wrong_state(job, "take an upload")
    if job.content is not None:
        raise RestError(400, "INVALIDJOB", ONE_PUT.format(job.id))
    content = _content(call)
    if len(content) * 4 // 3 > call.org.bulk.max_bytes:
        message = f"the upload exceeds {call.org.bulk.max_bytes} bytes in base64: {len(content)} bytes were sent"
        raise RestError(413, "CLIENTINPUTERROR", message)
    job.content = content
    return Answer(b"", 201, kind="bulk_upload", detail={"job": job.id, "bytes": len(content)})


def close(call: Call) -> Answer:
    """PATCH state: UploadComplete lets the org begin, Aborted stops it. Raises RestError 400 or 404."""
    job = _job(call)
    state = _one_of("state", call.json_object().get("state"), ("UploadComplete", "Aborted"))
    if job.state in FINISHED or (state == "UploadComplete" and job.state != "Open"):
        raise _wrong_state(job, f"become {state}")
    job.ready_at = call.org.monotonic()
    call.org.bulk.move(job, state)
    return Answer(job.short(), kind="bulk_close", detail={"job": job.id})


def poll(call: Call) -> Answer:
    """GET one job; the org's work advances by it. Raises RestError 404."""
    job = _job(call)
    advance(call.org, job)
    return Answer(job.told(), kind="bulk_poll", detail={"job": job.id, "records": job.processed})


def listing(call: Call) -> Answer:
    """GET every job, on one page."""
    jobs = [job.listed() for job in call.org.bulk.jobs.values()]
    return Answer({"done": True, "nextRecordsUrl": None, "records": jobs}, kind="bulk_poll")


def results(call: Call) -> Answer:
    """GET a results file; 204 before the job has ended (OpenFn/adaptors issue 886). Raises RestError 404."""
    write = RESULTS.get(call.args["results"].lower())
    if write is None:
        raise not_found()
    job = _job(call)
    detail = {"job": job.id, "records": job.processed}
    if job.state not in FINISHED:
        return Answer(None, 204, kind="bulk_results", detail=detail)
    return Answer(write(job), 200, CSV, kind="bulk_results", detail=detail)


def delete(call: Call) -> Answer:
    """DELETE a job that has ended or not begun. Raises RestError 400 or 404."""
    job = _job(call)
    if job.state not in (*FINISHED, "UploadComplete"):
        raise _wrong_state(job, "be deleted")
    del call.org.bulk.jobs[job.id]
    return Answer(None, 204, kind="bulk_delete", detail={"job": job.id})


def _job(call: Call) -> Job:
    return call.org.bulk.job(call.args["job"])


def _wrong_state(job: Job, what: str) -> RestError:
    return RestError(400, "INVALIDJOBSTATE", f"a job in state {job.state} cannot {what}: {job.id}")


def _one_of(member: str, given: object, known: tuple[str, ...]) -> str:
    if given not in known:
        raise RestError(400, "INVALIDJOB", f"{member} must be one of {', '.join(known)}: {given}")
    return str(given)


def _sobject(name: object) -> SObject:
    found = find_object(str(name))
    if found is None:
        raise RestError(400, "INVALIDENTITY", f"Entity '{name}' is not supported by the Bulk API.")
    return found


def _external_id(sobject: SObject, name: object) -> str:
    field = sobject.field(str(name))
    if field is None or not (field.external_id or field.name == "Id"):
        raise RestError(400, "INVALIDJOB", f"an upsert needs an externalIdFieldName that is an external id: {name}")
    return field.name


def _content(call: Call) -> bytes:
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/csv" or not isinstance(call.body, bytes):
        raise RestError(400, "CLIENTINPUTERROR", f"the upload must be text/csv, not {kind or 'without a Content-Type'}")
    return call.body
