"""GET /query and /queryAll: run SOQL, hand out pages of 2,000 rows (A1)."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.calls import Answer, Call
from sandbox.salesforce.errors import RestError
from sandbox.salesforce.selection import Selection, select
from sandbox.salesforce.soql import parse

PAGE = 2_000

KINDS = {"Account": "read", "User": "directory", "Organization": "directory"}


def query(call: Call) -> Answer:
    """GET /query?q=. Raises RestError 400."""
    return _run(call, with_deleted=False)


def query_all(call: Call) -> Answer:
    """GET /queryAll?q=: deleted records too. Raises RestError 400."""
    return _run(call, with_deleted=True)


def next_page(call: Call) -> Answer:
    """GET /query/{locator}, a locator being the query's number and the first row's. Raises RestError 400."""
    number, _, start = call.args["locator"].partition("-")
    selection = call.org.cursors.get(number)
    if selection is None or not start.isdigit():
        raise RestError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    return _page(call, selection, number, int(start))


def _run(call: Call, *, with_deleted: bool) -> Answer:
    soql = call.query.get("q")
    if not soql:
        raise RestError(400, "MALFORMED_QUERY", "A query string has to be specified")
    parsed = parse(soql)
    selection = select(call.org.tables, parsed, with_deleted=with_deleted, hidden=call.org.hidden)
    if parsed.counts:
        body = {"totalSize": len(selection.records), "done": True, "records": []}
        return Answer(body, kind=_kind(selection), rows=1)
    return _page(call, selection, f"01g{len(call.org.cursors):012d}AAA", 0)


def _page(call: Call, selection: Selection, number: str, start: int) -> Answer:
    total, end = len(selection.records), start + PAGE
    records = [selection.show(each, call.version) for each in selection.records[start:end]]
    body: dict[str, Any] = {"totalSize": total, "done": end >= total}
    if end < total:
        call.org.cursors[number] = selection
        body["nextRecordsUrl"] = call.url(f"query/{number}-{end}")
    body["records"] = records
    return Answer(body, kind=_kind(selection), rows=len(records))


def _kind(selection: Selection) -> str:
    return KINDS.get(selection.sobject.name, "facts")
