"""Several requests in one API call: at most five queries or collections in each composite (A1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connector.destinations.salesforce.client import SalesforceClient
from connector.destinations.salesforce.refusals import NO_ANSWER, first_error, reading, refusal
from connector.destinations.salesforce.soql import is_id
from connector.errors import AccessError, BatchRejectedError, DestinationError, TransientError

PARTS = 5

Row = dict[str, Any]
Refusal = BatchRejectedError | AccessError


@dataclass(frozen=True, slots=True)
class Part:
    """One request inside a composite. `path` is below the data root; `headers` are those of this request alone."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one part. `status` 0: the composite's answer does not mention it."""

    status: int
    body: Any

    def error(self, where: str) -> DestinationError | None:
        """Why the part failed as a whole, or None when it did not."""
        if self.status == 0:
            return TransientError(f"salesforce: {NO_ANSWER} to {where}")
        if self.status < 300:
            return None
        return refusal(self.status, *first_error(self.body, self.status), where)


def together(client: SalesforceClient, parts: Sequence[Part]) -> list[Answer]:
    """Send the parts as one call; one answer each, in their order. A part's failure is its own.

    At most 25 parts, of which five may be queries or collections (A1).
    """
    subrequests = [_subrequest(client, number, part) for number, part in enumerate(parts)]
    body = {"allOrNone": False, "compositeRequest": subrequests}
    said = client.request("POST", "composite", body)
    listed = said.get("compositeResponse", ()) if isinstance(said, dict) else ()
    answers = {each.get("referenceId"): each for each in listed}
    return [_answer(answers.get(each["referenceId"])) for each in subrequests]


def _subrequest(client: SalesforceClient, number: int, part: Part) -> dict[str, Any]:
    envelope = {"method": part.method, "url": f"{client.root}/{part.path}", "referenceId": f"part{number}"}
    extras = {"body": part.body, "httpHeaders": part.headers}
    return {**envelope, **{name: value for name, value in extras.items() if value is not None}}


def _answer(said: dict[str, Any] | None) -> Answer:
    return Answer(said["httpStatusCode"], said["body"]) if said else Answer(0, None)


def query(client: SalesforceClient, queries: Sequence[str], *, with_deleted: bool = False) -> list[list[Row]]:
    """All rows of each query, further pages included; `with_deleted` also from the recycle bin.

    A composite carries queries in its body, where the limit on addresses does not reach (A1). Raises ConfigError
    when a query names an object or field that is not there.
    """
    resource = "queryAll" if with_deleted else "query"
    found: list[list[Row]] = []
    for start in range(0, len(queries), PARTS):
        some = queries[start : start + PARTS]
        with reading():
            answers = together(client, [_part(resource, soql) for soql in some])
            found += [_rows(client, answer) for answer in answers]
    return found


def query_each(client: SalesforceClient, queries: Sequence[str]) -> list[list[Row] | Refusal]:
    """All rows of each query, or why the org has none to show to us: at most five queries, in one call."""
    answers = together(client, [_part("query", soql) for soql in queries])
    return [_rows_or_refusal(client, answer) for answer in answers]


def _part(resource: str, soql: str) -> Part:
    return Part("GET", f"{resource}?q={quote(soql, safe='', errors='replace')}")


def _rows_or_refusal(client: SalesforceClient, answer: Answer) -> list[Row] | Refusal:
    refused = answer.error("a query")
    return refused if isinstance(refused, BatchRejectedError | AccessError) else _rows(client, answer)


def retrieve(client: SalesforceClient, object_name: str, ids: Sequence[str], fields: Sequence[str]) -> list[Row]:
    """The records with these ids, at most 2,000 (A1); those that are not there are absent.

    Raises ConfigError for a field that is not there.
    """
    body = {"ids": [record_id for record_id in ids if is_id(record_id)], "fields": fields}
    if not body["ids"]:
        return []
    with reading():
        found = client.request("POST", f"composite/sobjects/{object_name}", body) or []
    return [row for row in found if row]


def _rows(client: SalesforceClient, answer: Answer) -> list[Row]:
    if error := answer.error("a query"):
        raise error
    page = answer.body
    rows: list[Row] = list(page["records"])
    while following := page.get("nextRecordsUrl"):
        page = client.request("GET", str(following).removeprefix(f"{client.root}/"))
        rows += page["records"]
    return rows
