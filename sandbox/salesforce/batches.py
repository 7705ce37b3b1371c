"""sObject collections: up to 200 records written, or 2,000 read, in one call (A1).

A malformed request is refused whole; a refused row sits among the results, in request order, under HTTP 200.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import RestError, RowError
from sandbox.salesforce.objects import find_object
from sandbox.salesforce.paths import attributes, no_such_column
from sandbox.salesforce.schema import Field
from sandbox.salesforce.single_rows import external_id_field
from sandbox.salesforce.tables import Record, Table
from sandbox.salesforce.values import fold
from sandbox.salesforce.writing import upsert_target

MAX_WRITTEN = 200
MAX_READ = 2_000
ROLLED_BACK = RowError(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

Result = dict[str, Any]
WriteRow = Callable[[Record], Result]


def update(call: Call) -> Answer:
    """PATCH /composite/sobjects: change by Id, never create. Raises RestError 400."""

    def write(record: Record) -> Result:
        record_id = _id_of(record)
        if record_id is None:
            raise RowError("MISSING_ARGUMENT", "Id not specified in an update call", "Id")
        call.org.update(_table(call, record), record_id, _values(record), call.saves_duplicates)
        return {"id": record_id, "success": True, "errors": []}

    return _each(call, write)


def create(call: Call) -> Answer:
    """POST /composite/sobjects. Raises RestError 400."""

    def write(record: Record) -> Result:
        if _id_of(record) is not None:
            raise RowError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
        made = call.org.insert(_table(call, record), _values(record), call.saves_duplicates)
        return {"id": made, "success": True, "errors": []}

    return _each(call, write)


def upsert(call: Call) -> Answer:
    """PATCH /composite/sobjects/{object}/{external id field}: change what matches, create what does not.

    Raises RestError 400 or 404.
    """
    by = external_id_field(call, call.args["field"])
    table = call.table
    seen = Counter(fold(by, _value_of(record, by)) for record in _records(call))

    def write(record: Record) -> Result:
        if _table(call, record) is not table:
            raise RowError("INVALID_TYPE", f"every record must be of type {table.sobject.name}")
        if _id_of(record) is not None:
            raise RowError("INVALID_FIELD", "The Id field should not be specified in the sobject data.", "Id")
        found = upsert_target(table, by, _value_of(record, by), seen)
        if found is None:
            record_id = call.org.insert(table, _values(record), call.saves_duplicates)
            return {"id": record_id, "success": True, "errors": [], "created": True}
        call.org.update(table, found["Id"], _values(record), call.saves_duplicates)
        return {"id": found["Id"], "success": True, "errors": [], "created": False}

    return _each(call, write)


def retrieve(call: Call) -> Answer:
    """POST or GET /composite/sobjects/{object}: records in the order of the ids, null where there is none.

    Raises RestError 400 INVALID_FIELD for an unknown field.
    """
    ids, names = _what_to_read(call)
    if len(ids) > MAX_READ:
        raise RestError(400, "EXCEEDED_ID_LIMIT", f"cannot retrieve more than {MAX_READ} records: {len(ids)} asked")
    fields = [_readable(call, name) for name in names]
    return Answer([_read_one(call, str(each), fields) for each in ids], kind="read", rows=len(ids))


def _each(call: Call, write: WriteRow) -> Answer:
    """Write every record, refusals in their places; with allOrNone one refusal undoes all."""
    mark = call.org.tables.mark()
    results = [_attempt(write, record) for record in _records(call)]
    if call.json_object().get("allOrNone") and not all(result["success"] for result in results):
        call.org.tables.roll_back(mark)
        results = [ROLLED_BACK.result() if result["success"] else result for result in results]
    return Answer(results, kind="write", rows=len(results))


def _attempt(write: WriteRow, record: Record) -> Result:
    try:
        return write(record)
    except RowError as refusal:
        return refusal.result()


def _records(call: Call) -> list[Record]:
    records = call.json_object().get("records")
    if not isinstance(records, list) or not all(isinstance(each, dict) for each in records):
        raise RestError(400, "JSON_PARSER_ERROR", "the body needs a list of objects called records")
    if len(records) > MAX_WRITTEN:
        message = f"record limit reached. cannot submit more than {MAX_WRITTEN} records to this call"
        raise RestError(400, "EXCEEDED_ID_LIMIT", message)
    for at, record in enumerate(records):
        if not isinstance(record.get("attributes"), dict) or "type" not in record["attributes"]:
            raise RestError(400, "INVALID_INPUT", f"the record at index {at} has no attributes.type")
    return records


def _table(call: Call, record: Record) -> Table:
    name = record["attributes"]["type"]
    sobject = find_object(name)
    if sobject is None:
        raise RowError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return call.org.tables.of(sobject.name)


def _id_of(record: Record) -> Any:
    return next((value for name, value in record.items() if name.lower() == "id"), None)


def _values(record: Record) -> Record:
    return {name: value for name, value in record.items() if name != "attributes" and name.lower() != "id"}


def _value_of(record: Record, by: Field) -> str | None:
    value = next((value for name, value in record.items() if name.lower() == by.name.lower()), None)
    return None if value is None else str(value).strip()


def _what_to_read(call: Call) -> tuple[list[Any], list[str]]:
    if call.method == "GET":
        return call.query.get("ids", "").split(","), call.query.get("fields", "").split(",")
    body = call.json_object()
    ids, names = body.get("ids"), body.get("fields")
    if not isinstance(ids, list) or not isinstance(names, list) or not names:
        raise RestError(400, "JSON_PARSER_ERROR", "the body needs two lists, ids and fields")
    return ids, names


def _readable(call: Call, name: str) -> Field:
    field = call.sobject.field(str(name))
    if field is None:
        raise no_such_column(call.sobject, name)
    return field


def _read_one(call: Call, record_id: str, fields: list[Field]) -> Record | None:
    record = call.table.get(record_id)
    if record is None or record["IsDeleted"]:
        return None
    values = {field.name: record[field.name] for field in fields}
    return {"attributes": attributes(call.sobject, record, call.version), **values, "Id": record["Id"]}
