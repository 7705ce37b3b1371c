"""One record at a time: read, create, change under a condition, find by external id (A1, A4)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import RestError, RowError, not_found
from sandbox.salesforce.paths import attributes
from sandbox.salesforce.schema import Field
from sandbox.salesforce.tables import Record


def read(call: Call) -> Answer:
    """GET /sobjects/{object}/{id}?fields=. Raises RestError 404."""
    return _show(call, _present(call.table.get(call.args["id"])))


def update(call: Call) -> Answer:
    """PATCH /sobjects/{object}/{id}, honouring If-Unmodified-Since. Raises RestError 400, 404 or 412."""
    record = _present(call.table.get(call.args["id"]))
    _check_unmodified(call, record)
    try:
        call.org.update(call.table, record["Id"], call.json_object(), call.saves_duplicates)
    except RowError as refusal:
        raise refusal.as_rest() from refusal
    return Answer(None, 204, kind="write", rows=1)


def create(call: Call) -> Answer:
    """POST /sobjects/{object}. Raises RestError 400."""
    try:
        record_id = call.org.insert(call.table, call.json_object(), call.saves_duplicates)
    except RowError as refusal:
        raise refusal.as_rest() from refusal
    location = {"Location": call.url(f"sobjects/{call.sobject.name}/{record_id}")}
    return Answer({"id": record_id, "success": True, "errors": []}, 201, location, kind="write", rows=1)


def read_by_external_id(call: Call) -> Answer:
    """GET /sobjects/{object}/{field}/{value}: the record, or 300 and their addresses when several match.

    Raises RestError 404.
    """
    field = external_id_field(call, call.args["field"])
    found = [each for each in call.table.find(field, call.args["value"]) if not each["IsDeleted"]]
    if len(found) > 1:
        urls = [attributes(call.sobject, each, call.version)["url"] for each in found]
        return Answer(urls, 300, kind="read", rows=len(urls))
    return _show(call, _present(found[0] if found else None))


def external_id_field(call: Call, name: str) -> Field:
    """The external id field called `name`. Raises RestError 404."""
    field = call.sobject.field(name)
    if field is None or not field.external_id:
        message = f"Provided external ID field does not exist or is not accessible: {name}"
        raise RestError(404, "NOT_FOUND", message)
    return field


def _present(record: Record | None) -> Record:
    if record is None:
        raise not_found()
    if record["IsDeleted"]:
        raise RestError(404, "ENTITY_IS_DELETED", "entity is deleted")
    return record


def _show(call: Call, record: Record) -> Answer:
    shown: dict[str, Any] = {"attributes": attributes(call.sobject, record, call.version)}
    wanted = call.query.get("fields")
    names = wanted.split(",") if wanted else [field.name for field in call.sobject.fields]
    for name in names:
        field = call.sobject.field(name)
        if field is None:
            raise RestError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {call.sobject.name}")
        shown[field.name] = record[field.name]
    return Answer(shown, kind="read", rows=1)


def _check_unmodified(call: Call, record: Record) -> None:
    """A4: compared by whole seconds, so a change within the same second slips through, as in a real org."""
    since = call.headers.get("if-unmodified-since")
    if since is None:
        return
    try:
        limit = parsedate_to_datetime(since)
    except ValueError:
        message = f"The value of the If-Unmodified-Since header is not an HTTP date: {since}"
        raise RestError(400, "INVALID_HTTP_HEADER", message) from None
    limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
    if datetime.fromisoformat(record["LastModifiedDate"]).replace(microsecond=0) > limit:
        raise RestError(412, "PRECONDITION_FAILED", "The record has been modified since the date given")
